"""Fleet files: the YAML that scripts a simulated fleet → Fleet. `demo_fleet.yaml` shows every key."""

from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, FiniteFloat, model_validator

from alertd.config.durations import Duration
from alertd.config.forms import Interval, LabelName, LabelText
from alertd.config.validate import Form, validate
from alertd.config.yaml import Document, load_document
from alertd.errors import ConfigError, Mistake
from alertd.mycirrus.simulator.oddities import FaultKind, fault_of
from alertd.mycirrus.simulator.script import Battery, Fleet, Monitor, Note, Power, Story, What, serials

DEMO_FLEET = Path(__file__).with_name("demo_fleet.yaml")

_READINGS = ("cpu", "mem", "temp", "voltage", "disk", "network", "simQuota", "simUsage", "uptime")
_BESIDE_CURRENT = ("lteRsrp", "drift")
_READING_KEYS = ("field", "to", "rise", "fall")


def _clock_time(text: str) -> str:
    try:
        time.fromisoformat(text)
    except ValueError as error:
        raise ValueError('a time of day is wanted, such as "15:00"') from error
    return text


ClockTime = Annotated[str, AfterValidator(_clock_time)]
Part = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[FiniteFloat, Field(ge=0)]
Positive = Annotated[FiniteFloat, Field(gt=0)]
Named = Annotated[str, Field(min_length=1)]
Dated = Literal["current", "stats", "events", "calibration_log"]
Asked = Literal["", "instruments", "status", "current", "stats", "events", "sic", "calibrations", "calibration_log"]


class StoryForm(Form):
    """One thing that happens, to a monitor or to all of a site."""

    what: Literal[tuple(What)]  # type: ignore[valid-type]  # the words of What, written once
    at: Duration
    for_: Duration | None = Field(default=None, alias="for")
    upload: bool = True
    field: Literal["", *_READINGS, *_BESIDE_CURRENT] = ""  # type: ignore[valid-type]  # likewise
    to: FiniteFloat | None = None
    rise: Duration = timedelta(0)
    fall: Duration = timedelta(0)
    times: int = Field(default=1, ge=1, le=1000)
    every: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.what == What.READING and (not self.field or self.to is None):
            raise ValueError('a reading needs "field" and "to"')
        if self.what != What.READING and any(key in self.model_fields_set for key in _READING_KEYS):
            raise ValueError(f"field, to, rise and fall are for a reading, not for {self.what}")
        if (self.times > 1) is (self.every is None):
            raise ValueError("times and every stand together: how often it happens, and how far apart")
        return self

    def told(self) -> Iterator[Story]:
        """As the world takes them."""
        for number in range(self.times):
            yield Story(
                what=What(self.what),
                at=self.at + number * (self.every or timedelta(0)),
                lasts=self.for_,
                upload=self.upload,
                field=self.field,
                to=self.to or 0.0,
                rise=self.rise,
                fall=self.fall,
            )


class BatteryForm(Form):
    """`battery:` of a monitor."""

    capacity: Positive = 80.0
    charge: Part = 0.9
    solar: Amount = 0.0
    load: Positive = 6.0


class NoteForm(Form):
    """One site note."""

    ago: Duration
    user: str
    message: str


class PositionForm(Form):
    """Where it stands, in degrees."""

    lat: FiniteFloat
    long: FiniteFloat


class SiteForm(Form):
    """What the monitors of one place share."""

    name: Named
    labels: dict[LabelName, LabelText] = Field(default={})
    position: PositionForm | None = None
    ambient: FiniteFloat = 12.0
    stories: list[StoryForm] = Field(default=[])


class MonitorForm(Form):
    """One monitor, or `count` alike."""

    serial: Named
    count: int = Field(default=1, ge=1, le=100_000)
    name: str = ""
    model: str = "CR:900"
    type: Literal["Noise", "AirQuality", "Vibration"] = "Noise"
    site: str = ""
    labels: dict[LabelName, LabelText] = Field(default={})
    power: Literal["mains", "solar", "battery"] = "mains"
    volts: Literal[12, 24] = 12
    battery: BatteryForm = Field(default=BatteryForm())
    backup: Duration = timedelta(minutes=20)
    subscription: Literal["Active", "Cancelled", "Expired"] = "Active"
    features: list[Literal["SIC", "Modem", "Weather"]] = Field(default=["SIC", "Modem"])
    sim_quota: Amount = 0.0
    sim_usage: Amount = 0.0
    ambient: FiniteFloat | None = None
    sic_every: Interval = timedelta(hours=6)
    calibrated_ago: Duration | None = None
    calibrated_every: Interval = timedelta(days=28)
    calibration_offset: FiniteFloat = 0.1
    notes: list[NoteForm] = Field(default=[])
    stories: list[StoryForm] = Field(default=[])


class OdditiesForm(Form):
    """How the API answers where its documentation leaves it open; see oddities.py."""

    serial_in: list[Dated] = Field(default=["current", "stats"])
    serial_key: Literal["instrument", "serialNumber", "serial", "Instrument"] = "instrument"
    array_style: Literal["repeat", "comma", "both"] = "both"
    order: Literal["asc", "desc", "shuffle"] = "asc"
    duplicates: int = Field(default=0, ge=0, le=100)
    digits: Literal[0, 2, 3, 7, "mixed"] = "mixed"
    offline_as: Literal["last", "null", "nan", "omit", "404"] = "last"
    capitals: bool = True
    end_inclusive: bool = True
    range_enforced: bool = True
    example: bool = False


class FaultForm(Form):
    """One way in which requests fail, from `at` on for `for`."""

    kind: Literal[tuple(FaultKind)]  # type: ignore[valid-type]  # the words of FaultKind, written once
    status: int = Field(default=503, ge=200, le=599)
    source: Asked = ""
    serial: str = ""
    retry_after: str = ""
    seconds: Amount = 0.0
    location: str = ""
    times: int | None = Field(default=None, ge=1)
    at: Duration | None = None
    for_: Duration | None = Field(default=None, alias="for")


class FleetForm(Form):
    """A whole fleet file."""

    opens_at: ClockTime = "12:00"
    sunrise: ClockTime = "06:00"
    sunset: ClockTime = "18:00"
    repeat: Interval | None = None
    oddities: OdditiesForm = Field(default=OdditiesForm())
    faults: list[FaultForm] = Field(default=[])
    sites: list[SiteForm] = Field(default=[])
    instruments: list[MonitorForm] = Field(min_length=1)

    @model_validator(mode="after")
    def _day_before_night(self) -> Self:
        if time.fromisoformat(self.sunrise) >= time.fromisoformat(self.sunset):
            raise ValueError("the sun must rise before it sets")
        return self


def load_fleet(path: Path = DEMO_FLEET) -> Fleet:
    """Read a fleet file; without a path the fleet of the demo.

    Raises:
        ConfigError: with every mistake and its place.
    """
    document = load_document(path)
    form = validate(FleetForm, document)
    sites = {site.name: site for site in form.sites}
    mistakes = list(_mistakes(form, document, sites))
    if mistakes:
        raise ConfigError(mistakes)
    return Fleet(
        monitors=tuple(monitor for one in form.instruments for monitor in _monitors(one, sites)),
        opens_at=time.fromisoformat(form.opens_at),
        sunrise=time.fromisoformat(form.sunrise),
        sunset=time.fromisoformat(form.sunset),
        repeat=form.repeat,
        oddities=form.oddities.model_dump(include=form.oddities.model_fields_set),
        faults=tuple(fault_of(_fault_traits(fault)) for fault in form.faults),
    )


def _mistakes(form: FleetForm, document: Document, sites: Mapping[str, SiteForm]) -> Iterator[Mistake]:
    seen: dict[str, int] = {}
    for index, one in enumerate(form.instruments):
        loc = ("instruments", index)
        if one.site and one.site not in sites:
            yield document.mistake((*loc, "site"), f'there is no site "{one.site}" under sites')
        try:
            named = serials(one.serial, one.count)
        except ValueError as error:
            yield document.mistake((*loc, "serial"), str(error))
            continue
        line = document.place((*loc, "serial"))[0]
        twice = next((serial for serial in named if serial in seen), None)
        if twice is not None:
            yield document.mistake((*loc, "serial"), f'there is another "{twice}" in line {seen[twice]}')
        seen.update(dict.fromkeys(named, line))


def _monitors(form: MonitorForm, sites: Mapping[str, SiteForm]) -> Iterator[Monitor]:
    site = sites.get(form.site) or SiteForm(name="-")
    known = {"site": form.site} if form.site else {}
    labels = known | {"power": form.power, "supply": f"{form.volts}v"} | site.labels | form.labels
    for number, serial in enumerate(serials(form.serial, form.count), start=1):
        yield Monitor(
            serial=serial,
            name=form.name if form.count == 1 else f"{form.name or 'Monitor'} {number}",
            model=form.model,
            type=form.type,
            site=form.site,
            labels=labels,
            position=(site.position.lat, site.position.long) if site.position else None,
            power=Power(form.power),
            volts=form.volts,
            battery=Battery(**form.battery.model_dump()),
            backup=form.backup,
            subscription=form.subscription,
            features=tuple(form.features),
            sim_quota=form.sim_quota,
            sim_usage=form.sim_usage,
            ambient=site.ambient if form.ambient is None else form.ambient,
            sic_every=form.sic_every,
            calibrated_ago=form.calibrated_ago,
            calibrated_every=form.calibrated_every,
            calibration_offset=form.calibration_offset,
            notes=tuple(Note(**note.model_dump()) for note in form.notes),
            stories=tuple(story for told in (*site.stories, *form.stories) for story in told.told()),
        )


def _fault_traits(form: FaultForm) -> dict[str, object]:
    traits = form.model_dump(exclude={"for_"})
    return traits | {"lasts": form.for_}
