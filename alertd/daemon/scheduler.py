"""When the jobs run: the only home of apscheduler.

A job of a name never runs twice at once, a late one runs once, and none is ever dropped for being late.
"""

import logging
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from alertd.clock import Clock
from alertd.config.times import Cron
from alertd.logs import logger

log = logger(__name__)

THREADS = 14
"""More than there are jobs, so that none waits for a slow one."""


class Scheduler:
    """Interval jobs on wall time, re-armed when the wall clock steps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._idle = threading.Condition()
        self._under_way = 0
        self._stopping = False
        self._skipped: set[str] = set()
        """Jobs that were due again during their present or last run."""
        self._slow: set[str] = set()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of each turn that a slow job misses
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(self._note_skipped, EVENT_JOB_MAX_INSTANCES)

    def every(self, name: str, interval: timedelta, job: Callable[[], None], *, first_after: timedelta) -> None:
        """Run `job` each `interval`, the first time after `first_after`; an error is logged and ends one run only."""
        self._scheduler.add_job(
            self._contained(name, job),
            "interval",
            seconds=interval.total_seconds(),
            id=name,
            next_run_time=self._clock() + first_after,
        )

    def now(self, name: str) -> None:
        """Run a job at once, outside its turn; its interval goes on from here."""
        if self._scheduler.get_job(name) is not None:
            self._scheduler.modify_job(name, next_run_time=self._clock())

    def rearm(self) -> None:
        """After a step of the wall clock: every job runs now, and its interval goes on from here."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=self._clock())

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no further run; does not wait for those under way."""
        with self._idle:
            self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def join(self, seconds: float) -> bool:
        """After `stop`: wait so long for the runs under way; whether none is left."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, seconds)

    def _contained(self, name: str, job: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with self._idle:
                if self._stopping:
                    return
                self._under_way += 1
                self._skipped.discard(name)
            try:
                job()
            except Exception:
                log.exception("job.failed", job=name)
            finally:
                with self._idle:
                    self._under_way -= 1
                    if name not in self._skipped:
                        self._slow.discard(name)
                    self._idle.notify_all()

        return run

    def _note_skipped(self, event: JobEvent) -> None:
        """A run takes longer than its interval: said once, until one is quick enough again."""
        with self._idle:
            self._skipped.add(event.job_id)
            if event.job_id not in self._slow and not self._stopping:
                self._slow.add(event.job_id)
                log.warning("job.slow", job=event.job_id)


def phase(interval: timedelta, index: int) -> timedelta:
    """When a source's first run begins: in order, close together, slightly apart so that they do not always collide."""
    return min(timedelta(milliseconds=50 * index + random.randrange(20)), interval)  # noqa: S311 - no secret


def last_cron_time(cron: Cron, zone: str, after: datetime, until: datetime) -> datetime | None:
    """The newest time that a cron expression names after one time and up to another; None where there is none."""
    trigger = _trigger(cron, zone)
    for window in _LOOK_BACK:
        start = max(after, until - window)
        found, at = None, trigger.get_next_fire_time(None, start + timedelta(microseconds=1))
        while at is not None and at <= until:
            found, at = at.astimezone(UTC), trigger.get_next_fire_time(at, at + timedelta(microseconds=1))
        if found is not None or start == after:
            return found
    return None


def next_cron_time(cron: Cron, zone: str, after: datetime) -> datetime | None:
    """The first time that a cron expression names after that time; None where there is none."""
    at = _trigger(cron, zone).get_next_fire_time(None, after + timedelta(microseconds=1))
    return None if at is None else at.astimezone(UTC)


def _trigger(cron: Cron, zone: str) -> CronTrigger:
    return CronTrigger(
        minute=cron.minute,
        hour=cron.hour,
        day=cron.day,
        month=cron.month,
        day_of_week=cron.day_of_week,
        timezone=ZoneInfo(zone),
    )


_LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366), timedelta(days=4000))
"""How far back to look for the newest time, nearest first: a cron of each minute must not be counted through a year."""
