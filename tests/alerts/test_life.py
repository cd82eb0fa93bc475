"""The alert's life: every edge is a row."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alertd.alerts.life import LevelTerms, Subject, advance, end, verdict_of
from alertd.model import Alert, EndReason, Severity, State, TransitionKind, Verdict
from alertd.rules.evaluate import Evaluation, LevelVerdict

START = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
ANSWERS = {
    "bad": LevelVerdict(when=Verdict.BREACHED, until=Verdict.CLEAR),
    "mid": LevelVerdict(when=Verdict.CLEAR, until=Verdict.CLEAR),
    "ok": LevelVerdict(when=Verdict.CLEAR, until=Verdict.BREACHED),
    "_": LevelVerdict(when=Verdict.UNKNOWN, until=Verdict.UNKNOWN),
    "ok?": LevelVerdict(when=Verdict.CLEAR, until=Verdict.UNKNOWN),
}


def about(*, for_: int = 0, keep: int = 0, gap: int = 3, severity: Severity = CRITICAL) -> Subject:
    terms = {severity: LevelTerms(for_=for_ * MINUTE, keep_firing_for=keep * MINUTE)}
    return subject(terms, gap)


def subject(terms: dict[Severity, LevelTerms], gap: int = 3) -> Subject:
    return Subject(
        rule="LowVoltage",
        subject="QT1",
        name="Quarry A",
        model="CR:900",
        labels={"site": "A"},
        params={},
        terms=terms,
        gap=gap * MINUTE,
    )


def seen(levels: dict[Severity, LevelVerdict], at: datetime) -> Evaluation:
    return Evaluation(
        rule="LowVoltage", subject="QT1", at=at, levels=levels, values={"current.voltage": 11.0}, explanation="x"
    )


def live(polls: str, terms: Subject) -> Iterator[tuple[Alert | None, tuple[TransitionKind, ...]]]:
    """Drive one alert through polls a minute apart; `+9` waits so many minutes more before the next."""
    alert: Alert | None = None
    at = START
    (severity,) = terms.terms
    for poll in polls.split():
        if poll.startswith("+"):
            at += int(poll[1:]) * MINUTE
            continue
        step = advance(alert, seen({severity: ANSWERS[poll]}, at), terms, at)
        alert = step.alert
        yield alert, tuple(transition.kind for transition in step.transitions)
        if alert is not None and alert.state is State.RESOLVED:
            alert = None
        at += MINUTE


def letter(alert: Alert | None) -> str:
    if alert is None:
        return "-"
    if alert.state is State.RESOLVED:
        return "R" if alert.fired_at else "C"
    return ("P" if alert.state is State.PENDING else "F") + ("?" if alert.stale_since else "")


@pytest.mark.parametrize(
    ("story", "terms", "polls", "states"),
    [
        ("fires at once and ends", about(), "ok bad bad ok ok", "- F F R -"),
        ("silence in the middle is no news", about(), "bad _ bad ok", "F F? F R"),
        ("silence never starts one", about(), "_ _ bad", "- - F"),
        ("silence never ends one", about(), "bad _ _ _ ok", "F F? F? F? R"),
        ("between when and until it holds", about(), "bad mid mid ok", "F F F R"),
        ("until unknown does not end it", about(), "bad ok? ok", "F F? R"),
        ("between the two nothing begins", about(), "mid mid bad", "- - F"),
        ("for must pass", about(for_=2), "bad bad bad ok", "P P F R"),
        ("pending that clears is told to nobody", about(for_=2), "bad bad ok bad", "P P C P"),
        ("pending between the limits has cleared", about(for_=2), "bad mid", "P C"),
        ("silence stops the timer, not the alert", about(for_=2), "bad _ bad bad bad", "P P? P P F"),
        ("a long gap is not observed", about(for_=2), "bad +9 bad bad bad", "P P P F"),
        ("a gap of three polls is observed", about(for_=2), "bad +2 bad", "P F"),
        ("keeps firing until clear for its time", about(keep=2), "bad ok ok ok", "F F F R"),
        ("a breach starts the keeping over", about(keep=2), "bad ok ok bad ok ok ok", "F F F F F F R"),
        ("silence stops the keeping", about(keep=2), "bad ok _ ok ok ok", "F F F? F F R"),
        ("a new breach is a new alert", about(), "bad ok bad", "F R F"),
    ],
)
def test_states(story: str, terms: Subject, polls: str, states: str) -> None:
    """Each story's states, poll by poll."""
    assert " ".join(letter(alert) for alert, _ in live(polls, terms)) == states, story


def test_sample_time_drives_the_timers() -> None:
    """A backlog judged in one moment fires by the samples' own times."""
    terms, alert = about(for_=2), None
    for minute in range(3):
        at = START + minute * MINUTE
        alert = advance(alert, seen({CRITICAL: ANSWERS["bad"]}, at), terms, START + timedelta(hours=5)).alert
    assert alert is not None
    assert (alert.state, alert.active_at, alert.fired_at) == (State.FIRING, START, START + 2 * MINUTE)
    assert alert.recorded_at == START + timedelta(hours=5)


def test_a_clock_that_steps_back_counts_nothing() -> None:
    """Going back in sample time neither counts nor undoes."""
    terms, alert = about(for_=2), None
    for minutes in (0, 1, -60, -59, 1):
        alert = advance(alert, seen({CRITICAL: ANSWERS["bad"]}, START + minutes * MINUTE), terms, START).alert
    assert alert is not None
    assert alert.state is State.PENDING
    assert alert.levels[CRITICAL].breached_for == MINUTE


def explained(volts: float) -> Evaluation:
    """A rule with two levels: warning under 11.8 V until 12.1 V, critical under 11.3 V until 11.6 V."""
    limits = {CRITICAL: (11.3, 11.6), WARNING: (11.8, 12.1)}
    verdicts = {
        severity: LevelVerdict(
            when=Verdict.BREACHED if volts < low else Verdict.CLEAR,
            until=Verdict.BREACHED if volts >= clear else Verdict.CLEAR,
        )
        for severity, (low, clear) in limits.items()
    }
    endings = {severity: f"of {clear}" for severity, (low, clear) in limits.items() if volts >= low}
    return replace(seen(verdicts, START), explanation="of when", endings=endings)


@pytest.mark.parametrize(
    ("story", "for_", "volts", "told"),
    [
        ("breached", 0, (11.7,), "of when"),
        ("between when and until", 0, (11.7, 11.9), "of 12.1"),
        ("critical between its own", 0, (11.2, 11.4), "of 11.6"),
        ("down to warning, which is breached", 0, (11.2, 11.7), "of when"),
        ("down to warning, which holds", 0, (11.2, 11.9), "of 12.1"),
        ("over, from warning", 0, (11.7, 12.4), "of 12.1"),
        ("over, from critical", 0, (11.2, 12.4), "of 12.1"),
        ("over before it fired", 5, (11.7, 11.9), "of when"),
    ],
)
def test_why(story: str, for_: int, volts: tuple[float, ...], told: str) -> None:
    """What fires is told by what is breached, what only holds and what is over by the limit of its `until`."""
    terms = subject({severity: LevelTerms(for_=for_ * MINUTE) for severity in (CRITICAL, WARNING)})
    alert: Alert | None = None
    for value in volts:
        step = advance(alert, explained(value), terms, START)
        alert = step.alert
    assert alert is not None
    assert alert.explanation == told, story


LEVELS = subject({CRITICAL: LevelTerms(for_=MINUTE), WARNING: LevelTerms(for_=2 * MINUTE)})


@pytest.mark.parametrize(
    ("story", "polls", "severities", "kinds"),
    [
        (
            "up and down in place",
            "ok/bad ok/bad ok/bad bad/bad bad/bad ok/bad ok/ok",
            "pw pw fw fw fc fw r",
            "pending - fired - escalated eased resolved",
        ),
        (
            "critical first takes warning with it, so the way down is a step",
            "bad/bad bad/bad ok/bad ok/ok",
            "pc fc fw r",
            "pending fired eased resolved",
        ),
        ("straight down is one end", "bad/bad bad/bad ok/ok", "pc fc r", "pending fired resolved"),
        (
            "the warning's dead band holds on the way down",
            "bad/bad bad/bad ok/mid ok/ok",
            "pc fc fw r",
            "pending fired eased resolved",
        ),
        ("unknown holds the level", "bad/bad bad/bad _/_ ok/bad", "pc fc fc fw", "pending fired stale eased,fresh"),
    ],
)
def test_levels(story: str, polls: str, severities: str, kinds: str) -> None:
    """Several levels are one alert that steps up and down."""
    alert, told, steps = None, [], []
    for number, poll in enumerate(polls.split()):
        critical, warning = poll.split("/")
        at = START + number * MINUTE
        step = advance(alert, seen({CRITICAL: ANSWERS[critical], WARNING: ANSWERS[warning]}, at), LEVELS, at)
        alert = step.alert
        assert alert is not None
        told.append("r" if alert.state is State.RESOLVED else alert.state.value[0] + alert.severity.word[0])
        steps.append(",".join(transition.kind.value for transition in step.transitions) or "-")
    assert (" ".join(told), " ".join(steps)) == (severities, kinds), story


def test_an_edited_severity_keeps_the_alert() -> None:
    """A rule whose severity is edited goes on with the same alert, which steps; it does not end and begin."""
    before = advance(None, seen({WARNING: ANSWERS["bad"]}, START), about(severity=WARNING), START).alert
    step = advance(before, seen({CRITICAL: ANSWERS["bad"]}, START + MINUTE), about(severity=CRITICAL), START + MINUTE)
    assert step.alert is not None
    assert before is not None
    assert (step.alert.id, step.alert.severity) == (before.id, CRITICAL)
    assert [transition.kind for transition in step.transitions] == [TransitionKind.ESCALATED]


def test_stale_since_the_last_known_verdict() -> None:
    """While nothing is known, the alert says since when, and keeps its last values."""
    alert = advance(None, seen({CRITICAL: ANSWERS["bad"]}, START), about(), START).alert
    for minute in (1, 2):
        alert = advance(alert, seen({CRITICAL: ANSWERS["_"]}, START + minute * MINUTE), about(), START).alert
    assert alert is not None
    assert alert.stale_since == START
    assert alert.values == {"current.voltage": 11.0}


@pytest.mark.parametrize("reason", list(EndReason))
def test_an_end_from_outside_is_on_record_with_its_reason(reason: EndReason) -> None:
    """A firing alert whose rule or instrument is gone is resolved, with that reason."""
    alert = advance(None, seen({CRITICAL: ANSWERS["bad"]}, START), about(), START).alert
    assert alert is not None
    step = end(alert, reason, START + MINUTE)
    assert step.alert is not None
    assert (step.alert.state, step.alert.resolved_reason) == (State.RESOLVED, reason)
    assert [(each.kind, each.reason) for each in step.transitions] == [(TransitionKind.RESOLVED, reason.value)]


def test_identity_survives_everything_but_the_end() -> None:
    """One id from pending to resolved, whatever values and labels do; another one for the next run."""
    ids = [alert.id for alert, _ in live("bad bad bad ok bad", about(for_=1)) if alert]
    assert len(set(ids[:4])) == 1
    assert ids[4] != ids[0]


@pytest.mark.parametrize(
    ("poll", "firing", "word"),
    [
        ("bad", False, Verdict.BREACHED),
        ("mid", False, Verdict.CLEAR),
        ("mid", True, Verdict.BREACHED),
        ("ok", True, Verdict.CLEAR),
        ("_", True, Verdict.UNKNOWN),
    ],
)
def test_the_one_word(poll: str, firing: bool, word: Verdict) -> None:
    """`until` matters only while the alert fires."""
    alert = advance(None, seen({CRITICAL: ANSWERS["bad"]}, START), about(), START).alert if firing else None
    assert verdict_of(alert, seen({CRITICAL: ANSWERS[poll]}, START)) is word
