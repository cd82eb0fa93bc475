"""Reliving columns and judging rounds come to the same alerts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertd.alerts.flapping import FlapTerms
from alertd.daemon.replay.course import Course
from alertd.daemon.replay.engine import relive
from alertd.daemon.replay.lives import Terms
from alertd.model import Source, State
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule
from alertd.store.columns import to_micros
from alertd.store.tracks import Track
from tests.daemon.replay.past import EVERY, MINUTE, MONITOR, START, Minute, alike, both

RULES = [
    {"alert": "Low", "when": "current.voltage < 11.3", "until": "current.voltage >= 11.6"},
    {"alert": "LowForLong", "when": "current.voltage < 11.3", "for": "4m", "keep_firing_for": "3m"},
    {
        "alert": "Levels",
        "levels": {
            "warning": {"when": "current.voltage < 11.6", "for": "6m"},
            "critical": {"when": "current.voltage < 11", "until": "current.voltage > 11.3", "for": "2m"},
        },
    },
    {"alert": "Offline", "when": "not status.online", "for": "3m"},
    {"alert": "Sic", "when": 'sic.status not in ["Success"]', "for": "0s"},
    {"alert": "Both", "when": "stats.temp > 60 and current.voltage < 12", "for": "2m"},
    {"alert": "Odd", "when": "current.voltage * 2 - stats.temp / 10 < 17 or stats.temp == 70"},
    {"alert": "NoSic", "when": 'age(sic) > "25m" and status.online'},
    {"alert": "Mean", "when": 'avg(current.voltage, "10m") < 11.4'},
    {"alert": "Dip", "when": 'max(current.voltage, "15m") - min(current.voltage, "15m") > 1.2', "for": "2m"},
    {"alert": "Sinking", "when": 'slope(current.voltage, "12m") < -2', "for": "1m"},
    {"alert": "Gaps", "when": 'count(stats.temp, "10m") < 7 and status.online'},
    {"alert": "Twice", "when": 'sic.status != "Success" and previous(sic.status) != "Success"'},
    {"alert": "Evening", "when": "hour_of_day() > 1 and current.voltage < 11.8", "for": "1m"},
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> list[Rule]:
    return loaded(tmp_path_factory.mktemp("rules"), *RULES)


def loaded(folder: Path, *rules: dict[str, object]) -> list[Rule]:
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"rules": list(rules)}, sort_keys=False))
    return load_rules([path])


FLAPS = {
    str(rule["alert"]): FlapTerms(changes=3, within=timedelta(hours=1), quiet=timedelta(minutes=9)) for rule in RULES
}
del FLAPS["Low"]

VOLTS = st.sampled_from([12.6, 12.4, 11.7, 11.5, 11.2, 10.8, None])
RUN = st.tuples(
    VOLTS,
    st.sampled_from([20.0, 55.0, 65.0, 70.0, None]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([None, None, "Success", "Error"]),
    st.sets(st.sampled_from([Source.STATUS, Source.CURRENT, Source.STATS]), max_size=1),
    st.integers(1, 14),
)
"""Volts, °C, online, a SIC's result, who does not answer, for how many minutes."""


def minutes_of(runs: list[Any]) -> list[Minute]:
    """One minute after the other."""
    found: list[Minute] = []
    was_offline = False
    for volts, temp, online, sic, silent, count in runs:
        for number in range(count):
            minute: dict[Source, dict[str, object]] = {
                Source.STATUS: {"online": online},
                Source.STATS: {"temp": temp, "samplePeriod": 60.0},
                Source.CURRENT: {"voltage": volts},
            }
            # What `current` says of a monitor that is not known to be online is not on record: no replay knows of it.
            for source in (silent - {Source.STATUS} if was_offline else silent) | (
                set() if online else {Source.CURRENT}
            ):
                del minute[source]
            if sic is not None and number == 0 and len(found) % 5 == 0:
                minute[Source.SIC] = {"status": sic}
            found.append(minute)
        was_offline = not online
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(RUN, min_size=1, max_size=14))
def test_a_replay_says_what_the_daemon_said(rules: list[Rule], runs: list[Any]) -> None:
    """Over any records, answers that fail and gaps, each rule fires, steps and ends at the same moments."""
    told, replayed = both(minutes_of(runs), rules, FLAPS)
    assert alike(replayed) == alike(told)


@pytest.mark.parametrize(
    ("volts", "fired"),
    [
        ("12.6 " * 600, 0),  # nothing to see in ten hours
        ("12.6 " * 300 + "11.2 " + "12.6 " * 299, 1),  # one minute in ten hours is found
        ("11.2 " * 600, 1),  # from the beginning to the end
        ("12.6 11.2 " * 4 + "12.6 " * 500, 4),
    ],
)
def test_what_is_passed_over(volts: str, fired: int, tmp_path: Path) -> None:
    """Ranges rule out what cannot breach, and nothing else."""
    rules = loaded(tmp_path, {"alert": "Low", "when": "current.voltage < 11.3"})
    minutes: list[Minute] = [
        {Source.STATUS: {"online": True}, Source.CURRENT: {"voltage": float(word)}} for word in volts.split()
    ]
    told, replayed = both(minutes, rules, {})
    assert len(replayed) == fired
    assert alike(replayed) == alike(told)


def test_what_was_so_before(tmp_path: Path) -> None:
    """The newest SIC from before the beginning is the present state, as on a first start of alertd."""
    rules = loaded(tmp_path, {"alert": "Sic", "when": 'sic.status != "Success"'})
    end = START + 60 * MINUTE
    times = [to_micros(START - timedelta(days=9)), to_micros(START - timedelta(days=2)), to_micros(START + 30 * MINUTE)]
    track = Track(times, {"status": ["Success", "Error", "Success"]})
    course = Course(serial="QT1", tracks={Source.SIC: track}, every=EVERY, until=to_micros(end))
    (life,) = relive(course, MONITOR, rules, Terms(start=START, end=end, flapping={}))
    first, last = life.changes
    assert (first.at, last.at) == (to_micros(START), times[2])
    assert first.alert is not None
    assert last.alert is not None
    assert first.alert.active_at == START - timedelta(days=2)
    assert (last.alert.state, last.alert.resolved_at) == (State.RESOLVED, START + 30 * MINUTE)


def test_several_rules(tmp_path: Path) -> None:
    """Rules are relived one by one, and do not disturb each other."""
    rules = loaded(
        tmp_path,
        {"alert": "Low", "when": "current.voltage < 11.3"},
        {"alert": "Warm", "when": "stats.temp > 60"},
    )
    minutes: list[Minute] = [
        {Source.STATUS: {"online": True}, Source.CURRENT: {"voltage": 11.0}, Source.STATS: {"temp": 70.0}}
    ] * 3
    assert {alert.rule for alert in both(minutes, rules, {})[1]} == {"Low", "Warm"}
