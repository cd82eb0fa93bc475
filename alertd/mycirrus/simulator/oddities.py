"""How the simulated API answers where its documentation leaves it open, and how it fails. Both change at run time."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from alertd.model import Source

ArrayStyle = Literal["repeat", "comma", "both"]
Order = Literal["asc", "desc", "shuffle"]
Digits = Literal[0, 2, 3, 7, "mixed"]
Signature = Literal["hex", "HEX", "sha256=hex", "base64", "base64url"]
OfflineAs = Literal["last", "null", "nan", "omit", "404"]


@dataclass(slots=True, kw_only=True)
class Oddities:
    """Which of the possible answers this API gives."""

    serial_in: frozenset[Source] = frozenset({Source.CURRENT, Source.STATS})
    """Sources whose records name their instrument, beside sic and calibrations, which always do."""
    serial_key: str = "instrument"
    array_style: ArrayStyle = "both"
    """How several serials may be asked for; asked in another way they are taken for one strange serial."""
    order: Order = "asc"
    duplicates: int = 0
    """How many more times each record comes."""
    digits: Digits = "mixed"
    """Fractional digits of the times."""
    offline_as: OfflineAs = "last"
    """What `current` says of an instrument that is offline."""
    capitals: bool = True
    """calibrations: Capitalised keys, as in the vendor's example."""
    end_inclusive: bool = True
    range_enforced: bool = True
    """Whether too long a range, or none, is refused."""
    signature: Signature = "hex"
    """How a webhook's signature is written."""
    retry_after: float = 2.0
    """Seconds between two attempts to deliver a webhook."""
    example: bool = False
    """The vendor's examples whatever is asked, as its public mock gives them."""

    def change(self, **changes: object) -> None:
        """Set some of them.

        Raises:
            AttributeError: there is no such oddity.
        """
        known = {known.name for known in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise AttributeError(f"there is no oddity {name!r}; there are {', '.join(sorted(known))}")
            if name == "serial_in" and isinstance(value, Collection):
                setattr(self, name, frozenset(Source(source) for source in value))
            else:
                setattr(self, name, value)


class FaultKind(StrEnum):
    """How a request may fail."""

    STATUS = "status"
    """An HTTP status and the documented error body."""
    HTML = "html"
    """A gateway's page, with the status (200 too)."""
    HANG = "hang"
    """No answer, the connection stays open."""
    SLOW = "slow"
    """The answer comes `seconds` late."""
    DRIP = "drip"
    """The answer comes a byte every `seconds`."""
    TRUNCATED = "truncated"
    """Half the body, then the connection is closed."""
    RESET = "reset"
    """The connection is reset before an answer."""
    REDIRECT = "redirect"
    """302 to `location`."""
    GARBAGE = "garbage"
    """200 with a body that is no JSON."""
    STRANGE = "strange"
    """200 with JSON that is no list of records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail, and for which requests."""

    kind: FaultKind
    status: int = 503
    source: str = ""
    """A source's name, or `instruments`; empty is every request."""
    serial: str = ""
    """Only requests that ask for this instrument, alone or among others."""
    retry_after: str = ""
    """The Retry-After header, if any."""
    seconds: float = 0.0
    location: str = ""
    times: int | None = None
    """How many requests fail before it is over; None is all."""
    at: timedelta | None = None
    """From when on in the story; None is at once."""
    lasts: timedelta | None = None
    """How long in the story; None is for ever."""

    def meets(self, source: str, serials: Collection[str], story: float) -> bool:
        """Whether this request, in this second of the story, is one that fails."""
        if self.source not in ("", source) or (self.serial and self.serial not in serials):
            return False
        begin = self.at.total_seconds() if self.at else float("-inf")
        end = begin + self.lasts.total_seconds() if self.lasts else float("inf")
        return begin <= story < end


@dataclass(slots=True)
class Faults:
    """The faults planted now; safe to use from many threads."""

    _planted: list[Fault] = field(default_factory=list)
    _met: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, **traits: object) -> Fault:
        """Plant a fault; `traits` are those of Fault."""
        fault = fault_of({"kind": kind, **traits})
        with self._lock:
            self._planted = [*self._planted, fault]
        return fault

    def remove(self, fault: Fault) -> None:
        """Mend this one."""
        with self._lock:
            self._planted = [planted for planted in self._planted if planted is not fault]

    def clear(self) -> None:
        """Mend everything."""
        with self._lock:
            self._planted = []

    def meet(self, source: str, serials: Collection[str], story: float) -> Fault | None:
        """The first fault that this request meets, counted; None where it goes well."""
        if not self._planted:
            return None
        with self._lock:
            fault = next((fault for fault in self._planted if fault.meets(source, serials, story)), None)
            if fault is not None and fault.times is not None:
                met = self._met[id(fault)] = self._met.get(id(fault), 0) + 1
                if met >= fault.times:
                    self._planted = [planted for planted in self._planted if planted is not fault]
                    del self._met[id(fault)]
            return fault


def fault_of(traits: Mapping[str, object]) -> Fault:
    """A fault from its traits as a file or a caller gives them."""
    return Fault(**{**traits, "kind": FaultKind(str(traits["kind"]))})  # type: ignore[arg-type]  # whatever a Fault takes
