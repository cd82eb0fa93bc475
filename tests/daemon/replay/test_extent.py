"""What is claimed of a stretch of records is true at each moment of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.alerts.life import judge
from alertd.daemon.replay.extent import Ranges
from alertd.daemon.replay.steady import cannot_change, is_whole
from alertd.daemon.watch import callers
from alertd.fields import Kind
from alertd.model import Alert, LevelState, Severity, Source, State, Value, Verdict
from alertd.rules.bounds import may_be, may_hold
from alertd.rules.evaluate import evaluate
from alertd.rules.expression import BoundExpression, compile_expression
from alertd.rules.rule import BoundRule, Level, Rule, bind_with
from alertd.rules.tree import Comparison, Constant
from alertd.store.columns import from_micros
from tests.daemon.replay.recorded import AS_READ, EVERY, MONITORS, START, Recorded, Run, recorded
from tests.support.conditions import joined

# -- expressions -------------------------------------------------------------------------------------------------------

FIELDS = st.sampled_from(
    ["current.voltage", "current.cpu", "stats.temp", "stats.voltage", "sic.khz1", "event.duration"]
)
WORDS = st.sampled_from(["status.online", "sic.status", "event.type", "current.voltage"])
SPANS = st.sampled_from(["20m", "1h", "2h30m", "6h", "25h"])
OFFSETS = st.sampled_from(["", "", ', offset="30m"', ', offset="1d"'])
WITHIN = st.sampled_from(["", ', within="10m"', ', within="2h"'])
LONG_SPANS = st.sampled_from(["6h", "2h30m", "1h", "25h"])
LEVELS = st.sampled_from(["11.3", "-20", "100000", "-100000", "stats.temp"])
SOURCES = st.sampled_from(["status", "current", "stats", "sic", "event"])
families = (
    FIELDS,
    st.builds('{}({}, "{}"{})'.format, st.sampled_from(["avg", "median"]), FIELDS, SPANS, OFFSETS),
    st.builds('{}({}, "{}"{})'.format, st.sampled_from(["min", "max"]), FIELDS, SPANS, OFFSETS),
    st.builds('count({}, "{}"{})'.format, FIELDS | WORDS, SPANS, OFFSETS),
    st.builds('{}({}, "{}"{})'.format, st.sampled_from(["delta", "changes"]), FIELDS, SPANS, OFFSETS),
    st.builds('slope({}, "{}"{})'.format, FIELDS, LONG_SPANS, OFFSETS),
    st.builds('forecast({}, "{}", ahead="{}")'.format, FIELDS, LONG_SPANS, st.sampled_from(["1h", "30d"])),
    st.builds('(time_to({}, {}, "{}") / "1m")'.format, FIELDS, LEVELS, LONG_SPANS),
    st.builds("previous({}{})".format, FIELDS, WITHIN) | st.builds("same_hour_yesterday({})".format, FIELDS),
    st.builds('(age({}) / "1m")'.format, SOURCES),
    st.just("hour_of_day()") | st.builds('(until_day({}) / "1h")'.format, st.sampled_from([1, 29, 31])),
)
single = st.one_of(*families)
reckoned = st.one_of(
    st.builds("({} {} {})".format, single, st.sampled_from("+-*/%"), single),
    st.builds("({} {} {})".format, single, st.sampled_from("+-*/%"), st.sampled_from(["2", "0.1", "-3"])),
    st.builds("-({})".format, single),
)
numbers = single | reckoned
ORDERS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
PLACES = st.integers(0, 2)
atoms = st.one_of(
    st.builds("{{{0}}} {1} params.p{0}".format, PLACES, ORDERS),
    st.builds("{{{0}}} {1} params.p{0}".format, PLACES, ORDERS),
    st.builds("params.p{0} {1} {{{0}}}".format, PLACES, ORDERS),
    st.builds("{{{0}}} {1} {{{2}}}".format, PLACES, ORDERS, PLACES),
    st.builds("params.p{0} < {{{0}}} <= 12".format, PLACES),
    st.builds("{{{0}}} {1} [params.p{0}, 12]".format, PLACES, st.sampled_from(["in", "not in"])),
    st.builds('age(sic) {} "{}"'.format, ORDERS, st.sampled_from(["25m", "30m", "90m"])),
    st.builds('{} {} "Error"'.format, st.sampled_from(["sic.status", "event.type"]), st.sampled_from(["==", "!="])),
    st.builds('{} == "Error"'.format, st.sampled_from(["previous(sic.status)", 'previous(event.type, within="2h")'])),
    st.builds('sic.status {} ["Error", "Aborted"]'.format, st.sampled_from(["in", "not in"])),
    st.sampled_from(["status.online", "status.measuring", "status.online == status.measuring"]),
    st.sampled_from(['instrument.site == "Quarry A"', 'instrument.owner == ""', 'instrument.subscription == "A"']),
)
conditions = joined(atoms, 4)
LIMITS = st.tuples(st.sampled_from([0.0, 0.01, 0.5, 0.9, 1.0]), st.sampled_from([0.0, 1e-9, -1e-9, 0.3, -0.3]))
"""Which of the values that a number has, and how far from it."""
KINDS = dict.fromkeys(["p0", "p1", "p2"], Kind.NUMBER)


def numeric(values: Sequence[Value | None]) -> list[float]:
    """The numbers among answers, ascending."""
    return sorted(value for value in values if isinstance(value, float))


def limits_of(found: Recorded, bound: Sequence[BoundExpression], wanted: Sequence[tuple[float, float]]) -> list[float]:
    """A limit for each number, near one of the values that it really has."""
    limits = []
    for each, (share, aside) in zip(bound, wanted, strict=True):
        values = [
            value for value in numeric([each.answer(moment.view) for moment in found.moments]) if abs(value) < 1e9
        ]
        limits.append(values[int(share * (len(values) - 1))] + aside if values else 1.0)
    return limits


# -- numbers -----------------------------------------------------------------------------------------------------------


def misses(found: Recorded, ranges: Ranges, bound: BoundExpression) -> list[tuple[str, float]]:
    """The lowest and highest values within stretches of which it is said that they cannot be."""
    answers = [bound.answer(moment.view) for moment in found.moments]
    missed = []
    for start, end, within in found.stretches():
        values, extent = numeric(answers[within]), ranges.within(start, end)
        for value, symbol in ((values[0], "<="), (values[-1], ">=")) if values else ():
            node = Comparison(symbol, bound.root, Constant(value, bound.root.kind))
            if not may_be(node, extent).hold:
                missed.append((f"{from_micros(start)} {from_micros(end)} {symbol}", value))
    return missed


@settings(max_examples=10)
@given(found=MONITORS, texts=st.tuples(*families, reckoned))
def test_numbers_are_within_their_ranges(found: Recorded, texts: tuple[str, ...]) -> None:
    """No number has a value, at any moment of any stretch, that is beyond the range of that stretch."""
    bound = [compile_expression(text).bind() for text in texts]
    ranges = found.look([ask for each in bound for ask in each.windows])
    for each in bound:
        assert misses(found, ranges, each) == [], each.text


# -- conditions --------------------------------------------------------------------------------------------------------


@settings(max_examples=14)
@given(
    found=MONITORS,
    texts=st.lists(numbers, min_size=3, max_size=3),
    wanted=st.lists(LIMITS, min_size=3, max_size=3),
    forms=st.lists(conditions, min_size=6, max_size=6),
)
def test_no_condition_holds_where_it_is_ruled_out(
    found: Recorded, texts: list[str], wanted: list[tuple[float, float]], forms: list[str]
) -> None:
    """What is said to hold nowhere in a stretch holds at no moment of it, and what is said to fail nowhere does not."""
    bound, ranges = conditions_on(found, texts, wanted, forms)
    for each in bound:
        answers = [each.answer(moment.view) for moment in found.moments]
        for start, end, within in found.stretches():
            extent = ranges.within(start, end)
            may = may_be(each.root, extent)
            assert may.hold or True not in answers[within], (each.text, from_micros(start), from_micros(end))
            assert may.fail or False not in answers[within], (each.text, from_micros(start), from_micros(end))
            assert may_hold(each.root, extent) or not may.hold or True not in answers[within]


def conditions_on(
    found: Recorded, texts: Sequence[str], wanted: Sequence[tuple[float, float]], forms: Sequence[str]
) -> tuple[list[BoundExpression], Ranges]:
    """The conditions with these numbers in them, their limits near what the numbers are; and the ranges."""
    bound = [compile_expression(text).bind() for text in texts]
    found.look([ask for each in bound for ask in each.windows])
    params = dict(zip(KINDS, limits_of(found, bound, wanted), strict=True))
    compiled = [compile_expression(form.format(*texts), params=KINDS).bind(params) for form in forms]
    return compiled, found.look([ask for each in compiled for ask in each.windows])


# -- alerts that stand -------------------------------------------------------------------------------------------------


def rule_of(when: str, until: str | None, params: Mapping[str, Value]) -> BoundRule:
    """A rule of one level."""
    level = Level(
        severity=Severity.WARNING,
        when=compile_expression(when, params=KINDS),
        until=None if until is None else compile_expression(until, params=KINDS),
    )
    return bind_with(Rule(name="Any", levels=(level,), file=Path("rules.yaml"), line=1), params)


FIRING = Alert(
    id="1",
    rule="Any",
    subject="QT1",
    state=State.FIRING,
    severity=Severity.WARNING,
    labels={},
    values={},
    explanation="",
    active_at=START,
    levels={Severity.WARNING: LevelState(phase=State.FIRING)},
)


def stands(found: Recorded, ranges: Ranges, bound: BoundRule) -> list[tuple[str, list[Verdict]]]:
    """Stretches through which the alert is said to go on as it is, and what its level says in them."""
    asked = callers(bound.rule) & EVERY.keys()
    said = [
        judge(evaluate(bound, moment.view, moment.view.now).levels[Severity.WARNING], firing=True)
        for moment in found.moments
    ]
    claimed = []
    for start, end, within in found.stretches():
        before = next((place for place in reversed(range(within.start)) if found.moments[place].source in asked), None)
        if before is None or said[before] is not Verdict.BREACHED or found.moments[before].missed & asked:
            continue
        whole = all(is_whole(found.course, source, start, end) for source in asked)
        if whole and cannot_change(FIRING, bound, ranges.within(start, end)):
            verdicts = [
                said[place] for place in range(within.start, within.stop) if found.moments[place].source in asked
            ]
            claimed.append((f"{from_micros(start)} {from_micros(end)}", verdicts))
    return claimed


@settings(max_examples=10)
@given(
    found=AS_READ,
    texts=st.lists(numbers, min_size=3, max_size=3),
    wanted=st.lists(LIMITS, min_size=3, max_size=3),
    forms=st.lists(st.tuples(conditions, st.none() | conditions), min_size=4, max_size=4),
)
def test_an_alert_goes_on_where_it_is_said_to(
    found: Recorded,
    texts: list[str],
    wanted: list[tuple[float, float]],
    forms: list[tuple[str, str | None]],
) -> None:
    """A firing level that is said to go on through a stretch is breached at each moment of it."""
    bound = [compile_expression(text).bind() for text in texts]
    found.look([ask for each in bound for ask in each.windows])
    params = dict(zip(KINDS, limits_of(found, bound, wanted), strict=True))
    rules = [rule_of(when.format(*texts), until and until.format(*texts), params) for when, until in forms]
    ranges = found.look([ask for each in rules for ask in each.windows])
    for each, form in zip(rules, forms, strict=True):
        for stretch, verdicts in stands(found, ranges, each):
            assert set(verdicts) <= {Verdict.BREACHED}, (form, params, stretch, verdicts)


# -- by name -----------------------------------------------------------------------------------------------------------

INCIDENT = {
    Source.STATUS: [Run(440)],
    Source.CURRENT: [Run(395, shape="wave"), Run(4, level=3.0), Run(41, shape="rising")],
    Source.STATS: [Run(360, shape="slow"), Run(50, gap=9.0, shape="rising"), Run(30, shape="zigzag")],
    Source.EVENTS: [Run(100), Run(9, gap=6.0, pace=0.3)],
    Source.SIC: [Run(60), Run(1, gap=3.0, shape="zigzag", level=9.0), Run(5), Run(1, level=3.0)],
}


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("current.voltage < 11.3", 0.6),
        ("stats.temp > 16.5 or current.voltage < 5", 0.8),
        ("not (current.voltage >= 5)", 0.9),
        ("current.voltage * 2 - stats.voltage / 10 < 15", 0.9),
        ('avg(current.voltage, "20m") < 8', 0.85),
        ('min(current.voltage, "1h") < 5', 0.75),
        ('max(current.voltage, "2h30m") - min(current.voltage, "2h30m") > 9', 0.55),
        ('count(stats.temp, "1h") < 8', 0.75),
        ('count(event.type, "1h") > 4', 0.75),
        ('delta(current.voltage, "1h") < -8', 0.75),
        ('slope(current.voltage, "6h") > 6', 0.5),
        ('time_to(current.voltage, 100000, "6h") < "30d"', 0.95),
        ('previous(stats.temp, within="10m") > 16.8', 0.6),
        ("same_hour_yesterday(current.voltage) > 14", 0.3),
        ('age(sic) > "31m"', 0.75),
        ('age(event) > "21m"', 0.7),
        ('age(event) < "3m"', 0.35),
        ("hour_of_day() < 2", 0.6),
        ("hour_of_day() > 22.5 and current.voltage > 14", 0.75),
    ],
)
def test_much_is_ruled_out(text: str, share: float) -> None:
    """Around one incident, that much of the stretches is passed over, and none in which the condition holds."""
    found, bound = recorded(INCIDENT, zone="Europe/Berlin"), compile_expression(text).bind()
    ranges = found.look(bound.windows)
    answers = [bound.answer(moment.view) for moment in found.moments]
    stretches = list(found.stretches())
    passed = [part for start, end, part in stretches if not may_hold(bound.root, ranges.within(start, end))]
    assert len(passed) >= share * len(stretches)
    assert not any(True in answers[part] for part in passed)


RAMPS = {source: [Run(440, shape="rising")] for source in EVERY} | {Source.STATUS: [Run(440)]}


@pytest.mark.parametrize("runs", [INCIDENT, RAMPS])
@pytest.mark.parametrize(
    "text",
    [
        'slope(current.voltage, "6h")',
        'forecast(current.voltage, "6h", ahead="30d")',
        'time_to(current.voltage, 100000, "6h") / "1m"',
        'count(stats.temp, "1h")',
        'count(event.type, "2h", offset="30m")',
        'age(stats) / "1m"',
        'age(sic) / "1m"',
        "hour_of_day()",
    ],
)
def test_the_sharpest_ranges(text: str, runs: Mapping[Source, Sequence[Run]]) -> None:
    """Straight lines, late records and a night of 25 hours come nearest to the ends of their ranges."""
    found, bound = recorded(runs, zone="Europe/Berlin"), compile_expression(text).bind()
    assert misses(found, found.look(bound.windows), bound) == []


BLINKING = RAMPS | {Source.STATUS: [Run(400), Run(81, pace=0.5, shape="zigzag")]}
SLOWING = RAMPS | {Source.STATS: [Run(400), Run(16, pace=2.9)]}
LATE_STATS = RAMPS | {Source.STATS: [Run(40)]}


@pytest.mark.parametrize(
    ("runs", "until", "stand"),
    [
        (RAMPS, "current.voltage < 0", True),
        (RAMPS, 'instrument.subscription == "A"', False),  # not known
        (RAMPS, "hour_of_day() > 30", False),  # its zone is not known
        (LATE_STATS, "stats.temp < 0", None),  # no record yet in the first half
        (SLOWING, 'avg(stats.temp, "2h") < 0', True),  # until its window holds too little
        (BLINKING, "current.voltage < 0", None),  # offline now and then
    ],
)
def test_what_an_alert_rests_on_is_known(runs: Mapping[Source, Sequence[Run]], until: str, stand: bool | None) -> None:
    """An alert whose end cannot be told for want of a value is not said to go on as it is, but to be unknown."""
    found, bound = recorded(runs, zone="Nowhere/AtAll"), rule_of('age(sic) < "25m"', until, {})
    claimed = stands(found, found.look(bound.windows), bound)
    assert all(set(verdicts) <= {Verdict.BREACHED} for _, verdicts in claimed)
    assert stand is None or bool(claimed) is stand
