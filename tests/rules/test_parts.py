"""A condition taken apart: each part's own verdict and reason, and its text again."""

from datetime import timedelta

import pytest
from hypothesis import given

from alertd.fields import Kind
from alertd.model import Severity, Value, Verdict
from alertd.rules.effective import given_params, in_place, missed
from alertd.rules.expression import compile_expression
from alertd.rules.load import load_rules
from alertd.rules.parts import Part, parts_of, take_apart
from alertd.rules.rule import bind
from alertd.rules.series import Series
from alertd.rules.spelling import spell, spell_value
from tests.rules.seeing import NOW, view
from tests.rules.test_expression_fuzz import ANY_VIEW, KINDS, PARAMS, _conditions

WITH_SPAN = {"span": Kind.DURATION}
B, C, U = Verdict.BREACHED, Verdict.CLEAR, Verdict.UNKNOWN


def flat(part: Part, depth: int = 0) -> list[tuple[int, str, Verdict, str]]:
    """All parts, with their depths."""
    below = [each for one in part.parts for each in flat(one, depth + 1)]
    return [(depth, part.text, part.verdict, part.explanation), *below]


def apart(text: str, values: dict[str, Value | None], **why: str) -> list[tuple[int, str, Verdict, str]]:
    expression = compile_expression(text, params=KINDS)
    return flat(parts_of(expression, expression.bind(PARAMS), view(values, why=why)))


def test_each_part_speaks_for_itself():
    """And, or and not name what they join; every comparison has its own verdict, and why where it has none."""
    text = "current.voltage < params.low and (not status.online or sic.status in [params.word])"
    assert apart(text, {"current.voltage": 11.0, "status.online": True}, sic="nothing on record") == [
        (0, text, U, "SIC status unknown (nothing on record)"),
        (1, "current.voltage < params.low", B, "voltage 11 V < 11.3 V"),
        (1, "not status.online or sic.status in [params.word]", U, "SIC status unknown (nothing on record)"),
        (2, "not status.online", C, "online"),
        (3, "status.online", B, "online"),
        (2, "sic.status in [params.word]", U, "SIC status unknown (nothing on record)"),
    ]


@pytest.mark.parametrize(
    ("text", "values", "explanations"),
    [
        (
            "10.8 <= current.voltage < 11.3",
            {"current.voltage": 11.0},
            ["voltage 11 V ≥ 10.8 V", "voltage 11 V < 11.3 V"],
        ),
        ("current.voltage < 11.3", {}, []),
        ("status.online", {"status.online": True}, []),
    ],
)
def test_what_has_no_parts(text: str, values: dict[str, Value | None], explanations: list[str]):
    """A comparison or a yes/no field is one part; a chain is as many as it has signs."""
    assert [each[3] for each in apart(text, values)[1:]] == explanations


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("(current.voltage - 2) % 3 / 4 >= 1", None),
        ("current.voltage - (2 - current.temp) > -(current.temp + 1) * 2", None),
        ("not (status.online or status.measuring)", None),
        ("(status.online == status.measuring) == (current.temp > 3)", None),
        ("not (current.voltage < 3)", "not current.voltage < 3"),
        ("1 < current.voltage < 3", "1 < current.voltage and current.voltage < 3"),
        ("sic.status not in ['a', \"b\"]", 'sic.status not in ["a", "b"]'),
        ('age(calibration) > "840h"', 'age(calibration) > "35d"'),
        ('avg(current.voltage, "6h", offset="24h") < 11.3', 'avg(current.voltage, "6h", offset="1d") < 11.3'),
        ('time_to(current.voltage, 11 + 0.3, "12h") < "8h"', None),
        ('previous(sic.status, within="1h30m") != sic.status', None),
        ('forecast(current.voltage, "12h", ahead="8h") < -same_hour_yesterday(current.temp)', None),
    ],
)
def test_spelling(written: str, spelt: str | None):
    """The text of a tree, with no more brackets than it takes."""
    assert spell(compile_expression(written).root) == (spelt or written)


@given(_conditions())
def test_spelt_again_it_is_the_same(text: str):
    """Whatever can be written: its spelling reads as the same tree."""
    root = compile_expression(text, params=KINDS).root
    assert compile_expression(spell(root), params=KINDS).root == root


@given(_conditions(), ANY_VIEW)
def test_the_whole_is_what_is_judged(text: str, seen):
    """The parts' top is the expression's own verdict and explanation, and Kleene's logic holds at every join."""
    expression = compile_expression(text, params=KINDS)
    bound = expression.bind(PARAMS)
    part = parts_of(expression, bound, seen)
    answer = bound.evaluate(seen)
    assert part.verdict is (U if answer is None else B if answer else C)
    assert part.explanation == bound.explain(seen)


def test_windows():
    """Of a function over the past: its field and window, how many samples it had, what it came to or lacks."""
    expression = compile_expression(
        'avg(current.voltage, "1h") < 12 and delta(current.temp, params.span) > 3', params=WITH_SPAN
    )
    series = Series((NOW.timestamp() - 60 * minute, 11.0 + minute / 60) for minute in range(60))
    seen = view({"current.voltage": 11.0, "current.temp": 50.0})
    seen.past = {"current.voltage": series}
    part = parts_of(expression, expression.bind({"span": "6h"}), seen)
    assert part.windows == ()
    mean, change = (each.windows[0] for each in part.parts)
    assert (mean.text, mean.field, mean.span) == ('avg(current.voltage, "1h")', "current.voltage", timedelta(hours=1))
    assert (mean.samples, mean.value) == (60, pytest.approx(11.4917, abs=1e-3))
    assert mean.explanation == "mean voltage of 1 h 11.49 V"
    assert (change.text, change.samples, change.value) == ("delta(current.temp, params.span)", 0, None)
    assert change.explanation == "change of temp in 6 h unknown (nothing on record)"


@pytest.mark.parametrize(
    ("value", "text"), [(11.3, "11.3"), (24.0, "24"), (True, "true"), ("35d", '"35d"'), ('a"b', '"a\\"b"')]
)
def test_values(value: Value, text: str):
    """As a rule file has them."""
    assert spell_value(value) == text


FILE = """rules:
  - alert: Supply
    match: ['power=~"battery|solar"', 'site!=""']
    params:
      low: 11.3
      limit: 35d
    overrides:
      - match: ['supply="24v"']
        params: {low: 22.6}
      - {match: ['site="Cliff"'], params: {low: 22.8, limit: 40d}}
    levels:
      warning: {when: current.voltage < params.low + 0.5}
      critical: {when: current.voltage < params.low, until: age(calibration) < params.limit}
"""


def test_who_gave_each_param(tmp_path):
    """The last override that matches and names it, with its line; else the rule."""
    (tmp_path / "a.yaml").write_text(FILE)
    (rule,) = load_rules([tmp_path / "a.yaml"])

    def found(**labels: str):
        return [(each.name, each.value, each.line, list(map(str, each.match))) for each in given_params(rule, labels)]

    assert found() == [("low", 11.3, 5, []), ("limit", "35d", 6, [])]
    assert found(supply="24v") == [("low", 22.6, 9, ['supply="24v"']), ("limit", "35d", 6, [])]
    assert found(supply="24v", site="Cliff") == [
        ("low", 22.8, 10, ['site="Cliff"']),
        ("limit", "40d", 10, ['site="Cliff"']),
    ]
    assert [(each.severity, each.when, each.until) for each in in_place(rule, {"site": "Cliff"})] == [
        (Severity.CRITICAL, "current.voltage < 22.8", 'age(calibration) < "40d"'),
        (Severity.WARNING, "current.voltage < 23.3", None),
    ]
    critical, warning = take_apart(bind(rule, {}), view({"current.voltage": 11.5}))
    assert (critical.when.verdict, critical.until and critical.until.verdict) == (C, U)
    assert (warning.when.text, warning.when.verdict) == ("current.voltage < params.low + 0.5", B)


def test_why_a_rule_is_not_about_a_monitor(tmp_path):
    """The first matcher that fails, and what it met."""
    (tmp_path / "a.yaml").write_text(FILE)
    (rule,) = load_rules([tmp_path / "a.yaml"])
    assert missed(rule, {"power": "solar", "site": "Cliff"}) == ""
    assert missed(rule, {"power": "mains"}) == 'power=~"battery|solar" is asked for, and power is "mains"'
    assert missed(rule, {"power": "solar"}) == 'site!="" is asked for, and site is ""'
