"""The client of the MyCirrus API: what the fleet is, and the samples of each source."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from alertd.clock import Clock, Monotonic, monotonic, wall
from alertd.errors import ApiError, KeyRefused, NotAllowed, TooManyRequests, Unreachable
from alertd.model import Instrument, Source
from alertd.mycirrus.answer import Answer
from alertd.mycirrus.breaker import Breaker, OpenCircuit
from alertd.mycirrus.fetch import Fetch
from alertd.mycirrus.fleet import parse_fleet
from alertd.mycirrus.garbage import Garbage
from alertd.mycirrus.habits import Habits
from alertd.mycirrus.limiter import Limiter
from alertd.mycirrus.plan import LISTING
from alertd.mycirrus.transport import StaleConnection, TooLarge, Transport
from alertd.mycirrus.webhooks import PATH as WEBHOOKS
from alertd.mycirrus.webhooks import Registration, read_registration, read_registrations

_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStand:
    """How much a client may ask, and what it leaves alone."""

    most: int
    """Requests a minute."""
    used: int
    """Of the last minute."""
    waits_for: timedelta
    """What is left of a wait that MyCirrus asked for."""
    open_circuits: tuple[OpenCircuit, ...]


class Client:
    """Asks MyCirrus, within its limits. Safe to share between threads.

    `timeout` is for a whole request; `max_requests_per_minute` for all requests together; `probe_every` is the longest
    time for which a broken API or endpoint is left alone.

    Raises:
        KeyRefused: when made with a key that no HTTP header can hold.
    """

    def __init__(  # noqa: PLR0913 - each is a key of the config
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: timedelta = timedelta(seconds=10),
        max_requests_per_minute: int = 120,
        batch_size: int = 50,
        array_style: str = "repeat",
        probe_every: timedelta = timedelta(minutes=1),
        clock: Clock = wall,
        monotonic: Monotonic = monotonic,
    ) -> None:
        self._transport = Transport(base_url, api_key, timeout=timeout, clock=clock)
        self._most = max_requests_per_minute
        self._limiter = Limiter(max_requests_per_minute, monotonic=monotonic)
        self._breaker = Breaker(probe_every, monotonic=monotonic)
        self._batch_size = max(1, batch_size)
        self._array_style = array_style
        self._clock = clock
        self._habits = Habits()
        self._stopped = threading.Event()
        self.garbage = Garbage()
        """What was unusable in answers so far."""

    def instruments(self) -> list[Instrument]:
        """Every instrument that the key may see, without labels.

        Raises:
            ApiError: no usable answer.
        """
        found: list[Instrument] = []

        def read(value: object) -> list[object]:
            found.extend(parse_fleet(value, LISTING, self.garbage))
            return []

        self._ask("instruments", LISTING, "", read)
        return found

    def fetch(
        self, source: Source, serials: Sequence[str], cursors: Mapping[str, datetime], now: datetime
    ) -> Iterator[Answer]:
        """What is new of one source: exactly one Answer for each serial, in any order, as they come.

        An error that is NotAllowed is that one instrument's; any other counts as the source's. `cursors` are those of
        earlier answers, for sources whose records have a time.
        """
        fetch = Fetch(
            source,
            cursors,
            now,
            ask=self._ask,
            habits=self._habits,
            garbage=self.garbage,
            array_style=self._array_style,
        )
        return fetch.run(tuple(dict.fromkeys(serials)), self._batch_size)

    def stand(self) -> ClientStand:
        """How it stands now."""
        return ClientStand(
            most=self._most,
            used=self._limiter.used(),
            waits_for=self._breaker.blocked_for(),
            open_circuits=tuple(self._breaker.open_circuits()),
        )

    def registrations(self) -> list[Registration]:
        """Every webhook that is registered in the account, with its secret.

        Raises:
            ApiError: no usable answer.
        """
        found: list[Registration] = []

        def read(value: object) -> list[object]:
            found.extend(read_registrations(value))
            return []

        self._ask(WEBHOOKS, WEBHOOKS, "", read)
        return found

    def register(self, kind: str, serial: str, url: str) -> Registration:
        """Let MyCirrus send what happens of a type, of one instrument, to a URL.

        Raises:
            ApiError: no usable answer; whether it is registered is not known.
        """
        found: list[Registration] = []

        def read(value: object) -> list[object]:
            registration = read_registration(value)
            if registration is None:
                raise Unreachable(f"{WEBHOOKS}: the answer is no registration")
            found.append(registration)
            return []

        self._ask(WEBHOOKS, WEBHOOKS, "", read, method="POST", body={"type": kind, "instrument": serial, "url": url})
        return found[0]

    def unregister(self, webhook_id: str) -> None:
        """Let a registration be no more; one that is not there is none already.

        Raises:
            ApiError: no usable answer.
        """
        try:
            self._ask(WEBHOOKS, f"{WEBHOOKS}/{quote(webhook_id, safe='')}", "", lambda _value: [], method="DELETE")
        except NotAllowed as error:
            if error.status not in _GONE:
                raise

    def learnt(self) -> dict[str, object]:
        """What was found out of the endpoints, as plain JSON values."""
        return self._habits.dump()

    def restore(self, learnt: object) -> None:
        """Take up what another process had learnt; whatever is not in that form is left out."""
        self._habits.load(learnt)

    def requests_free(self) -> int:
        """How many of the requests allowed in a minute are left now."""
        return self._limiter.free()

    def abort(self) -> None:
        """End every request in flight or waiting, at once, and refuse all later ones. From any thread."""
        self._stopped.set()
        self._transport.abort()

    def close(self) -> None:
        """Abort, and close every connection."""
        self.abort()
        self._transport.close()

    def _ask(
        self,
        endpoint: str,
        path: str,
        query: str,
        read: Callable[[object], list[object]],
        *,
        method: str = "GET",
        body: object = None,
    ) -> tuple[list[object], datetime]:
        """The records at a path and when they were asked for.

        Raises:
            ApiError: as the transport and `read` do, or at once where the breaker holds the request back.
        """
        self._breaker.admit(endpoint)
        try:
            value, asked_at = self._send(method, path, query, body)
            records = read(value)
        except (KeyRefused, NotAllowed):
            self._breaker.answered(endpoint)
            raise
        except TooManyRequests as error:
            self._breaker.told_to_wait(endpoint, error.wait)
            raise
        except TooLarge:
            self._breaker.dropped(endpoint)
            raise
        except ApiError as error:
            self._breaker.failed(endpoint, error)
            raise
        except BaseException:
            self._breaker.dropped(endpoint)
            raise
        self._breaker.answered(endpoint)
        return records, asked_at

    def _send(self, method: str, path: str, query: str, body: object) -> tuple[object, datetime]:
        self._take_turn(path)
        asked_at = self._clock()
        try:
            return self._transport.send(method, path, query, body), asked_at
        except StaleConnection:
            self._take_turn(path)
            return self._transport.send(method, path, query, body), asked_at

    def _take_turn(self, path: str) -> None:
        """Wait for a place under the limit."""
        wait = self._limiter.reserve()
        if wait > 0:
            self._stopped.wait(wait)
        if self._stopped.is_set():
            raise Unreachable(f"{path}: given up, alertd stops")
