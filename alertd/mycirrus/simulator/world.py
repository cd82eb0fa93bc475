"""The simulated fleet as a pure function of its script and the time: nothing here remembers, ticks or does I/O.

A second of the story is a float, counted from its start (`Tempo` maps it to clock time); windows are half open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from alertd.mycirrus.simulator.battery import DAY, Course, backup_volts, sun
from alertd.mycirrus.simulator.pace import Tempo
from alertd.mycirrus.simulator.script import Fleet, Monitor, Power, Story, What

BOOT = 90.0
"""Seconds a monitor needs to come back after a power cut or a reboot."""
_GRAIN = 10.0
"""Seconds for which a reading keeps its noise."""
_MASK = (1 << 64) - 1
_MAINS = 13.6


@dataclass(frozen=True, slots=True)
class Window:
    """One run of one story, in seconds of the story."""

    begin: float
    end: float
    story: Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a monitor stands."""

    present: bool
    """It is in the account."""
    powered: bool
    online: bool
    measuring: bool
    subscription: str
    silent_since: datetime | None
    """Since when MyCirrus has heard nothing from it; None while it is online."""


class Actor:
    """One monitor in its world."""

    def __init__(self, monitor: Monitor, fleet: Fleet, courses: dict[object, Course]) -> None:
        self.monitor = monitor
        self.seed = crc32(monitor.serial.encode())
        self._sun = sun(fleet.opens_at, fleet.sunrise, fleet.sunset)
        self._repeat = fleet.repeat.total_seconds() if fleet.repeat else None
        self._stories: dict[What, list[Story]] = {}
        for story in monitor.stories:
            if story.what is not What.POWER_LOST or monitor.power is Power.MAINS:
                self._stories.setdefault(story.what, []).append(story)
        self._backup = monitor.backup.total_seconds()
        self._course = None if monitor.power is Power.MAINS else self._shared_course(courses)
        self._volts_factor = monitor.volts / 12
        self._booted = -(1 + self.seed % 20) * DAY - self.seed % 7919

    def _shared_course(self, courses: dict[object, Course]) -> Course:
        """Batteries alike share one curve: ten thousand monitors must not integrate ten thousand times."""
        swaps = tuple(story.at.total_seconds() for story in self._stories.get(What.BATTERY_SWAPPED, ()))
        key = (self.monitor.battery, swaps)
        if key not in courses:
            courses[key] = Course(self.monitor.battery, self._sun, swaps, self._repeat)
        return courses[key]

    def windows(self, what: What, begin: float, end: float) -> Iterator[Window]:
        """Each run of such a story that overlaps `begin` ≤ t < `end`, or begins and ends in it."""
        for story in self._stories.get(what, ()):
            at, lasts = story.at.total_seconds(), _length(story)
            if self._repeat and begin > at + lasts:
                at += self._repeat * ((begin - lasts - at) // self._repeat)
            while at < end:
                if at + lasts > begin or at >= begin:
                    yield Window(at, at + lasts, story)
                if self._repeat is None:
                    break
                at += self._repeat

    def window(self, what: What, second: float) -> Window | None:
        """The run of such a story that holds this second."""
        if what not in self._stories:
            return None
        return next((window for window in self.windows(what, second, second + 1e-6) if window.end > second), None)

    def off_since(self, second: float) -> float | None:
        """Since when it has been without power or starting; None while it runs."""
        if self._course is not None:
            off = self._course.off_since(second)
            if off is not None:
                return off
        elif What.POWER_LOST in self._stories:
            for cut in self.windows(What.POWER_LOST, second - BOOT, second + 1e-6):
                off = cut.begin + self._backup
                if off < cut.end and off <= second < cut.end + BOOT:
                    return off
        if What.REBOOT not in self._stories:
            return None
        for reboot in self.windows(What.REBOOT, second - BOOT, second + 1e-6):
            if reboot.begin <= second < reboot.begin + BOOT:
                return reboot.begin
        return None

    def silent_since(self, second: float) -> float | None:
        """Since when nobody has heard from it; None while it is online."""
        off = self.off_since(second)
        cut = self.window(What.OFFLINE, second)
        begins = [begin for begin in (off, cut.begin if cut else None) if begin is not None]
        return min(begins) if begins else None

    def arrived(self, second: float, now: float) -> bool:
        """Whether a record made at this second has reached MyCirrus by `now`."""
        if second > now or self.off_since(second) is not None or self.window(What.ABSENT, second):
            return False
        if self.window(What.RECORDS_LOST, second):
            return False
        cut = self.window(What.OFFLINE, second)
        return cut is None or (cut.story.upload and now >= cut.end)

    def booted(self, second: float) -> float:
        """When it last started."""
        starts = [self._booted]
        if self._course is not None:
            starts += [started for started in (self._course.started(second),) if started is not None]
        span = (self._booted, second) if self._repeat is None else (second - self._repeat - DAY, second)
        starts += [run.begin + BOOT for run in self.windows(What.REBOOT, *span) if run.begin + BOOT <= second]
        for cut in self.windows(What.POWER_LOST, *span) if self._course is None else ():
            if cut.end - cut.begin > self._backup and cut.end + BOOT <= second:
                starts.append(cut.end + BOOT)
        return max(starts)

    def volts(self, second: float) -> float:
        """The supply voltage, before noise."""
        if self._course is not None:
            return self._course.volts(second) * self._volts_factor
        cut = self.window(What.POWER_LOST, second)
        if cut is None:
            return _MAINS * self._volts_factor
        return backup_volts(1 - (second - cut.begin) / self._backup) * self._volts_factor

    def readings(self, second: float) -> dict[str, float]:
        """What it measures of itself at this second: the fields of `current`."""
        monitor = self.monitor
        noise = _noise(self.seed, second)
        cpu = 9.0 + (noise & 0xFF) / 32
        month = second % (30 * DAY) / (30 * DAY)
        values = {
            "cpu": cpu,
            "mem": 8.0 + (noise >> 8 & 0xFF) / 400,
            "temp": monitor.ambient + 6 * self._sun.warmth(second) + 22 + cpu / 2,
            "voltage": self.volts(second) + (noise >> 16 & 0xFF) / 8000 - 0.016,
            "disk": 14.0 + 8 * month,
            "network": 3.0 + (noise >> 24 & 0xFF) / 40,
            "simQuota": monitor.sim_quota,
            "simUsage": min(monitor.sim_usage * (1 + month), monitor.sim_quota or monitor.sim_usage),
            "uptime": second - self.booted(second),
        }
        if What.READING in self._stories:
            self._bend(values, second)
        return values

    def _bend(self, values: dict[str, float], second: float) -> None:
        """What the script says of single readings, over what the model says."""
        for story in self._stories[What.READING]:
            if story.field in values:
                values[story.field] = self._bent_by(story, values[story.field], second)

    def bent(self, field: str, usual: float, second: float) -> float:
        """A value that is not in `current`, as the script bends it."""
        for story in self._stories.get(What.READING, ()):
            if story.field == field:
                usual = self._bent_by(story, usual, second)
        return usual

    def _bent_by(self, story: Story, usual: float, second: float) -> float:
        elapsed = second - story.at.total_seconds()
        if self._repeat and elapsed > 0:
            elapsed %= self._repeat
        return usual + (story.to - usual) * _part(story, elapsed)


class World:
    """The whole fleet at any time. `speed` is how fast the story goes on the clock that answers are read by."""

    def __init__(self, fleet: Fleet, start: datetime, speed: float = 1.0) -> None:
        self.fleet = fleet
        self.tempo = Tempo(start, speed)
        courses: dict[object, Course] = {}
        self.actors: Mapping[str, Actor] = {m.serial: Actor(m, fleet, courses) for m in fleet.monitors}

    def condition(self, serial: str, at: datetime) -> Condition:
        """How this monitor stands at this time.

        Raises:
            KeyError: no such monitor in the script.
        """
        actor, second = self.actors[serial], self.tempo.story(at)
        silent = actor.silent_since(second)
        powered = actor.off_since(second) is None
        return Condition(
            present=actor.window(What.ABSENT, second) is None,
            powered=powered,
            online=silent is None,
            measuring=powered and actor.window(What.STOPS_MEASURING, second) is None,
            subscription="Expired" if actor.window(What.SUBSCRIPTION_ENDS, second) else actor.monitor.subscription,
            silent_since=None if silent is None else self.tempo.time(silent),
        )

    def present(self, at: datetime) -> list[Monitor]:
        """The monitors in the account at this time."""
        second = self.tempo.story(at)
        return [a.monitor for a in self.actors.values() if a.window(What.ABSENT, second) is None]

    def readings(self, serial: str, at: datetime) -> dict[str, float]:
        """What this monitor measures of itself at this time, whether or not anybody hears of it."""
        return self.actors[serial].readings(self.tempo.story(at))

    def arrived(self, serial: str, made: datetime, now: datetime) -> bool:
        """Whether a record made by this monitor then has reached MyCirrus by now."""
        return self.actors[serial].arrived(self.tempo.story(made), self.tempo.story(now))


def _length(story: Story) -> float:
    if story.lasts is not None:
        return story.lasts.total_seconds()
    return 0.0 if story.what in (What.REBOOT, What.BATTERY_SWAPPED) else timedelta.max.total_seconds()


def _part(story: Story, elapsed: float) -> float:
    """How far a reading is on its way from the usual (0) to the story's level (1)."""
    rise, fall = story.rise.total_seconds(), story.fall.total_seconds()
    over = elapsed - _length(story)
    if elapsed < 0 or over >= fall:
        return 0.0
    if over >= 0:
        return 1 - over / fall
    return elapsed / rise if elapsed < rise else 1.0


def _noise(seed: int, second: float) -> int:
    """64 bits that look random and are the same for the same monitor and moment (SplitMix64's finish)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + int(second // _GRAIN) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)
