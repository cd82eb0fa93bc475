"""From a rule and a view to an evaluation; params and who shares them."""

from datetime import timedelta
from pathlib import Path

import pytest

from alertd.fields import Kind
from alertd.matchers import parse_matcher
from alertd.model import Instrument, Severity, Value, Verdict
from alertd.rules.evaluate import LevelVerdict, evaluate, moment, quiet
from alertd.rules.expression import compile_expression
from alertd.rules.rule import Level, Override, Rule, bind, labels_of
from alertd.rules.view import View, describe
from tests.rules.seeing import NOW, view

B, C, U = Verdict.BREACHED, Verdict.CLEAR, Verdict.UNKNOWN
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
PARAMS: dict[str, Value] = {"low": 11.3, "flat": 10.8}
KINDS = {"low": Kind.NUMBER, "flat": Kind.NUMBER}


def level(severity: Severity, when: str, until: str | None = None) -> Level:
    return Level(
        severity=severity,
        when=compile_expression(when, params=KINDS),
        until=compile_expression(until, params=KINDS) if until else None,
    )


def rule(*levels: Level, **more: object) -> Rule:
    return Rule(name="SupplyVoltage", levels=levels, params=PARAMS, file=Path("power.yaml"), line=3, **more)  # type: ignore[arg-type]


SUPPLY = rule(
    level(CRITICAL, "current.voltage < params.flat"),
    level(WARNING, "current.voltage < params.low and not status.sicInProgress", "current.voltage >= 11.5"),
)


@pytest.mark.parametrize(
    ("volts", "critical", "warning", "until", "why", "endings"),
    [
        (12.4, C, C, B, "voltage 12.4 V ≥ 11.3 V", "voltage 12.4 V ≥ 10.8 V / voltage 12.4 V ≥ 11.5 V"),
        (11.4, C, C, C, "voltage 11.4 V ≥ 11.3 V", "voltage 11.4 V ≥ 10.8 V / voltage 11.4 V < 11.5 V"),
        (11.21, C, B, C, "voltage 11.21 V < 11.3 V and sicInProgress is no", "voltage 11.21 V ≥ 10.8 V"),
        (10.7, B, B, C, "voltage 10.7 V < 10.8 V", ""),
        (None, U, U, U, "voltage unknown (not given)", ""),
    ],
)
def test_each_level_has_its_verdict(  # noqa: PLR0917
    volts: float | None, critical: Verdict, warning: Verdict, until: Verdict, why: str, endings: str
) -> None:
    """Every level is judged; the explanation is that of the worst one that has something to say; `until` has one."""
    seen = view({"current.voltage": volts, "status.sicInProgress": False})
    evaluation = evaluate(bind(SUPPLY, {}), seen, NOW)
    assert evaluation.rule == "SupplyVoltage"
    assert evaluation.subject == "QT000001"
    assert evaluation.at == NOW
    assert evaluation.levels == {
        CRITICAL: LevelVerdict(when=critical, until=None),
        WARNING: LevelVerdict(when=warning, until=until),
    }
    assert list(evaluation.levels) == [CRITICAL, WARNING]
    assert evaluation.explanation == why
    assert " / ".join(evaluation.endings.values()) == endings
    assert list(evaluation.values.items()) == [("current.voltage", volts), ("status.sicInProgress", False)]


def test_values_are_only_what_was_measured() -> None:
    """A value of the wrong type, or no number, is no value."""
    both = rule(level(WARNING, 'current.voltage < 3 or sic.status == "x" or status.online'))
    seen = view({"current.voltage": float("nan"), "sic.status": 3.0, "status.online": "yes"})
    assert set(evaluate(bind(both, {}), seen, NOW).values.values()) == {None}


@pytest.mark.parametrize(
    ("volts", "expected"), [(12.4, True), (11.2, False), (10.0, False), (None, True), (float("nan"), True)]
)
def test_quiet_where_no_level_is_breached(volts: float | None, expected: bool) -> None:
    """Neither clear nor unknown begins an alert."""
    assert quiet(bind(SUPPLY, {}), view({"current.voltage": volts, "status.sicInProgress": False})) is expected


def _aged(**hours: float) -> View:
    return view(ages={prefix: timedelta(hours=age) for prefix, age in hours.items()})


@pytest.mark.parametrize(
    ("when", "seen", "hours_ago"),
    [
        ("current.voltage < 3", _aged(current=2, status=1), 2),
        ("current.voltage < 3 or stats.cpu > 3", _aged(current=2, stats=1), 1),
        ("current.voltage < 3", _aged(stats=1), 0),
        ('age(calibration) > "35d"', _aged(calibration=800), 0),
        ("current.voltage < 3 and hour_of_day() > 3", _aged(current=2), 0),
        ('instrument.subscription != "Active"', _aged(current=2), 0),
    ],
)
def test_moment_is_the_newest_record_read(when: str, seen: View, hours_ago: float) -> None:
    """An evaluation's time is its newest record's; now where time itself is judged or nothing is there."""
    assert moment(rule(level(WARNING, when)), seen) == NOW - timedelta(hours=hours_ago)


OVERRIDDEN = rule(
    level(WARNING, "current.voltage < params.low"),
    match=(parse_matcher('power=~"battery|solar"'),),
    overrides=(
        Override(match=(parse_matcher('supply="24v"'),), params={"low": 22.6, "flat": 21.6}),
        Override(match=(parse_matcher('site="Quarry A"'), parse_matcher('supply="24v"')), params={"low": 23.0}),
    ),
)


@pytest.mark.parametrize(
    ("labels", "params"),
    [
        ({}, {"low": 11.3, "flat": 10.8}),
        ({"supply": "24v"}, {"low": 22.6, "flat": 21.6}),
        ({"supply": "24v", "site": "Quarry A"}, {"low": 23.0, "flat": 21.6}),
        ({"site": "Quarry A"}, {"low": 11.3, "flat": 10.8}),
    ],
)
def test_overrides_change_params(labels: dict[str, str], params: dict[str, Value]) -> None:
    """Each override that matches counts, a later one over an earlier one; the limits follow."""
    bound = bind(OVERRIDDEN, labels)
    assert bound.params == params
    limit = float(params["low"])
    assert not quiet(bound, view({"current.voltage": limit - 0.1}))
    assert quiet(bound, view({"current.voltage": limit}))


def test_instruments_with_the_same_params_share_one_bound_rule() -> None:
    """Thousands of instruments need a handful of compiled rules."""
    assert bind(OVERRIDDEN, {"supply": "12v"}) is bind(OVERRIDDEN, {})
    assert bind(OVERRIDDEN, {"supply": "24v"}) is not bind(OVERRIDDEN, {})


def test_match_says_which_instruments() -> None:
    """A rule without `match` is for all; labels cannot pretend to be what the API says."""
    instrument = Instrument(
        serial="QT1", name="North", model="CR:900", labels={"power": "solar", "instrument": "x", "serial": "y"}
    )
    assert OVERRIDDEN.matches(labels_of(instrument))
    assert not OVERRIDDEN.matches({"power": "mains"})
    assert SUPPLY.matches({})
    assert labels_of(instrument)["instrument"] == "QT1"
    assert describe(instrument)["serial"] == "QT1"
    assert "subscription" not in describe(instrument)
