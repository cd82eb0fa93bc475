"""A lead-acid battery and a solar panel: charge and voltage as functions of the story's seconds.

Resting voltages of a 12 V lead-acid battery are the usual table of battery makers (12.7 V full, 12.1 V half, 11.5 V at
a tenth). Currents move the voltage by an inner resistance chosen so that a small system looks real, no more.
"""

import math
import threading
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

from alertd.mycirrus.simulator.script import Battery

DAY = 86400.0
STEP = 300.0
"""Seconds between two points of a charge curve."""
_STEPS_A_DAY = int(DAY / STEP)

_REST = (10.5, 11.51, 11.66, 11.81, 11.96, 12.1, 12.24, 12.37, 12.5, 12.62, 12.73)
"""Volts at rest at 0 %, 10 % … 100 % of charge."""
_NOMINAL = 12.0
_RESISTANCE = 0.04
"""Ohm while discharging."""
_ACCEPTANCE = 0.35
"""Volts more for each ampere of net charging current."""
_HIGHEST = 14.2
_FLOAT = 13.6
_OFF_BELOW = 0.02
"""Charge at which the monitor switches itself off to save the battery …"""
_ON_ABOVE = 0.1
"""… and at which it starts again."""


def rest_volts(charge: float) -> float:
    """Volts at rest of a 12 V battery with this part of its charge (0 to 1)."""
    position = min(max(charge, 0.0), 1.0) * 10
    index = min(int(position), 9)
    return _REST[index] + (_REST[index + 1] - _REST[index]) * (position - index)


def backup_volts(left: float) -> float:
    """Volts of a mains monitor's backup battery, with `left` of its time to go: 12.6 falling to 10.8."""
    return 10.8 + 1.8 * math.pow(min(max(left, 0.0), 1.0), 0.6)


@dataclass(frozen=True, slots=True)
class Sun:
    """When the sun shines. Story second 0 is at `opens` seconds of its day."""

    opens: float
    rise: float
    set: float

    def height(self, story: float) -> float:
        """0 at night, 1 at noon."""
        through = ((story + self.opens) % DAY - self.rise) / (self.set - self.rise)
        return math.sin(math.pi * through) if 0.0 < through < 1.0 else 0.0

    def warmth(self, story: float) -> float:
        """-1 before dawn to 1 in the afternoon: the day's course of temperature."""
        return math.sin(2 * math.pi * ((story + self.opens) / DAY - 9 / 24))


def sun(opens_at: time, sunrise: time, sunset: time) -> Sun:
    """The sun of a fleet."""
    return Sun(_seconds(opens_at), _seconds(sunrise), _seconds(sunset))


def _seconds(clock: time) -> float:
    return clock.hour * 3600.0 + clock.minute * 60.0 + clock.second


class Course:
    """How one battery's charge goes, from the start of the story on. Grown as far as it is asked; the same for ever."""

    def __init__(
        self, battery: Battery, light: Sun, swaps: tuple[float, ...] = (), repeat: float | None = None
    ) -> None:
        self._battery = battery
        self._sun = light
        self._swaps = swaps
        self._repeat = repeat
        self._charges = array("d", [battery.charge])
        self._on = [battery.charge > _OFF_BELOW]
        self._growing = threading.Lock()
        self._changes: list[float] = []
        """When it switched off and on again, alternately: off, on, off …, or from on where it starts off."""

    def charge(self, story: float) -> float:
        """Part of the capacity left, 0 to 1."""
        if story < 0:
            return self._before(story)
        position = story / STEP
        index = int(position)
        self._grow(index + 1)
        here, there = self._charges[index], self._charges[index + 1]
        return here + (there - here) * (position - index)

    def volts(self, story: float) -> float:
        """Volts at the monitor, for a 12 V system."""
        charge = self.charge(story)
        amps = (self._battery.solar * self._sun.height(story) - self._battery.load) / _NOMINAL
        if charge >= 0.995 and amps > 0:
            return _FLOAT
        return min(_HIGHEST, rest_volts(charge) + amps * (_ACCEPTANCE if amps > 0 else _RESISTANCE))

    def off_since(self, story: float) -> float | None:
        """Since when the monitor has been off for want of charge; None while it runs."""
        if story < 0:
            return None
        index = int(story / STEP)
        self._grow(index + 1)
        if self._on[index]:
            return None
        changes = bisect_right(self._changes, story)
        return self._changes[changes - 1] if changes else 0.0

    def started(self, story: float) -> float | None:
        """When it last started after it had been off; None if it has not been."""
        self._grow(int(max(story, 0.0) / STEP) + 1)
        changes = bisect_right(self._changes, story)
        return next((at for at in reversed(self._changes[:changes]) if self._on[int(at / STEP)]), None)

    def _swapped(self, index: int) -> bool:
        return any(self._swap_in(index * STEP, swap) for swap in self._swaps)

    def _swap_in(self, begin: float, swap: float) -> bool:
        after = begin + STEP - swap
        return 0 < (after % self._repeat if self._repeat and after > 0 else after) <= STEP

    def _grow(self, index: int) -> None:
        if len(self._charges) > index:
            return
        with self._growing:
            self._append_up_to(index)

    def _append_up_to(self, index: int) -> None:
        while len(self._charges) <= index:
            last = len(self._charges) - 1
            charge = self._next(self._charges[last], self._on[last], last)
            was = self._on[last]
            now = charge > (_OFF_BELOW if was else _ON_ABOVE)
            if now != was:
                self._changes.append((last + 1) * STEP)
            self._on.append(now)
            self._charges.append(charge)  # last, for readers look at its length without the lock

    def _next(self, charge: float, running: bool, index: int) -> float:
        if self._swapped(index):
            return 1.0
        watts = self._battery.solar * self._sun.height((index + 0.5) * STEP) - (self._battery.load if running else 0.0)
        gained = watts * STEP / 3600.0 / (_NOMINAL * self._battery.capacity)
        return min(1.0, max(0.0, charge + gained))

    def _before(self, story: float) -> float:
        """Before the story the battery was well: each day like one that follows a full battery."""
        if not self._battery.solar:
            used = self._battery.load * -story / 3600.0 / (_NOMINAL * self._battery.capacity)
            return min(1.0, self._battery.charge + used)
        day = _good_day(self._battery.capacity, self._battery.solar, self._battery.load, self._sun)
        return day[int(story % DAY / STEP)]


@lru_cache(maxsize=256)
def _good_day(capacity: float, solar: float, load: float, light: Sun) -> tuple[float, ...]:
    course = Course(Battery(capacity=capacity, charge=1.0, solar=solar, load=load), light)
    return tuple(course.charge((_STEPS_A_DAY + n) * STEP) for n in range(_STEPS_A_DAY))
