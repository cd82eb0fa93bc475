"""The fleet as a table: what each monitor's row says, which are asked for, and in which order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from alertd.model import Alert, Instrument, Sample, Severity, Source
from alertd.store.store import Store

ON_PAGE = 100
SORTS = {
    "attention": "Needs a hand",
    "serial": "Serial",
    "name": "Name",
    "seen": "Last seen",
    "voltage": "Voltage",
    "sic": "SIC",
    "calibration": "Calibrated",
}
SHOWS = {"all": "All monitors", "firing": "With firing alerts", "offline": "Offline"}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = float("inf")
_NOTHING = (1 - Severity.INFO, 0)
"""Where a monitor without alerts stands among what needs a hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reader wants to see of the fleet; what is not understood counts as not asked."""

    text: str = ""
    show: str = "all"
    rule: str = ""
    """Only those with this rule's firing alert."""
    sort: str = "attention"
    down: bool = False
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """By the query of an address."""
        sort = query.get("sort", "")
        show = query.get("show", "all")
        page = query.get("page", "1")
        return cls(
            text=query.get("q", "").strip()[:200],
            show=show if show in SHOWS else "all",
            rule=query.get("rule", "")[:200],
            sort=sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "attention",
            down=sort.startswith("-"),
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
        )

    def address(self, **other: object) -> str:
        """The page's address for this, with something else."""
        found = {"q": self.text, "show": self.show, "rule": self.rule, "sort": ("-" * self.down) + self.sort, **other}
        usual = {"q": "", "show": "all", "rule": "", "sort": "attention", "page": 1}
        told = {name: value for name, value in found.items() if value != usual.get(name)}
        return f"/?{urlencode(told)}#fleet" if told else "/#fleet"

    def sorted_by(self, sort: str) -> str:
        """The address for another order; the same one again turns it round."""
        turned = sort == self.sort and not self.down
        return self.address(sort=f"-{sort}" if turned else sort)


@dataclass(slots=True, kw_only=True)
class Row:
    """One monitor."""

    instrument: Instrument
    site: str
    alerts: Sequence[Alert] = ()
    """Those that fire, worst first."""
    newest: dict[Source, Sample] = field(default_factory=dict)
    trend: Any = ""
    """A drawing."""

    def value(self, source: Source, name: str) -> Any:
        """The newest value of a field; None where there is none."""
        sample = self.newest.get(source)
        value = None if sample is None else sample.values.get(name)
        return None if isinstance(value, float) and not isfinite(value) else value

    def at(self, source: Source) -> datetime | None:
        """When the newest record of a source was made."""
        sample = self.newest.get(source)
        return None if sample is None else sample.at

    @property
    def online(self) -> bool | None:
        """Whether it is connected; None where nobody knows."""
        value = self.value(Source.STATUS, "online")
        return value if isinstance(value, bool) else None

    @property
    def voltage(self) -> float | None:
        """The newest supply voltage."""
        values = (self.value(source, "voltage") for source in (Source.CURRENT, Source.STATS))
        return next((value for value in values if isinstance(value, int | float)), None)

    @property
    def seen_at(self) -> datetime | None:
        """When it was last heard of."""
        return seen_at(self.newest.values())


@dataclass(frozen=True, slots=True)
class Table:
    """What one page of the fleet shows."""

    rows: Sequence[Row]
    found: int
    """On all pages."""
    pages: int
    page: int


def seen_at(newest: Iterable[Sample]) -> datetime | None:
    """When a monitor was last heard of: it is online, or it made a record that holds something."""
    times = []
    for sample in newest:
        if sample.source is Source.STATUS:
            heard = sample.values.get("online") is True
        else:
            heard = any(value is not None for value in sample.values.values())
        times += [sample.at] if heard else []
    return max(times, default=None)


def table(store: Store, fleet: Sequence[Instrument], firing: Iterable[Alert], asked: Asked, site_label: str) -> Table:
    """The rows of the page that is asked for; of all others no more is read than it takes to order them."""
    alerts: dict[str, list[Alert]] = {}
    for alert in firing:
        alerts.setdefault(alert.instrument, []).append(alert)
    text = asked.text.casefold()
    found = _shown(store, [each for each in fleet if _has(each, text)], alerts, asked)
    found.sort(key=_order(store, alerts, asked), reverse=asked.down)
    pages = max(1, -(-len(found) // ON_PAGE))
    page = min(asked.page, pages)
    rows = [
        Row(instrument=each, site=each.labels.get(site_label, ""), alerts=alerts.get(each.serial, ()))
        for each in found[(page - 1) * ON_PAGE : page * ON_PAGE]
    ]
    _fill(store, rows)
    return Table(rows, len(found), pages, page)


def _has(instrument: Instrument, text: str) -> bool:
    if not text:
        return True
    words = (instrument.serial, instrument.name, instrument.model, *instrument.labels.values())
    return any(text in word.casefold() for word in words)


def _shown(
    store: Store, fleet: list[Instrument], alerts: Mapping[str, Sequence[Alert]], asked: Asked
) -> list[Instrument]:
    if asked.rule:
        fleet = [each for each in fleet if any(alert.rule == asked.rule for alert in alerts.get(each.serial, ()))]
    if asked.show == "firing":
        return [each for each in fleet if each.serial in alerts]
    if asked.show == "offline":
        newest = store.newest_from(Source.STATUS)
        offline = {sample.instrument for sample in newest if sample.values.get("online") is False}
        return [each for each in fleet if each.serial in offline]
    return fleet


def _order(store: Store, alerts: Mapping[str, Sequence[Alert]], asked: Asked) -> Callable[[Instrument], Any]:
    """What monitors are ordered by; what is not known comes first where the oldest or lowest does."""
    match asked.sort:
        case "name":
            return lambda each: (each.name.casefold(), each.serial)
        case "seen":
            times = _seen(store)
            return lambda each: (times.get(each.serial, _LONG_AGO), each.serial)
        case "voltage":
            volts = _voltages(store)
            return lambda each: (volts.get(each.serial, _FAR), each.serial)
        case "sic":
            newest = {sample.instrument: sample for sample in store.newest_from(Source.SIC)}
            return lambda each: _sic(newest.get(each.serial))
        case "calibration":
            done = store.newest_at(Source.CALIBRATIONS)
            return lambda each: (done.get(each.serial, _LONG_AGO), each.serial)
        case "serial":
            return lambda each: each.serial
    needs = {serial: (-max(alert.severity for alert in its), -len(its)) for serial, its in alerts.items()}
    return lambda each: (needs.get(each.serial, _NOTHING), each.serial)


def _sic(newest: Sample | None) -> tuple[int, datetime]:
    """Failed ones first, then those that were never checked, then those whose check is the oldest."""
    if newest is None:
        return 1, _LONG_AGO
    return (2 if newest.values.get("status") == "Success" else 0), newest.at


def _seen(store: Store) -> dict[str, datetime]:
    """As `seen_at`, of every monitor; of records that are made when something happens the time alone is read."""
    found: dict[str, datetime] = {}
    for source in Source:
        if source in (Source.STATUS, Source.CURRENT):
            newest = {each.instrument: at for each in store.newest_from(source) if (at := seen_at([each])) is not None}
        else:
            newest = store.newest_at(source)
        for serial, at in newest.items():
            found[serial] = max(at, found.get(serial, at))
    return found


def _voltages(store: Store) -> dict[str, float]:
    found: dict[str, float] = {}
    for source in (Source.STATS, Source.CURRENT):
        for sample in store.newest_from(source):
            value = sample.values.get("voltage")
            if isinstance(value, int | float) and isfinite(value):
                found[sample.instrument] = value
    return found


def _fill(store: Store, rows: Sequence[Row]) -> None:
    by_serial = {row.instrument.serial: row for row in rows}
    for sample in store.newest_among(by_serial):
        if sample.instrument in by_serial:
            by_serial[sample.instrument].newest[sample.source] = sample
    for row in rows:
        row.alerts = sorted(row.alerts, key=lambda alert: (-alert.severity, alert.fired_at or alert.active_at))
