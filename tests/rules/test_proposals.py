"""What is proposed of a history: limits beyond all but a thousandth of it, clear of the noise, patient with dips."""

import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from alertd.model import Severity
from alertd.rules.load import load_rules
from alertd.rules.proposals import Measured, bind_proposed, limits_of, measure, propose
from alertd.rules.rule import Rule
from tests.rules.seeing import view

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAYS = 10


def rule(folder: Path, **written: object) -> Rule:
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"rules": [{"alert": "Low", **written}]}))
    return load_rules([path])[0]


BY_PARAMS = {
    "params": {"warning": 11.3, "warning_clear": 11.5, "critical": 10.8, "critical_clear": 11.1},
    "levels": {
        "warning": {"when": "current.voltage < params.warning", "until": "current.voltage >= params.warning_clear"},
        "critical": {"when": "current.voltage < params.critical", "until": "params.critical_clear <= current.voltage"},
    },
}


def history(sigma: float = 0.02, dips: int = 0, minutes: int = 3) -> list[tuple[datetime, float]]:
    """Ten days of a battery that is charged each day, with noise, and with dips by two volts."""
    dice = random.Random(7)
    count = DAYS * 1440
    values = [12.4 + 0.3 * math.sin(2 * math.pi * n / 1440) + dice.gauss(0, sigma) for n in range(count)]
    for dip in range(dips):
        first = (dip + 1) * count // (dips + 1)
        for n in range(first, first + minutes):
            values[n] -= 2
    return [(START + n * MINUTE, value) for n, value in enumerate(values)]


def measured(points: list[tuple[datetime, float]], *, low: bool = True) -> Measured:
    found = measure(points, low=low)
    assert isinstance(found, Measured)
    return found


def test_limits(tmp_path: Path) -> None:
    """The mildest level first, each with its clear level and the params that hold them."""
    found = limits_of(low := rule(tmp_path, **BY_PARAMS), low.params)
    assert [(each.severity, each.key, each.param, each.value, each.low) for each in found] == [
        (Severity.WARNING, "when", "warning", 11.3, True),
        (Severity.WARNING, "until", "warning_clear", 11.5, True),
        (Severity.CRITICAL, "when", "critical", 10.8, True),
        (Severity.CRITICAL, "until", "critical_clear", 11.1, True),
    ]


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ({"when": "80 < current.temp"}, 1),
        ({"when": "current.temp > 80", "until": "status.online"}, 1),
        ({"when": "current.temp > 80 and current.voltage < 11", "until": "current.temp < 70"}, 2),
        ({"when": "current.uptime < 600"}, 0),
        ({"when": "not status.online"}, 0),
        ({"when": 'min(current.voltage, "1h") < 11'}, 0),
        ({"when": "calibration.offset > 0.7"}, 0),
    ],
)
def test_which_rules_have_limits(tmp_path: Path, written: dict[str, object], count: int) -> None:
    """Numbers that go up and down and are compared with a limit; nothing else."""
    found = limits_of(each := rule(tmp_path, **written), each.params)
    assert len(found) == count


@pytest.mark.parametrize("sigma", [0.0, 0.005, 0.02, 0.1])
def test_noise(sigma: float) -> None:
    """Neither the daily course nor some hundred outliers count as noise."""
    assert measured(history(sigma, dips=40)).noise == pytest.approx(sigma, rel=0.1, abs=0.001)


def test_edges() -> None:
    """A thousandth of the values is beyond the edge, on the bad side."""
    points = [(START + n * 5 * MINUTE, float(n)) for n in range(1001)]
    assert measured(points).edge == 1
    assert measured(points, low=False).edge == 999


@pytest.mark.parametrize(("count", "every"), [(0, 1), (999, 60), (4000, 1)])
def test_too_little(count: int, every: int) -> None:
    """Too few values, or too short a time: no proposal, but why."""
    found = measure([(START + n * every * MINUTE, 12.0) for n in range(count)], low=True)
    assert isinstance(found, str)
    assert f"{count} values" in found


def test_proposal(tmp_path: Path) -> None:
    """Below all that was, by the noise; worse levels keep their distance; clear levels are out of the noise's reach."""
    low = rule(tmp_path, **BY_PARAMS)
    points = history()
    found = propose(limits_of(low, low.params), points, measured(points))
    params = found.params()
    assert params["warning"] == pytest.approx(12.0, abs=0.06)
    assert params["critical"] == pytest.approx(params["warning"] - 0.5)
    assert params["warning_clear"] == pytest.approx(params["warning"] + 0.12, abs=0.02)
    assert params["critical"] < params["critical_clear"] < params["warning"]
    assert all(round(value, 2) == value for value in params.values())
    assert sum(value < params["warning"] for _, value in points) < len(points) / 1000


def test_the_other_side(tmp_path: Path) -> None:
    """A limit from above is proposed above."""
    high = rule(tmp_path, when="current.voltage > 14", until="current.voltage < 13.5")
    points = history()
    (_, limit), (_, clear) = propose(limits_of(high, high.params), points, measured(points, low=False)).limits
    assert limit > max(value for _, value in points) - 0.03
    assert clear == pytest.approx(limit - 0.12, abs=0.02)


@pytest.mark.parametrize(("dips", "minutes", "expected"), [(8, 3, 5), (8, 12, 15), (3, 3, None), (8, 90, None)])
def test_patience(tmp_path: Path, dips: int, minutes: int, expected: int | None) -> None:
    """`for` is longer than short dips; of a few nothing is said, and what lasts is no dip."""
    low = rule(tmp_path, **BY_PARAMS)
    points = history(dips=dips, minutes=minutes)
    flat = Measured(count=len(points), span=timedelta(days=DAYS), edge=11.9, noise=0.02)
    found = propose(limits_of(low, low.params), points, flat)
    assert found.for_ == (None if expected is None else expected * MINUTE)


def test_the_rule_with_what_is_proposed(tmp_path: Path) -> None:
    """Params and numbers in conditions alike: just the limits are others."""
    points = history()
    for written in (
        BY_PARAMS,
        {"when": "current.voltage < 11.3 and current.temp < 11.3", "until": "current.voltage > 12"},
    ):
        each = rule(tmp_path, **written)
        found = propose(limits_of(each, each.params), points, measured(points))
        bound = bind_proposed(each, each.params, found)
        limit = next(value for _, value in found.limits)
        below = view({"current.voltage": limit - 0.01, "current.temp": 5.0})
        above = view({"current.voltage": limit + 0.01, "current.temp": 5.0})
        assert bound.whens[-1](below) is True
        assert bound.whens[-1](above) is False
        assert bound.whens[-1](view({"current.voltage": limit - 0.01, "current.temp": 11.5})) is (written is BY_PARAMS)
