"""What a simulated fleet is made of: plain values, as `fleet.py` reads them from YAML or a test writes them.

Offsets (`at`, `ago`) count from the start of the story.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from alertd.mycirrus.simulator.oddities import Fault

NONE = timedelta(0)


class What(StrEnum):
    """What can happen to a monitor, or to each one of a site."""

    OFFLINE = "offline"
    """It loses its connection, goes on measuring, and uploads afterwards what it recorded."""
    POWER_LOST = "power_lost"
    """Mains monitors run on their backup battery, sag, and go off."""
    REBOOT = "reboot"
    STOPS_MEASURING = "stops_measuring"
    SIC_FAILS = "sic_fails"
    """Each SIC in this span fails."""
    CALIBRATION_FAILS = "calibration_fails"
    """A calibration fails at the beginning and one succeeds at the end."""
    BATTERY_SWAPPED = "battery_swapped"
    RECORDS_LOST = "records_lost"
    """What it records in this span never arrives, though it stays online."""
    SUBSCRIPTION_ENDS = "subscription_ends"
    ABSENT = "absent"
    """It is not in the account."""
    READING = "reading"
    """One reading rises or falls to a level, stays there, and comes back."""


class Power(StrEnum):
    """What a monitor runs on."""

    MAINS = "mains"
    SOLAR = "solar"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One thing that happens."""

    what: What
    at: timedelta
    lasts: timedelta | None = None
    """None is for ever, or no length at all where there is none (reboot, battery_swapped)."""
    upload: bool = True
    """offline: whether what was recorded meanwhile arrives afterwards."""
    field: str = ""
    """reading: which, as in `current`; `lteRsrp` (dBm, in `stats`); `drift` (dB that the microphone hears too much)."""
    to: float = 0.0
    rise: timedelta = NONE
    fall: timedelta = NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A 12 V lead-acid battery, its panel and its load."""

    capacity: float = 80.0
    """Ah."""
    charge: float = 0.9
    """Part of the capacity that is left when the story starts."""
    solar: float = 0.0
    """W of the panel at noon under a clear sky."""
    load: float = 6.0
    """W that the monitor draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A person's site note in the calibration log."""

    ago: timedelta
    user: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One instrument and what happens to it, its site's part included."""

    serial: str
    name: str = ""
    model: str = "CR:900"
    type: str = "Noise"
    """Noise, AirQuality or Vibration; only the first has health records."""
    site: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What MyCirrus does not know of it; for the `instruments.labels` of a config."""
    position: tuple[float, float] | None = None
    power: Power = Power.MAINS
    volts: int = 12
    battery: Battery = Battery()
    backup: timedelta = timedelta(minutes=20)
    """How long a mains monitor lasts in a power cut."""
    subscription: str = "Active"
    features: tuple[str, ...] = ("SIC", "Modem")
    sim_quota: float = 0.0
    """MB; 0 is none known."""
    sim_usage: float = 0.0
    ambient: float = 12.0
    """°C, the mean of the day around it."""
    sic_every: timedelta = timedelta(hours=6)
    calibrated_ago: timedelta | None = None
    calibrated_every: timedelta = timedelta(days=28)
    calibration_offset: float = 0.1
    """dB from the factory calibration."""
    notes: tuple[Note, ...] = ()
    stories: tuple[Story, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All monitors of an account and the day they live in."""

    monitors: tuple[Monitor, ...]
    opens_at: time = time(12)
    """What the sun's clock says when the story starts, whatever the real time is."""
    sunrise: time = time(6)
    sunset: time = time(18)
    repeat: timedelta | None = None
    """Each story begins again after this long."""
    oddities: Mapping[str, object] = field(default_factory=dict)
    """What differs from the defaults of oddities.py, by name."""
    faults: tuple[Fault, ...] = ()

    def opening(self, now: datetime) -> datetime:
        """The last time before `now` at which a clock in UTC and the sun's clock of the story agree."""
        opening = datetime.combine(now.date(), self.opens_at, UTC)
        return opening if opening <= now else opening - timedelta(days=1)

    def labels(self) -> dict[str, dict[str, str]]:
        """Serial → labels, in the form of a config's `instruments.labels`."""
        return {monitor.serial: dict(monitor.labels) for monitor in self.monitors if monitor.labels}


def plain_fleet(count: int, first: str = "QT100000", **traits: object) -> Fleet:
    """A fleet of `count` monitors alike, for measurements and tests; `traits` are those of Monitor."""
    monitors = (Monitor(serial=serial, name=f"Monitor {serial}", **traits) for serial in serials(first, count))  # type: ignore[arg-type]  # whatever a Monitor takes
    return Fleet(monitors=tuple(monitors))


def serials(first: str, count: int) -> list[str]:
    """`count` serials, numbered on from the digits at the end of `first`.

    Raises:
        ValueError: `first` ends without a digit and more than one is wanted.
    """
    stem = first.rstrip("0123456789")
    digits = first[len(stem) :]
    if count > 1 and not digits:
        raise ValueError(f"{first} ends without a digit, so there is no next serial")
    return [f"{stem}{int(digits) + n:0{len(digits)}d}" for n in range(count)] if digits else [first][:count]
