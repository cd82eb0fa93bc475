"""Which webhooks MyCirrus has registered for alertd: their secrets in memory, and what makes them match the fleet."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from alertd.daemon.fleet import asked_of
from alertd.errors import ApiError
from alertd.model import Instrument
from alertd.mycirrus.client import Client
from alertd.mycirrus.webhooks import SOURCES, Changes, Registration, own

FAILURES_IN_A_ROW = 3
"""After so many changes that MyCirrus refuses one after the other, the rest would fare no better."""


class Registrations:
    """Those for one URL, by id, with the secrets that deliveries are signed with. In memory only; outlives a reload."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Registration] = {}

    def of(self, webhook_id: str) -> Registration | None:
        """The one of this id; None where it is not known."""
        return self._by_id.get(webhook_id)

    def hold(self, listed: Iterable[Registration], url: str) -> None:
        """These are all there are. A secret that a listing leaves out is the one known before."""
        with self._lock:
            found = {each.id: each for each in own(listed, url)}
            for each in found.values():
                known = self._by_id.get(each.id)
                if not each.secret and known is not None:
                    found[each.id] = replace(each, secret=known.secret)
            self._by_id = found

    def add(self, registration: Registration) -> None:
        """One more."""
        with self._lock:
            self._by_id = {**self._by_id, registration.id: registration}

    def drop(self, registration: Registration) -> None:
        """One less."""
        with self._lock:
            self._by_id = {key: each for key, each in self._by_id.items() if key != registration.id}


@dataclass(slots=True, kw_only=True)
class Applied:
    """What became of changes to the registrations."""

    added: list[Registration] = field(default_factory=list)
    removed: list[Registration] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """One line for each that MyCirrus would not make."""
    left: int = 0
    """How many were not tried any more."""


def wanted(types: Sequence[str], fleet: Sequence[Instrument]) -> list[tuple[str, str]]:
    """(type, serial) of each registration there should be: as far as the instrument has what the type is about."""
    return [(kind, serial) for kind in dict.fromkeys(types) for serial in asked_of(SOURCES[kind][0], fleet)]


def apply(
    client: Client,
    changes: Changes,
    url: str,
    *,
    added: Callable[[Registration], None] = lambda _one: None,
    removed: Callable[[Registration], None] = lambda _one: None,
    go_on: Callable[[], bool] = lambda: True,
) -> Applied:
    """Make the changes, one request each, and say at once what was made; gives up where nothing goes."""
    report = Applied()
    steps = len(changes.add) + len(changes.remove)
    failures = 0

    def attempt(what: str, change: Callable[[], None]) -> None:
        nonlocal steps, failures
        if failures >= FAILURES_IN_A_ROW or not go_on():
            return
        steps -= 1
        try:
            change()
        except ApiError as error:
            failures += 1
            report.failed.append(f"{what}: {error}")
        else:
            failures = 0

    def add(kind: str, serial: str) -> None:
        registration = client.register(kind, serial, url)
        added(registration)
        report.added.append(registration)

    def remove(registration: Registration) -> None:
        client.unregister(registration.id)
        removed(registration)
        report.removed.append(registration)

    for kind, serial in changes.add:
        attempt(f"{kind} of {serial}", lambda kind=kind, serial=serial: add(kind, serial))  # type: ignore[misc]
    for registration in changes.remove:
        what = f"{registration.type} of {registration.instrument}"
        attempt(what, lambda registration=registration: remove(registration))  # type: ignore[misc]
    report.left = steps
    return report
