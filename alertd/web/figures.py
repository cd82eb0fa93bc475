"""alertd's own metrics. No label takes a value for each monitor, unless `http.metrics_per_instrument` asks for it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from alertd import __version__
from alertd.config.settings import Settings
from alertd.model import DeliveryState, Sample, Severity, Source, State, Verdict
from alertd.notify.backoff import is_failing
from alertd.web.house import House

COUNTED = {
    "polls": ("Rounds of polling, by source and how they went: good, failed.", ("source", "outcome")),
    "evaluations": ("Verdicts of rules on instruments: breached, clear, unknown.", ("verdict",)),
    "notifications": ("Messages decided, by target and reason.", ("target", "reason")),
    "deliveries": (
        "Attempts to deliver a message, by target and how they went: delivered, failed.",
        ("target", "outcome"),
    ),
    "webhooks": ("Webhooks from MyCirrus: taken, repeated, old, unknown, forged, malformed.", ("type", "outcome")),
}
"""Name → what it counts, and its labels; each is `alertd_NAME_total`."""

TIMED = {
    "poll": ("How long a round of polling took.", "source"),
    "delivery": ("How long an attempt to deliver a message took.", "target"),
}
"""Name → what takes so long, and its label; each is `alertd_NAME_duration_seconds`."""

LISTING = "instruments"
"""The listing of the fleet, which is read like a source."""


class Figures(Collector):
    """Collects at each scrape."""

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> Iterator[Metric]:
        """Every family.

        Raises:
            StoreError: what is on record cannot be read now.
        """
        build = GaugeMetricFamily("alertd_build_info", "1; the version is its label.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from self._counted()
        yield from self._timed()
        yield from self._sources()
        yield from self._checks()
        yield from self._alerts()
        yield from self._outbox()
        yield from self._targets()
        if self._house.settings.http.metrics_per_instrument:
            yield from self._instruments()

    def _counted(self) -> Iterator[Metric]:
        for name, (says, labels) in COUNTED.items():
            family = CounterMetricFamily(f"alertd_{name}", says, labels=labels)
            # Prometheus sees an increase only of what it saw before: what may come is 0 from the start.
            counts = dict.fromkeys(_to_come(name, self._house.settings), 0) | dict(self._house.counted.of(name))
            for values, count in sorted(counts.items()):
                family.add_metric(values, count)
            yield family

    def _timed(self) -> Iterator[Metric]:
        for name, (says, label) in TIMED.items():
            family = HistogramMetricFamily(f"alertd_{name}_duration_seconds", says, labels=[label])
            for value, (buckets, total) in self._house.counted.spans(name).items():
                family.add_metric(
                    [value], [("+Inf" if limit == inf else str(limit), count) for limit, count in buckets], total
                )
            yield family

    def _sources(self) -> Iterator[Metric]:
        now = self._house.now()
        age = GaugeMetricFamily("alertd_poll_age_seconds", "Since the last good round of a source.", labels=["source"])
        for source, at in self._house.polled_at().items():
            age.add_metric([source], (now - at).total_seconds())
        yield age
        failing = GaugeMetricFamily("alertd_source_failing", "1 for one whose last round failed.", labels=["source"])
        for source, why in self._house.failing().items():
            failing.add_metric([source], bool(why))
        yield failing
        requests = self._house.requests()
        most = GaugeMetricFamily("alertd_requests_per_minute_limit", "Requests that MyCirrus gets in a minute at most.")
        free = GaugeMetricFamily("alertd_requests_free", "How many of them could go at once now.")
        if requests is not None:
            most.add_metric([], requests.a_minute)
            free.add_metric([], requests.free)
        yield most
        yield free
        watched = self._house.watched()  # in memory: to read thousands from the store would be most of a scrape
        instruments = GaugeMetricFamily("alertd_instruments", "Instruments that are watched.")
        if watched is not None:
            instruments.add_metric([], watched)
        yield instruments

    def _checks(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("alertd_check_ok", "1 for each check of /readyz that is good.", labels=["check"])
        for check in self._house.checks():
            family.add_metric([check.name], check.is_good)
        yield family

    def _alerts(self) -> Iterator[Metric]:
        counts = Counter((alert.state, alert.severity) for alert in self._house.store.active_alerts())
        family = GaugeMetricFamily("alertd_alerts", "Alerts that are not over.", labels=["state", "severity"])
        for state in (State.PENDING, State.FIRING):
            for severity in Severity:
                family.add_metric([state.value, severity.word], counts[state, severity])
        yield family

    def _outbox(self) -> Iterator[Metric]:
        waiting = self._house.store.pending_deliveries()
        counts = Counter(each.state for each in waiting)
        family = GaugeMetricFamily("alertd_outbox_messages", "Messages that are not delivered yet.", labels=["state"])
        for state in (DeliveryState.QUEUED, DeliveryState.LEASED):
            family.add_metric([state.value], counts[state])
        yield family
        oldest = min((each.decided_at for each in waiting), default=None)
        age = 0.0 if oldest is None else (self._house.now() - oldest).total_seconds()
        yield GaugeMetricFamily(
            "alertd_outbox_oldest_seconds", "Since the oldest of them was decided; 0 for none.", age
        )

    def _targets(self) -> Iterator[Metric]:
        health, now = self._house.store.health(), self._house.now()
        family = GaugeMetricFamily("alertd_target_failing", "1 for one that takes no messages.", labels=["target"])
        for target in _targets_of(self._house.settings):
            known = health.get(target)
            family.add_metric([target], known is not None and is_failing(known, now))
        yield family

    def _instruments(self) -> Iterator[Metric]:
        newest: dict[str, list[Sample]] = {each.serial: [] for each in self._house.store.instruments()}
        for sample in self._house.store.newest():
            if sample.instrument in newest:
                newest[sample.instrument].append(sample)
        label = ["instrument"]
        up = GaugeMetricFamily("alertd_instrument_up", "1 for one that is online, by its last status.", labels=label)
        volts = GaugeMetricFamily("alertd_instrument_voltage_volts", "Its newest supply voltage.", labels=label)
        seen = GaugeMetricFamily("alertd_instrument_seen_age_seconds", "Since it was last heard of.", labels=label)
        now = self._house.now()
        for serial, samples in newest.items():
            _add(up, serial, _online(samples))
            _add(volts, serial, _voltage(samples))
            at = _seen_at(samples)
            _add(seen, serial, None if at is None else (now - at).total_seconds())
        yield from (up, volts, seen)


def _to_come(name: str, settings: Settings) -> Iterator[tuple[str, ...]]:
    """The labels of what is sure to be counted sooner or later."""
    if name == "polls":
        for source in (LISTING, *settings.poll.every):
            yield from ((str(source), "good"), (str(source), "failed"))
    elif name == "evaluations":
        yield from ((verdict.value,) for verdict in Verdict)
    elif name == "deliveries":
        for target in _targets_of(settings):
            yield from ((target, "delivered"), (target, "failed"))


def _targets_of(settings: Settings) -> list[str]:
    return [target.name for receiver in settings.receivers for target in receiver.targets]


def _add(family: GaugeMetricFamily, label: str, value: float | None) -> None:
    if value is not None:
        family.add_metric([label], value)


def _online(samples: Iterable[Sample]) -> bool | None:
    found = [sample.values.get("online") for sample in samples if sample.source is Source.STATUS]
    return found[0] if found and isinstance(found[0], bool) else None


def _voltage(samples: Iterable[Sample]) -> float | None:
    """By the newest record that has one: `current`'s, or where that is not polled, that of `stats`."""
    for sample in sorted(samples, key=lambda each: each.at, reverse=True):
        value = sample.values.get("voltage")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None


def _seen_at(samples: Iterable[Sample]) -> datetime | None:
    """When it last said something; that MyCirrus calls it offline is no word of its own."""
    offline = _online(samples) is False
    return max((each.at for each in samples if not (offline and each.source is Source.STATUS)), default=None)
