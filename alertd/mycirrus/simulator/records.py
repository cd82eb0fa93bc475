"""The world's records as MyCirrus keeps them: for each source, when each was made and its fields as named on the wire.

Field by field after the MyCirrus REST description 1.0.1 and its examples. Times are still datetimes here.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from math import ceil

from alertd.model import Source
from alertd.mycirrus.simulator.battery import DAY
from alertd.mycirrus.simulator.overrides import Overrides
from alertd.mycirrus.simulator.script import Monitor, What
from alertd.mycirrus.simulator.world import BOOT, Actor, Condition, World

Fields = dict[str, object]
Record = tuple[datetime, Fields]
"""When, and what (without the time and the serial)."""

STATS_PERIOD = timedelta(seconds=60)
_MEMORY = 3793.0
_DISK = 24892.0
"""MB of the instrument in the vendor's example."""
_CONNECTING = 71.0
"""Seconds a monitor takes to connect, as in the vendor's example."""
_CHECKING = 60.0
"""Seconds a SIC or a calibration takes."""
_DIGITS = {"voltage": 3, "simQuota": None, "uptime": None}
_LOOK_BACK = {
    Source.SIC: (timedelta(hours=13), timedelta(days=31)),
    Source.CALIBRATIONS: (timedelta(days=31), timedelta(days=365)),
}
"""How far the newest record is looked for: first where it most likely is."""


class Records:
    """Every record of every monitor, up to a moment."""

    def __init__(self, world: World, overrides: Overrides) -> None:
        self._world = world
        self._overrides = overrides
        self._makers: dict[Source, Callable[[Actor, datetime, datetime, datetime], Iterator[Record]]] = {
            Source.STATS: self._stats,
            Source.SIC: self._sic,
            Source.CALIBRATIONS: self._calibrations,
            Source.EVENTS: self._events,
            Source.CALIBRATION_LOG: self._notes,
        }

    def condition(self, serial: str, now: datetime) -> Condition:
        """How the monitor stands, changes made by hand included."""
        condition = self._world.condition(serial, now)
        pinned = self._overrides.pinned(serial, now)
        if not pinned:
            return condition
        online = bool(pinned.get("online", condition.online))
        measuring = bool(pinned.get("measuring", condition.measuring))
        subscription = str(pinned.get("subscription", condition.subscription))
        silent = None if online else condition.silent_since or self._overrides.offline_since(serial, now)
        return replace(condition, online=online, measuring=measuring, subscription=subscription, silent_since=silent)

    def current(self, serial: str, at: datetime) -> Fields:
        """What it measures of itself at this time."""
        values = self._world.readings(serial, at)
        fields: Fields = {name: round(value, _DIGITS.get(name, 1)) for name, value in values.items()}
        pinned = self._overrides.pinned(serial, at)
        return fields | {name: value for name, value in pinned.items() if name in fields} if pinned else fields

    def between(self, source: Source, serial: str, start: datetime, end: datetime, now: datetime) -> list[Record]:
        """The records of a range source with `start` ≤ time ≤ `end` that have arrived by `now`, in order of time."""
        actor = self._world.actors[serial]
        made = self._makers[source](actor, start, end, now)
        arrived = self._world.arrived
        held_back = self._overrides.offline_since(serial, now)
        last = end if held_back is None else min(end, held_back)
        found = [record for record in made if start <= record[0] <= last and arrived(serial, record[0], now)]
        by_hand = self._overrides.records(source, serial)
        found += [(at, dict(fields)) for at, fields in by_hand if start <= at <= end and at <= now]
        found.sort(key=lambda record: record[0])
        return found

    def newest(self, source: Source, serial: str, now: datetime) -> Record | None:
        """The newest record of `sic` or `calibrations` that has arrived; None if there is none."""
        for back in _LOOK_BACK[source]:
            found = self.between(source, serial, now - back, now, now)
            if found:
                return found[-1]
        return None

    def status(self, serial: str, now: datetime) -> Fields:
        """The answer of `/control/instruments/{serial}/status`, times still datetimes."""
        condition, pinned = self.condition(serial, now), self._overrides.pinned(serial, now)
        sic, calibration = (self.newest(source, serial, now) for source in (Source.SIC, Source.CALIBRATIONS))
        return {
            "online": condition.online,
            "measuring": condition.measuring,
            "calibrationInProgress": pinned.get("calibrationInProgress", self._soon(Source.CALIBRATIONS, serial, now)),
            "sicInProgress": pinned.get("sicInProgress", self._soon(Source.SIC, serial, now)),
            "lastCalibration": None if calibration is None else {"time": calibration[0], **calibration[1]},
            "lastSic": None if sic is None else {"time": sic[0], **sic[1]},
        }

    def _soon(self, source: Source, serial: str, now: datetime) -> bool:
        tempo = self._world.tempo
        then = tempo.time(tempo.story(now) + _CHECKING)
        return any(at > now for at, _ in self.between(source, serial, now, then, then))

    def instrument(self, monitor: Monitor, now: datetime) -> Fields:
        """One entry of `/control/instruments`."""
        subscription = self.condition(monitor.serial, now).subscription
        lat, long = monitor.position or (None, None)
        return {
            "type": monitor.type,
            "serialNumber": monitor.serial,
            "model": monitor.model,
            "name": monitor.name,
            "image": "",
            "subscription": {"status": subscription, "tier": "Pro", "addons": []},
            "position": {} if lat is None else {"lat": lat, "long": long},
            "feature": list(monitor.features),
        }

    def _stats(self, actor: Actor, start: datetime, end: datetime, now: datetime) -> Iterator[Record]:
        period = STATS_PERIOD.total_seconds()
        first, last = ceil(start.timestamp() / period), int(min(end, now).timestamp() // period)
        for n in range(first, last + 1):
            at = datetime.fromtimestamp(n * period, UTC)
            yield at, _stats_fields(actor, self.current(actor.monitor.serial, at), n, self._world.tempo.story(at))

    def _sic(self, actor: Actor, start: datetime, end: datetime, now: datetime) -> Iterator[Record]:
        every, phase = actor.monitor.sic_every.total_seconds(), actor.seed % 600 + 0.2074974
        tempo = self._world.tempo
        first = ceil((tempo.story(start) - phase) / every)
        for second in takewhile(tempo.story(end).__ge__, (phase + n * every for n in count(first))):
            failed = actor.window(What.SIC_FAILS, second) is not None
            yield tempo.time(second), _sic_fields(actor, second, failed=failed)

    def _span(self, start: datetime, end: datetime) -> tuple[float, float]:
        """The story's seconds of a range, one wider on each side: a window does not hold its own end."""
        return self._world.tempo.story(start) - 1, self._world.tempo.story(end) + 1

    def _calibrations(self, actor: Actor, start: datetime, end: datetime, now: datetime) -> Iterator[Record]:
        time = self._world.tempo.time
        begin, until = self._span(start, end)

        def made(second: float, status: str, off: float = 0.0) -> Record:
            offset = actor.bent("drift", 0.0, second) + actor.monitor.calibration_offset + off
            return time(second), _calibration_fields(offset, status)

        for second in _regular_calibrations(actor, begin, until):
            yield made(second, "Success")
        for failure in actor.windows(What.CALIBRATION_FAILS, begin, until):
            yield made(failure.begin, "Failed", -5.6)
            if failure.story.lasts is not None:
                yield made(failure.end, "Success")

    def _events(self, actor: Actor, start: datetime, end: datetime, now: datetime) -> Iterator[Record]:
        time = self._world.tempo.time
        begin, until = self._span(start, end)
        link = "LTE" if "Modem" in actor.monitor.features else "Ethernet"
        for what, kind, remark in (
            (What.OFFLINE, "Connection", link),
            (What.POWER_LOST, "Power", "Supply restored"),
            (What.REBOOT, "Restart", "Requested"),
        ):
            boot = 0.0 if what is What.OFFLINE else BOOT
            for back in (run.end + boot for run in actor.windows(what, begin - boot, until)):
                if back <= until and time(back + _CONNECTING) <= now:
                    yield time(back), {"type": kind, "end": time(back + _CONNECTING), "info": remark}

    def _notes(self, actor: Actor, start: datetime, end: datetime, now: datetime) -> Iterator[Record]:
        time = self._world.tempo.time
        for note in actor.monitor.notes:
            yield time(-note.ago.total_seconds()), {"user": note.user, "message": note.message}
        begin, until = self._span(start, end)
        for failure in actor.windows(What.CALIBRATION_FAILS, begin, until):
            if failure.story.lasts is not None:
                yield time(failure.end), {"user": "Field engineer", "message": "Cleaned the capsule, calibrated again"}


def _stats_fields(actor: Actor, current: Fields, minute: int, second: float) -> Fields:
    """A `stats` record: the same readings in its own units, megabytes above all."""
    memory, disk, network = (float(str(current[name])) for name in ("mem", "disk", "network"))
    modem = "Modem" in actor.monitor.features
    wave = minute % 7
    return {
        "samplePeriod": 60,
        "cpu": current["cpu"],
        "mem": round(memory * _MEMORY / 100, 1),
        "cache": 531.4,
        "temp": current["temp"],
        "voltage": current["voltage"],
        "disk": round(disk * _DISK / 100, 1),
        "netRx": round(network * 48),
        "netTx": round(network * 12),
        "mTot": 3793,
        "dTot": 24892,
        "lteRsrp": round(actor.bent("lteRsrp", -95.0 - wave, second)) if modem else None,
        "lteRsrq": -11 - wave % 3 if modem else None,
        "lteSinr": 9 + wave if modem else None,
        "lteSignal": -67 - wave if modem else None,
        "ping": 41 + wave if modem else 0,
        "network": current["network"],
        "memoryPercent": memory,
        "diskPercent": disk,
    }


def _sic_fields(actor: Actor, second: float, *, failed: bool) -> Fields:
    sway = (actor.seed + int(second // 60)) % 100 / 250 + actor.bent("drift", 0.0, second)
    return {
        "status": "Error" if failed else "Success",
        "_500Hz": round(55.2 + sway, 4),
        "_8KHz": round(35.7 + sway - (9.3 if failed else 0.0), 4),
        "_1KHz": round(48.4 + sway - (4.1 if failed else 0.0), 4),
    }


def _regular_calibrations(actor: Actor, begin: float, until: float) -> Iterator[float]:
    """When it was calibrated as planned; with `calibrated_ago` given that was the last time."""
    ago, every = actor.monitor.calibrated_ago, actor.monitor.calibrated_every.total_seconds()
    newest = -(ago.total_seconds() if ago is not None else (3 + actor.seed % 22) * DAY)
    for n in count(ceil((begin - newest) / every)):
        second = newest + n * every
        if second > until or (n > 0 and ago is not None):
            return
        yield second


def _calibration_fields(offset: float, status: str) -> Fields:
    return {"status": status, "level": round(93.7 + offset, 2), "offset": round(offset, 2)}
