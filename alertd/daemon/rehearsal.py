"""The daemon's real parts on a clock that stands until it is moved: nothing is waited for, nothing leaves.

Rule tests and replays live in it. MyCirrus is whatever answers as its client does; the store is a real one, in a folder
that is gone afterwards; channels note what they are given.
"""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from alertd.daemon.compose import compose
from alertd.daemon.setup import Setup
from alertd.daemon.timetable import Timetable
from alertd.model import Delivery, Instrument, Message, NotifyReason, Source
from alertd.mycirrus.answer import Answer
from alertd.notify.channels import TargetAddress, channel_of
from alertd.notify.outcome import Delivered, Outcome
from alertd.notify.silences import Silence
from alertd.store.patient import PatientStore

STEP = timedelta(minutes=1)
"""How far the clock goes at a time in `run_to`."""

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
"""Where a database costs no disk, if the machine has it."""


class Cloud(Protocol):
    """What the poller asks MyCirrus's client for; see mycirrus.client.Client."""

    def instruments(self) -> list[Instrument]:
        """The fleet."""

    def fetch(
        self, source: Source, serials: Sequence[str], cursors: Mapping[str, datetime], now: datetime
    ) -> Iterator[Answer]:
        """What is new of one source, as of `now`: one Answer for each serial."""

    def learnt(self) -> dict[str, object]:
        """What is to be kept over restarts."""

    def restore(self, learnt: object) -> None:
        """Take that up again."""

    def abort(self) -> None:
        """End every request."""

    def close(self) -> None:
        """The same, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldMessage:
    """One message that a target was given."""

    at: datetime
    """When it was decided."""
    target: str
    reason: NotifyReason
    message: Message
    alerts: tuple[str, ...]
    """The ids of those that it speaks of."""


class NotingChannels:
    """Take every message at once. A target's kind is that of its URL, `text` where it has none here."""

    def __init__(self, addresses: Iterable[TargetAddress] = ()) -> None:
        self._kinds = {address.name: channel_of(address.url) for address in addresses}

    def kind(self, target: str) -> str:
        """Which templates the target's messages are made from."""
        return self._kinds.get(target, "text")

    def timeout(self, _target: str) -> timedelta:
        """As long as a send may take; none takes any time here."""
        return timedelta(seconds=30)

    def limit(self, _target: str) -> int | None:
        """None: the kind's own budget rules."""
        return None

    def send(self, _target: str, _message: Message, *, possible_repeat: bool, thread_id: str | None) -> Outcome:
        """Taken."""
        return Delivered()


class Rehearsal:
    """One life of a set-up, from `start` on, under these silences. Use it as a context manager, or close it.

    Raises:
        StoreError: there is no room for its database.
    """

    def __init__(self, setup: Setup, cloud: Cloud, start: datetime, silences: Iterable[Silence] = ()) -> None:
        self.now = start
        """Where the clock stands."""
        self.messages: list[ToldMessage] = []
        """All that were delivered: by the time they were decided at, those of one time as the outbox has them."""
        self._folder = tempfile.TemporaryDirectory(prefix="alertd-", dir=MEMORY if MEMORY.is_dir() else None)
        base = Path(self._folder.name)
        self.store = PatientStore.open("sqlite:///rehearsal.db", base=base, work=True, clock=self._clock)
        for silence in silences:
            self.store.standing.add_silence(silence)
        self.parts = compose(
            setup,
            self.store,
            clock=self._clock,
            monotonic=lambda: (self.now - start).total_seconds(),  # noqa: PLW0108 - `now` moves
            client=cloud,  # type: ignore[arg-type]  # all of it that the poller asks
            channels=NotingChannels(setup.addresses.values()),  # type: ignore[arg-type]  # and the dispatcher
            noise=lambda: 0.5,
        )
        self._timetable = Timetable(self.parts)
        self._polled_at: datetime | None = None
        self._look_at = start
        """When something may become due of itself."""

    def run_to(self, at: datetime) -> None:
        """Live up to and including `at`: each minute, and at `at` itself, whatever the config's intervals make due."""
        while self._polled_at is None or self._polled_at < at:
            due = self.now if self._polled_at is None else min(self._polled_at + STEP, at)
            self.wait(due)
            self.now = self._polled_at = due
            self._timetable.poll_due(due)
            self.tell()

    def wait(self, until: datetime) -> None:
        """Tell whatever becomes due of itself before that time: a group's wait is over, a reminder's interval."""
        while self.now < self._look_at < until:
            self.now = self._look_at
            self.tell()

    def list_instruments(self) -> None:
        """Read the fleet, now."""
        self.parts.poller.list_instruments()

    def poll(self, at: datetime, sources: Collection[Source]) -> None:
        """Move the clock to `at` and read just these sources, in their order; nothing is told yet."""
        self.now = at
        for source in Source:
            if source in sources:
                self.parts.poller.poll(source)

    def tell(self) -> None:
        """Decide what is to be told now, and deliver it."""
        delivered: list[Delivery] = []
        while True:
            _, self._look_at = self.parts.dispatcher.dispatch(self.now)
            made = [each for target in self.parts.targets for each in self._delivered(target)]
            if not made:
                break
            delivered += made
        self.messages += map(_told, sorted(delivered, key=lambda each: each.id))

    def close(self) -> None:
        """Leave nothing behind."""
        self.store.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _clock(self) -> datetime:
        return self.now

    def _delivered(self, target: str) -> Iterator[Delivery]:
        """What the target takes now, one after another; in this thread, where nothing blocks."""
        while (attempt := self.parts.deliverer.deliver_next(target)) is not None:
            yield attempt.delivery


def _told(delivery: Delivery) -> ToldMessage:
    return ToldMessage(
        at=delivery.decided_at,
        target=delivery.target,
        reason=delivery.reason,
        message=delivery.message,
        alerts=tuple(dict.fromkeys(says.alert_id for says in delivery.says)),
    )
