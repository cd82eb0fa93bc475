"""Runs a rule test through the whole pipeline: poller, rules, alerts, routes, messages, on a virtual clock."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from alertd.config.load import Config
from alertd.config.settings import Instruments, Poll, Settings
from alertd.config.validate import validate
from alertd.config.yaml import Document
from alertd.daemon.rehearsal import Rehearsal
from alertd.daemon.scripted import ScriptedCloud
from alertd.daemon.setup import Setup
from alertd.model import RANGE_SOURCES, Alert, Source, State
from alertd.notify.channels import TargetAddress
from alertd.notify.silences import Silence
from alertd.rules.testing.case import DEFAULT_TARGET, Case, Expected, TestFile
from alertd.rules.testing.compare import (
    Came,
    Standing,
    Turn,
    after,
    message_lines,
    pair,
    state_differs,
    state_lines,
)

BEFORE = timedelta(milliseconds=1)
"""So long before the start everything older is read: what was on record when alertd began."""

STEP = timedelta(minutes=1)
"""Rules are judged at each sample's time, and so often between them."""

NOWHERE = "json://127.0.0.1:9/"
"""Stands for a target whose URL is a secret: its messages are plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one test."""

    case: Case
    lines: tuple[str, ...]
    """The differences, in words; none where all was as expected."""
    told: tuple[Came, ...]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.lines


def run_case(file: TestFile, case: Case) -> Outcome:
    """Run one test.

    Raises:
        StoreError: there is no room for its database.
    """
    cloud = ScriptedCloud(case)
    setup = _setup(file, case)
    stands: dict[int, Standing] = {}
    with Rehearsal(setup, cloud, case.start - BEFORE, _silences(case)) as rehearsal:
        for at in _live(case, rehearsal):
            for index, expected in enumerate(case.expect):
                if expected.at == at:
                    stands[index] = _standing(expected, rehearsal, case.start)
        lines: list[str] = []
        for index, expected in enumerate(case.expect):
            if state_differs(expected, stands[index]):
                lines += state_lines(expected, stands[index], _turns(expected, rehearsal, case.start))
        told = tuple(
            Came(
                at=after(each.at, case.start),
                target=each.target,
                reason=each.reason,
                title=each.message.title,
                body=each.message.body,
            )
            for each in rehearsal.messages
        )
    pairs = pair(case.messages, told)
    if any(each.differs for each in pairs):
        lines += message_lines(pairs)
    return Outcome(case=case, lines=tuple(lines), told=told)


# -- living through it -------------------------------------------------------------------------------------------------


def _live(case: Case, rehearsal: Rehearsal) -> Iterator[timedelta]:
    """Live through the test; each moment, when everything of it is done."""
    ranges = [source for source in rehearsal.parts.setup.settings.poll.every if source in RANGE_SOURCES]
    asked_at = _times_of_current(case)
    rehearsal.list_instruments()
    rehearsal.poll(rehearsal.now, ranges)
    for at in _moments(case, asked_at):
        now = case.start + at
        rehearsal.wait(now)
        # The records first, status before current: so nothing is judged by what is no longer so.
        rehearsal.poll(now, ranges)
        rehearsal.poll(now, [Source.STATUS])
        if at in asked_at:
            rehearsal.poll(now, [Source.CURRENT])
        rehearsal.tell()
        yield at


def _moments(case: Case, asked_at: Collection[timedelta]) -> list[timedelta]:
    """Each time at which rules are judged, in order."""
    lasts = case.lasts
    times = {STEP * minute for minute in range(lasts // STEP + 1)}
    times.update(asked_at)
    times.update(record.at for record in case.records)
    times.update(expected.at for expected in case.expect)
    times.update(each.at + each.every * place for each in case.series for place in range(len(each.values)))
    return sorted(at for at in times if timedelta(0) <= at <= lasts)


def _times_of_current(case: Case) -> set[timedelta]:
    """When `current` is asked for: at each value of a series, and where one more would be due after the last.

    As soon as an instrument is back online, too, for what was said of it before is not believed.
    """
    series = [each for each in case.series if each.source is Source.CURRENT]
    times = {each.at + each.every * place for each in series for place in range(len(each.values) + 1)}
    return times.union(_comings_back(case)) if series else times


def _comings_back(case: Case) -> Iterator[timedelta]:
    for record in case.records:
        if record.source is Source.STATUS and record.values.get("online") is True:
            yield record.at
    for each in case.series:
        if each.source is Source.STATUS and each.field == "online":
            for place, (before, value) in enumerate(pairwise(each.values), 1):
                if value is True and before is not True:
                    yield each.at + each.every * place


# -- the set-up --------------------------------------------------------------------------------------------------------


def _setup(file: TestFile, case: Case) -> Setup:
    """The file's config, or a plain one, for the instruments and sources of this test."""
    config = file.config or _plain_config(file)
    settings = config.settings
    labels = settings.instruments.labels
    own = {each.serial: {**labels.get(each.serial, {}), **each.labels} for each in case.instruments}
    settings = settings.model_copy(
        update={
            "instruments": Instruments.model_construct(discover=True, include=["*"], exclude=[], labels=own),
            "poll": _poll(case),
            "heartbeat": None,
        }
    )
    return Setup(
        config=Config(path=config.path, settings=settings, document=config.document),
        rules=file.rules,
        api_key="",
        heartbeat_url=None,
        addresses=_addresses(settings),
    )


def _plain_config(file: TestFile) -> Config:
    """One target, told at once."""
    value = {
        "mycirrus": {"api_key": "none"},
        "receivers": [{"name": "everybody", "targets": [{"name": DEFAULT_TARGET, "url": NOWHERE}]}],
        "route": {"receiver": "everybody", "group_wait": "0s"},
        "http": {"listen": "off"},
    }
    document = Document(file.path, "", value)
    return Config(path=file.path, settings=validate(Settings, document), document=document)


def _poll(case: Case) -> Poll:
    """Each source's interval is the distance of its samples, so that a value stands until the next one is due.

    Of `current` an answer stands for three and a half intervals, but each value that is due is asked for and so ends
    the one before. Of `stats` a record stands for three: a third of the distance makes it one.
    """
    spans: dict[Source, timedelta] = {each.source: STEP for each in case.records}
    for source in {each.source for each in case.series}:
        longest = max(each.every for each in case.series if each.source is source)
        spans[source] = _third(longest) if source is Source.STATS else longest
    spans[Source.STATUS] = STEP
    return Poll().model_copy(update={source.value: spans.get(source) for source in Source})


def _third(span: timedelta) -> timedelta:
    """A third, and no less: three of them are the whole."""
    third = span / 3
    return third if third * 3 >= span else third + timedelta.resolution


def _addresses(settings: Settings) -> dict[str, TargetAddress]:
    """Every target. Only a URL that stands in the config itself says which channel it is: no secret is read."""
    return {
        target.name: TargetAddress(name=target.name, url=target.url.text or NOWHERE, timeout=target.timeout)
        for receiver in settings.receivers
        for target in receiver.targets
    }


def _silences(case: Case) -> list[Silence]:
    return [
        Silence(
            id=f"silence-{number}",
            matchers=each.matchers,
            starts_at=case.start + each.start,
            ends_at=case.start + (each.end if each.end is not None else case.lasts + timedelta(days=1)),
            author="test",
            reason=each.reason,
            created_at=case.start,
        )
        for number, each in enumerate(case.silences, 1)
    ]


# -- looking -----------------------------------------------------------------------------------------------------------


def _standing(expected: Expected, rehearsal: Rehearsal, start: datetime) -> Standing:
    for alert in rehearsal.store.active_alerts():
        if (alert.rule, alert.subject) == (expected.alert, expected.instrument):
            fires = alert.state is State.FIRING
            return Standing(
                state=alert.state.value,
                severity=alert.severity,
                stale=alert.stale_since is not None,
                since=after(alert.fired_at if fires and alert.fired_at else alert.active_at, start),
            )
    over = [alert for alert in _alerts_of(expected, rehearsal) if alert.fired_at is not None]
    if not over:
        return Standing(state="inactive")
    last = max(over, key=lambda alert: alert.resolved_at or alert.active_at)
    since = None if last.resolved_at is None else after(last.resolved_at, start)
    return Standing(state="resolved", severity=last.severity, since=since)


def _turns(expected: Expected, rehearsal: Rehearsal, start: datetime) -> Sequence[Turn]:
    """What became of the alerts of one rule on one instrument."""
    return [
        Turn(at=after(step.at, start), what=step.kind.value, why=step.explanation)
        for alert in sorted(_alerts_of(expected, rehearsal), key=lambda alert: alert.active_at)
        for step in rehearsal.store.transitions(alert.id)
    ]


def _alerts_of(expected: Expected, rehearsal: Rehearsal) -> list[Alert]:
    return [
        alert
        for alert in rehearsal.store.alerts()
        if (alert.rule, alert.subject) == (expected.alert, expected.instrument)
    ]
