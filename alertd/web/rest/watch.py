"""What is new on record: one look at the store for all who read the stream of events."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from alertd.errors import StoreError
from alertd.logs import logger
from alertd.model import Delivery, DeliveryState
from alertd.present import Json, delivery_json, transition_json
from alertd.store.pages import Step
from alertd.store.store import Store
from alertd.web.closing import Closing

log = logger(__name__)

UNSENT = frozenset({DeliveryState.QUEUED, DeliveryState.LEASED})
LOOK_EVERY = 0.4
"""Seconds between two looks."""
AT_ONCE = 500
"""Events read in one go."""
WAITS_AT_MOST = 5000
"""Events that a reader may be behind; whoever is slower is let go, and may come back with the last id it saw."""
READERS_AT_MOST = 50
LATE = 64
"""Several writers may finish in another order than they took their numbers: so far back transitions are looked for."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Up to where the record was told: an event's id is its text."""

    transition: int = 0
    delivery: int = 0
    unsent: int = 0
    """Every message before this one has reached its end, and that was told."""

    def __str__(self) -> str:
        return f"{self.transition}.{self.delivery}.{self.unsent}"

    @classmethod
    def read(cls, text: str) -> "Position":
        """The position that an id says.

        Raises:
            ValueError: it is none.
        """
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
            raise ValueError("it is no id that this stream gave")
        return cls(*map(int, parts))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    position: Position
    kind: str
    """transition or delivery."""
    says: Json


class Reader:
    """Where one reader's events wait for it."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._something = asyncio.Event()
        self.over = False
        """Nothing more comes: the server ends, or the reader was too slow."""

    def give(self, event: Event) -> None:
        """One more; a reader that is too far behind is let go."""
        if len(self._waiting) >= WAITS_AT_MOST:
            self._waiting.clear()
            self.end()
        elif not self.over:
            self._waiting.append(event)
            self._something.set()

    def end(self) -> None:
        """Let it go once it has what waits."""
        self.over = True
        self._something.set()

    async def next(self, within: float) -> Event | None:
        """The next event; None where none came in time, and at the end."""
        if not self._waiting and not self.over:
            self._something.clear()
            try:
                async with asyncio.timeout(within):
                    await self._something.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft() if self._waiting else None


@dataclass(slots=True)
class _Seen:
    """What the watch has told already."""

    position: Position
    unsent: set[int] = field(default_factory=set)
    transitions: deque[int] = field(default_factory=lambda: deque(maxlen=4 * LATE))


class Watch:
    """Looks at the store while anybody reads. Its methods belong to the server's loop."""

    def __init__(self, store: Store, closing: Closing) -> None:
        self._store = store
        self._closing = closing
        self._readers: set[Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._seen: _Seen | None = None
        self._told = Position()
        """Up to where every reader was told; a look that goes on may be further."""
        self._starting = asyncio.Lock()

    async def join(self) -> tuple[Reader, Position] | None:
        """A new reader, and the position behind which it will be told everything; None where there are too many.

        Raises:
            StoreError: the store cannot be read.
        """
        async with self._starting:
            if len(self._readers) >= READERS_AT_MOST or self._closing.is_over:
                return None
            if self._seen is None:
                self._seen = await asyncio.to_thread(self._begin)
                self._told = self._seen.position
            reader = Reader()
            self._readers.add(reader)
            if self._task is None:
                self._task = asyncio.create_task(self._watch())
            return reader, self._told

    def leave(self, reader: Reader) -> None:
        """It reads no more."""
        self._readers.discard(reader)

    def missed(self, since: Position, upto: Position) -> Iterator[Sequence[Event]]:
        """What was told between two positions, oldest first, some at a time; reads the store.

        A message that waited then and does not now is told as it stands, maybe once more.
        """
        at = since
        while steps := self._store.steps_since(at.transition, upto.transition, AT_ONCE):
            events = list(_of_steps(at, steps))
            at = events[-1].position
            yield events
        open_then = range(since.unsent, min(since.delivery, upto.delivery) + 1)
        yield from self._ended_since(at, open_then)
        while new := self._store.deliveries_since(at.delivery, upto.delivery, AT_ONCE):
            events = list(_of_deliveries(at, new))
            at = events[-1].position
            yield events

    # -- inside ------------------------------------------------------------------------------------------------------

    def _ended_since(self, at: Position, ids: range) -> Iterator[Sequence[Event]]:
        unsent = self._store.unsent()
        behind = ids.start - 1
        while found := self._store.deliveries_since(behind, ids.stop - 1, AT_ONCE):
            behind = found[-1].id
            yield [Event(at, "delivery", delivery_json(each)) for each in found if each.id not in unsent]

    def _begin(self) -> _Seen:
        ends, unsent = self._store.ends(), self._store.unsent()
        unsent = {each for each in unsent if each <= ends.delivery}
        seen = _Seen(Position(ends.transition, ends.delivery, min(unsent, default=ends.delivery + 1)), unsent)
        late = self._store.steps_since(max(0, ends.transition - LATE), ends.transition, AT_ONCE)
        seen.transitions.extend(step.id for step in late)
        return seen

    async def _watch(self) -> None:
        """Tell everybody what is new until nobody reads, or the server ends."""
        try:
            while self._readers and not self._closing.is_over:
                events = await asyncio.to_thread(self._look)
                self._give(events)
                await asyncio.sleep(0 if len(events) >= AT_ONCE else LOOK_EVERY)
        except Exception:
            log.exception("events.failed")
        finally:
            self._task = self._seen = None
            for reader in self._readers:
                reader.end()

    def _give(self, events: Sequence[Event]) -> None:
        for event in events:
            for reader in tuple(self._readers):
                reader.give(event)
        if events:
            self._told = events[-1].position

    def _look(self) -> list[Event]:
        seen = self._seen
        found: list[Event] = []
        # A store that fails is told of by whoever works on it; the next look finds what this one did not.
        with suppress(StoreError):
            for look in (self._new_steps, self._changed, self._new_deliveries):
                found += look(seen) if seen is not None else []
        return found

    def _new_steps(self, seen: _Seen) -> list[Event]:
        found = self._store.steps_since(max(0, seen.position.transition - LATE), None, AT_ONCE)
        known = set(seen.transitions)
        new = [step for step in found if step.id not in known]
        seen.transitions.extend(step.id for step in new)
        events = list(_of_steps(seen.position, new))
        if events:
            seen.position = events[-1].position
        return events

    def _changed(self, seen: _Seen) -> list[Event]:
        """Messages that have come to their end."""
        ended = seen.unsent - self._store.unsent() if seen.unsent else set()
        if not ended:
            return []
        found = self._store.deliveries_among(ended)
        seen.unsent -= ended
        before = seen.position
        seen.position = replace(before, unsent=min(seen.unsent, default=before.delivery + 1))
        told = [Event(before, "delivery", delivery_json(each)) for each in found]
        return [*told[:-1], *(replace(each, position=seen.position) for each in told[-1:])]

    def _new_deliveries(self, seen: _Seen) -> list[Event]:
        new = self._store.deliveries_since(seen.position.delivery, None, AT_ONCE)
        if not new:
            return []
        seen.unsent |= {each.id for each in new if each.state in UNSENT}
        events = list(_of_deliveries(seen.position, new))
        low = min(seen.unsent, default=new[-1].id + 1)
        seen.position = replace(events[-1].position, unsent=low)
        return [*events[:-1], replace(events[-1], position=seen.position)]


def _of_steps(at: Position, steps: Sequence[Step]) -> Iterator[Event]:
    for step in steps:
        at = replace(at, transition=max(at.transition, step.id))
        whose = {"alertname": step.rule, "instrument": "" if step.own else step.subject, "subject": step.subject}
        yield Event(at, "transition", {**transition_json(step.transition), **whose})


def _of_deliveries(at: Position, deliveries: Sequence[Delivery]) -> Iterator[Event]:
    for each in deliveries:
        at = replace(at, delivery=max(at.delivery, each.id))
        yield Event(at, "delivery", delivery_json(each))
