"""The scheduler, with real threads and short intervals: contained, never twice at once, stopped and waited for."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertd import logs
from alertd.clock import wall
from alertd.daemon.scheduler import Scheduler, phase
from tests.support.processes import wait_until

OFTEN = timedelta(milliseconds=20)
NOW = timedelta(0)
NEVER = timedelta(hours=1)


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    logs.configure()
    made = Scheduler(wall)
    yield made
    made.stop()
    assert made.join(5)


def test_runs_again_and_again(scheduler: Scheduler):
    """A job comes round at its interval, beside others."""
    runs: list[str] = []
    scheduler.every("a", OFTEN, lambda: runs.append("a"), first_after=NOW)
    scheduler.every("b", OFTEN, lambda: runs.append("b"), first_after=NOW)
    scheduler.start()
    wait_until(lambda: runs.count("a") >= 3 and runs.count("b") >= 3)


def test_an_error_ends_one_run(scheduler: Scheduler, caplog: pytest.LogCaptureFixture):
    """A job that raises is logged with its name and comes round again; the others never notice."""
    runs: list[int] = []

    def fail() -> None:
        runs.append(1)
        raise ZeroDivisionError

    scheduler.every("unlucky", OFTEN, fail, first_after=NOW)
    scheduler.start()
    wait_until(lambda: len(runs) >= 3)
    assert "job.failed" in caplog.text
    assert "unlucky" in caplog.text


def test_never_twice_at_once(scheduler: Scheduler, caplog: pytest.LogCaptureFixture):
    """A run that takes longer than its interval is not joined by a second one, and said once, not each time."""
    at_once, most, go_on, due = 0, 0, threading.Event(), []

    def slow() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        go_on.wait(10)
        at_once -= 1

    def said() -> list[logging.LogRecord]:
        return [record for record in caplog.records if "job.slow" in str(record.msg) and "'slow'" in str(record.msg)]

    scheduler.every("slow", OFTEN, slow, first_after=NOW)
    scheduler.every("clock", OFTEN, lambda: due.append(1), first_after=NOW)
    scheduler.start()
    wait_until(lambda: len(due) >= 10 and said())
    assert most == 1
    assert len(said()) == 1
    go_on.set()
    assert "maximum number of running instances" not in caplog.text


def test_now(scheduler: Scheduler):
    """A job may be asked for out of turn; asking for one that is not there is no mistake."""
    ran = threading.Event()
    scheduler.every("later", NEVER, ran.set, first_after=NEVER)
    scheduler.start()
    scheduler.now("later")
    scheduler.now("nobody")
    assert ran.wait(10)


def test_rearm(scheduler: Scheduler):
    """After a step of the clock every job runs at once."""
    ran = [threading.Event(), threading.Event()]
    for number, each in enumerate(ran):
        scheduler.every(str(number), NEVER, each.set, first_after=NEVER)
    scheduler.start()
    scheduler.rearm()
    assert all(each.wait(10) for each in ran)


def test_a_stop_can_be_waited_for():
    """After `stop` no run begins, and `join` says when the last one is over."""
    scheduler = Scheduler(wall)
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)

    scheduler.every("work", OFTEN, work, first_after=NOW)
    scheduler.start()
    assert begun.wait(10)
    scheduler.stop()
    assert not scheduler.join(0.05)
    go_on.set()
    assert scheduler.join(10)
    scheduler.stop()


def test_stopped_before_it_started():
    """That is no mistake."""
    scheduler = Scheduler(wall)
    scheduler.stop()
    assert scheduler.join(0)


def test_phases():
    """First runs are close together, in order, and never later than one interval."""
    minute = timedelta(minutes=1)
    phases = [phase(minute, index) for index in range(7)]
    assert phases == sorted(phases)
    assert phases[-1] < timedelta(seconds=1)
    assert phase(timedelta(milliseconds=10), 7) == timedelta(milliseconds=10)
