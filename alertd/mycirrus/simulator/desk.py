"""What MyCirrus says to a request: paths, keys, scopes, parameters, errors. No sockets here.

Codes and texts of errors after the MyCirrus REST description; where it names no code, the nearest it has.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

from alertd.clock import Clock
from alertd.model import Source
from alertd.mycirrus.simulator import wire
from alertd.mycirrus.simulator.oddities import Oddities
from alertd.mycirrus.simulator.records import Fields, Records
from alertd.mycirrus.simulator.script import What
from alertd.mycirrus.simulator.webhooks import Registered, Webhooks
from alertd.mycirrus.simulator.world import World

SYSTEM_READ = "data.system:read"
INSTRUMENTS_READ = "instruments:read"
WEBHOOKS_READ = "webhooks:read"
WEBHOOKS_WRITE = "webhooks:write"

_DATA = {
    "/v1/data/monitor/current": Source.CURRENT,
    "/v1/data/monitor/stats": Source.STATS,
    "/v1/data/monitor/events": Source.EVENTS,
    "/v1/data/sic": Source.SIC,
    "/v1/data/calibrations": Source.CALIBRATIONS,
    "/v1/data/calibrations/log": Source.CALIBRATION_LOG,
}
_INSTRUMENTS = "/v1/control/instruments"
_WEBHOOKS = "/v1/webhooks"
_MONITOR_SOURCES = frozenset({Source.CURRENT, Source.STATS, Source.EVENTS})
"""Endpoints that serve noise monitors only."""

Query = Mapping[str, list[str]]


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, as far as it was understood."""

    path: str
    query: Query
    source: str = ""
    """The source's name, `instruments` for the list or one entry, `webhooks` likewise, empty for an unknown path."""
    webhook: str = ""
    """The id of the webhook that is asked for."""
    serials: list[str] = field(default_factory=list)


_READING = {"instruments": INSTRUMENTS_READ, "status": INSTRUMENTS_READ, "webhooks": WEBHOOKS_READ}
"""What needs another scope than the data."""


def _require(scope: str, scopes: frozenset[str]) -> None:
    if scope not in scopes:
        raise Refusal(403, "AccessDenied", f"The API key does not have the scope {scope}")


class Desk:
    """Answers requests about one world."""

    def __init__(self, world: World, records: Records, oddities: Oddities, webhooks: Webhooks, clock: Clock) -> None:
        self._webhooks = webhooks
        self._world = world
        self._records = records
        self._oddities = oddities
        self._clock = clock

    def understand(self, target: str) -> Asked:
        """What a request line's target asks for."""
        parts = urlsplit(target)
        asked = Asked(path=parts.path, query=parse_qs(parts.query, keep_blank_values=True))
        if parts.path in _DATA:
            asked.source = _DATA[parts.path].value
            asked.serials = self._asked_serials(asked.query)
        elif parts.path == _WEBHOOKS or parts.path.startswith(_WEBHOOKS + "/"):
            asked.source = "webhooks"
            asked.webhook = unquote(parts.path.removeprefix(_WEBHOOKS).removeprefix("/"))
        elif parts.path == _INSTRUMENTS:
            asked.source = "instruments"
        elif parts.path.startswith(_INSTRUMENTS + "/"):
            serial, slash, rest = parts.path.removeprefix(_INSTRUMENTS + "/").partition("/")
            asked.source = {"": "instruments", "/status": "status"}.get(slash + rest, "")
            asked.serials = [unquote(serial)]
        return asked

    def answer(self, asked: Asked, scopes: frozenset[str]) -> bytes:
        """The JSON body of a good answer.

        Raises:
            Refusal: the request is not good.
        """
        now = self._clock()
        if not asked.source:
            raise Refusal(404, "NotFound", f"There is no {asked.path}")
        _require(_READING.get(asked.source, SYSTEM_READ), scopes)
        if asked.source == "webhooks":
            if asked.webhook:
                return wire.encode(self._webhook(asked).fields())
            return wire.encode([each.fields() for each in self._webhooks.all()])
        if asked.source == "instruments":
            return wire.encode(self._instruments(asked, now))
        if asked.source == "status":
            return wire.encode(self._status(asked.serials[0], now))
        return self._records_answer(Source(asked.source), asked, now)

    def change(self, method: str, asked: Asked, body: bytes, scopes: frozenset[str]) -> tuple[int, bytes]:
        """Status and body of the answer to a request that changes something: a webhook, for nothing else can be.

        Raises:
            Refusal: the request is not good.
        """
        is_new, is_over = method == "POST" and not asked.webhook, method == "DELETE" and asked.webhook
        if asked.source != "webhooks" or not (is_new or is_over):
            raise Refusal(404, "NotFound", f"There is no {asked.path}")
        _require(WEBHOOKS_WRITE, scopes)
        if is_over:
            self._webhooks.remove(self._webhook(asked).id)
            return 204, b""
        try:
            return 201, wire.encode(self._webhooks.register(json.loads(body)).fields())
        except ValueError as error:
            raise Refusal(400, "MissingParam", str(error)) from error

    def _webhook(self, asked: Asked) -> Registered:
        found = self._webhooks.of(asked.webhook)
        if found is None:
            raise Refusal(404, "NotFound", "The webhook was not found")
        return found

    def _asked_serials(self, query: Query) -> list[str]:
        given = query.get("instruments", [])
        if self._oddities.array_style == "repeat" or not given:
            return given
        if self._oddities.array_style == "comma":
            return given[-1].split(",")
        return [serial for one in given for serial in one.split(",")]

    def _instruments(self, asked: Asked, now: datetime) -> object:
        if asked.serials:
            self._check_known(asked.serials, now)
            return self._records.instrument(self._world.actors[asked.serials[0]].monitor, now)
        return [self._records.instrument(monitor, now) for monitor in self._world.present(now)]

    def _status(self, serial: str, now: datetime) -> Fields:
        self._check_known([serial], now)
        return wire.plain(self._records.status(serial, now), self._oddities.digits)

    def _check_known(self, serials: list[str], now: datetime, source: Source | None = None) -> None:
        actors, second = self._world.actors, self._world.tempo.story(now)
        for serial in serials:
            actor = actors.get(serial)
            if actor is None or actor.window(What.ABSENT, second) is not None:
                raise Refusal(404, "NotFound", f"Instrument {serial} was not found")
            if source in _MONITOR_SOURCES and actor.monitor.type != "Noise":
                raise Refusal(404, "NotFound", f"Instrument {serial} is not a Quantum noise monitor")

    def _records_answer(self, source: Source, asked: Asked, now: datetime) -> bytes:
        if not asked.serials or not all(asked.serials):
            raise Refusal(400, "MissingParam", "The parameter instruments is missing")
        start, end = (now, now) if source is Source.CURRENT else self._range(source, asked.query, now)
        if self._oddities.example:
            return wire.EXAMPLES[source].encode()
        self._check_known(asked.serials, now, source)
        if source is Source.CURRENT:
            return wire.encode(wire.current(self._readings(asked.serials, now), self._oddities))
        inside: Callable[[datetime], bool] = end.__ge__ if self._oddities.end_inclusive else end.__gt__
        between = self._records.between
        found = (
            (serial, record)
            for serial in asked.serials
            for record in between(source, serial, start, end, now)
            if inside(record[0])
        )
        return wire.encode(wire.dated(source, found, self._oddities))

    def _range(self, source: Source, query: Query, now: datetime) -> tuple[datetime, datetime]:
        bounds: list[datetime] = []
        for name, otherwise in (("start", now - wire.LONGEST[source]), ("end", now)):
            text = query.get(name, [""])[-1]
            if not text and not self._oddities.range_enforced:
                bounds.append(otherwise)
                continue
            if not text:
                raise Refusal(400, "MissingParam", f"The parameter {name} is missing")
            try:
                bounds.append(wire.read_time(text))
            except ValueError as error:
                raise Refusal(400, "MissingParam", f"The parameter {name} is no ISO 8601 time") from error
        start, end = bounds
        if self._oddities.range_enforced and (end < start or end - start > wire.LONGEST[source]):
            raise Refusal(400, "MissingParam", f"start to end must be from 0 to {wire.LONGEST[source].days} days")
        return start, end

    def _readings(self, serials: list[str], now: datetime) -> list[tuple[str, Fields]]:
        found = []
        for serial in serials:
            condition = self._records.condition(serial, now)
            if condition.silent_since is None:
                found.append((serial, self._records.current(serial, now)))
                continue
            match self._oddities.offline_as:
                case "404":
                    raise Refusal(404, "NotFound", f"Instrument {serial} is offline")
                case "omit":
                    continue
                case "last":
                    found.append((serial, self._records.current(serial, condition.silent_since)))
                case "null" | "nan" as kind:
                    nothing = None if kind == "null" else float("nan")
                    found.append((serial, dict.fromkeys(self._records.current(serial, now), nothing)))
        return found
