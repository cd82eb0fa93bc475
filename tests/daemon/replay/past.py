"""Records of made-up monitors, as columns and as rounds of the daemon's own path."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from alertd.alerts.flapping import FlapTerms
from alertd.daemon.book import Book
from alertd.daemon.flaps import Flaps
from alertd.daemon.judge import ActiveAlerts, Judge
from alertd.daemon.replay.course import Course
from alertd.daemon.replay.engine import relive
from alertd.daemon.replay.lives import Terms
from alertd.daemon.replay.outcome import fired_alerts
from alertd.daemon.watch import Watchlist
from alertd.errors import Unreachable
from alertd.model import Alert, Instrument, Sample, Source, Value
from alertd.mycirrus.answer import Answer
from alertd.rules.pasts import Pasts, needs_of
from alertd.rules.rule import Rule
from alertd.store.columns import to_micros
from alertd.store.tracks import Track

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVERY = {Source.STATS: MINUTE, Source.SIC: 5 * MINUTE, Source.STATUS: MINUTE, Source.CURRENT: MINUTE}
AFTER = {Source.STATUS: timedelta(seconds=1), Source.CURRENT: timedelta(seconds=2)}
"""When in a minute a source is asked: a window holds all that is of one very moment, heard of yet or not."""
MONITOR = Instrument(serial="QT1", name="Monitor QT1", model="CR:900", labels={"site": "Quarry A"})

Minute = Mapping[Source, Mapping[str, Value | None]]
"""What each source says at one minute; a source that is left out does not answer."""


def alike(alerts: Sequence[Alert]) -> list[tuple[object, ...]]:
    """What has to be the same of them."""
    return sorted((a.id, a.rule, a.state, a.severity, a.active_at, a.fired_at, a.resolved_at) for a in alerts)


def judged(
    minutes: Sequence[Minute], rules: Sequence[Rule], flaps: Mapping[str, FlapTerms]
) -> tuple[list[Alert], list[Sample]]:
    """Every alert that fires when the daemon's judge hears of these minutes, round after round; and what it records."""
    watchlist = Watchlist([MONITOR], rules)
    book, pasts = Book(EVERY), Pasts(needs_of(watchlist.windows), EVERY)
    active: ActiveAlerts = {}
    counted = Flaps(flaps.get, (), ())
    known: dict[str, Alert] = {}
    history: list[Sample] = []
    for number, minute in enumerate(minutes):
        for source, every in EVERY.items():
            if number * MINUTE % every:
                continue
            now = START + number * MINUTE + AFTER.get(source, timedelta(0))
            judge = Judge(watchlist, book, pasts, {"QT1"}, active, counted)
            judge.hear(source, [_answer(source, minute, now)], now)
            known.update(judge.judged.alerts)
            history += judge.judged.history
    return [alert for alert in known.values() if alert.fired_at is not None], history


def relived(
    history: Sequence[Sample], until: datetime, rules: Sequence[Rule], flaps: Mapping[str, FlapTerms]
) -> list[Alert]:
    """Every alert that fires when what was recorded is replayed."""
    course = Course(serial="QT1", tracks=tracks_of(history), every=EVERY, until=to_micros(until))
    return fired_alerts(relive(course, MONITOR, rules, Terms(start=START, end=until, flapping=flaps)))


def both(
    minutes: Sequence[Minute], rules: Sequence[Rule], flaps: Mapping[str, FlapTerms]
) -> tuple[list[Alert], list[Alert]]:
    """What the daemon's judge says of these minutes, and what a replay of what it recorded says."""
    alerts, history = judged(minutes, rules, flaps)
    return alerts, relived(history, START + (len(minutes) - 1) * MINUTE + AFTER[Source.CURRENT], rules, flaps)


def tracks_of(history: Sequence[Sample]) -> dict[Source, Track]:
    """The records as columns."""
    found = {}
    for source in EVERY:
        samples = [sample for sample in history if sample.source is source]
        names = dict.fromkeys(name for sample in samples for name in sample.values)
        columns = {name: [sample.values.get(name) for sample in samples] for name in names}
        found[source] = Track([to_micros(sample.at) for sample in samples], columns)
    return found


def _answer(source: Source, minute: Minute, now: datetime) -> Answer:
    if source in minute:
        sample = Sample(instrument="QT1", source=source, at=now, values=dict(minute[source]))
        return Answer(instrument="QT1", samples=(sample,), asked_at=now)
    if source in (Source.SIC, Source.STATS):
        return Answer(instrument="QT1", asked_at=now)
    return Answer(instrument="QT1", asked_at=now, error=Unreachable("time-out"))
