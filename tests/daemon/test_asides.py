"""Sentences of fact from the history."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.daemon.asides import Asides, numbers, supply_before, trend
from alertd.daemon.compared import Compared, compared_of
from alertd.model import Severity, Source
from tests.daemon import past
from tests.notify.letters import AT, alert

VOLTAGE = Compared(source=Source.CURRENT, name="voltage", limit=11.3, above=False)
TEMP = Compared(source=Source.CURRENT, name="temp", limit=85.0, above=True)


def hourly(values: Sequence[float]) -> list[tuple[object, float]]:
    return [(AT + timedelta(hours=hour), value) for hour, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "suspected", "sentence"),
    [
        ([12.1, 11.9, 11.4], False, "supply voltage fell from 12.1 to 11.4 V in the 12 h before"),
        ([12.1, 11.0, 11.8], False, "supply voltage fell from 12.1 to 11.8 V in the 12 h before"),  # just 0.3 V
        ([12.1, 11.81], False, ""),
        ([12.1, 11.81], True, "supply voltage fell from 12.1 to 11.8 V in the 12 h before"),
        ([11.0, 11.4], True, "supply voltage rose from 11.0 to 11.4 V in the 12 h before"),
        ([11.2, 11.21], True, "supply voltage stayed at 11.2 V in the 12 h before"),
        ([], True, ""),
    ],
)
def test_supply_before(values: list[float], suspected: bool, sentence: str) -> None:
    """The first and the last value where the last is 0.3 V lower, or where a rule on voltage is about."""
    assert supply_before(hourly(values), suspected=suspected) == sentence  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "compared", "words"),
    [
        ([11.4 - hour * 0.1 / 24 for hour in range(25)], VOLTAGE, "still falling 0.1 V a day"),
        ([11.0 + hour * 0.2 / 24 for hour in range(25)], VOLTAGE, "rising 0.2 V a day"),
        ([86 + hour / 4 for hour in range(25)], TEMP, "still rising 6 °C a day"),
        ([90 - hour / 4 for hour in range(13)], TEMP, "falling 6 °C a day"),
        ([11.2, 11.21] * 12, VOLTAGE, "steady over the last day"),
        ([11.4] * 3 + [9.0] + [11.4] * 20, VOLTAGE, "steady over the last day"),  # one dip is no trend
        ([11.4, 11.3, 11.2], VOLTAGE, ""),  # two hours are too short
        ([], VOLTAGE, ""),
    ],
)
def test_trend(values: list[float], compared: Compared, words: str) -> None:
    """How a value moved in a day; `still` is for the wrong direction."""
    assert trend(hourly(values), compared) == words  # type: ignore[arg-type]


def test_numbers() -> None:
    """Neither words nor flags nor what is not finite is drawn or reckoned with."""
    points = [(AT, value) for value in (1.5, "x", True, float("nan"), float("inf"), 2)]
    assert numbers(points) == [(AT, 1.5), (AT, 2.0)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "severity", "expected"),
    [
        ("LowVoltage", Severity.CRITICAL, [("current.voltage", 11.0, False)]),
        ("Hot", Severity.WARNING, [("current.temp", 85.0, True)]),
        ("Disk", Severity.WARNING, [("current.disk", 80.0, True)]),
        ("Disk", Severity.CRITICAL, [("current.disk", 95.0, True)]),
        ("SimQuota", Severity.WARNING, []),
        ("SicFailed", Severity.WARNING, []),
        ("MonitorOffline", Severity.WARNING, []),
        ("Removed", Severity.WARNING, []),
    ],
)
def test_compared(rule: str, severity: Severity, expected: list[tuple[str, float, bool]], tmp_path: Path) -> None:
    """The fields of the alert's own level that are held against a number, with the params the alert was judged by."""
    rules = past.rules(tmp_path)
    found = compared_of(alert(rule=rule, severity=severity, params={"low": 11.0}), rules.get(rule))
    assert [(each.key, each.limit, each.above) for each in found] == expected


def test_a_rule_that_has_another_param_by_now(tmp_path: Path) -> None:
    """An alert that was judged by another edition of its rule has nothing to compare."""
    assert compared_of(alert(params={}), past.rules(tmp_path)["LowVoltage"]) == []


def test_what_the_supply_did_before(tmp_path: Path) -> None:
    """A monitor that went offline with its supply falling says so; one whose supply was well does not."""
    with past.store(tmp_path) as store:
        past.record(store, "QT123456", "voltage", {30: 13.0, 12: 12.1, 6: 11.8, 0: 11.4, -1: 9.0})
        past.record(store, "QT123457", "voltage", [12.5, 12.5])
        asides = Asides(store, past.rules(tmp_path))
        gone = [alert(index, rule="MonitorOffline") for index in range(3)]
        assert asides.supplies([*gone, alert(3)]) == {
            "alert-0": ("supply voltage fell from 12.1 to 11.4 V in the 12 h before",)
        }
        store.record_round(samples=[], cursors={}, alerts=[alert(1, id="low")], transitions=[], now=AT)
        assert asides.supplies(gone[1:]) == {"alert-1": ("supply voltage stayed at 12.5 V in the 12 h before",)}


def test_how_a_value_moves(tmp_path: Path) -> None:
    """A reminder says of each alert that still fires how its value moved in the last day."""
    with past.store(tmp_path) as store:
        past.record(store, "QT123456", "voltage", [11.4 - hour * 0.1 / 24 for hour in range(25)])
        asides = Asides(store, past.rules(tmp_path))
        assert asides.trends([alert(), alert(1), alert(2, rule="MonitorOffline")], AT) == {
            "alert-0": "still falling 0.1 V a day"
        }
