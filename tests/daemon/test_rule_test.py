"""What a rule test means: values that stand, that are missing, that are over; records, silences, times, targets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alertd.daemon.rule_test import Outcome, run_case
from alertd.rules.testing.load import load_tests

RULES = """
rules:
  - {alert: Low, when: current.voltage < 11.3, severity: critical}
  - {alert: Slow, when: current.voltage < 11.3, for: 10m}
  - {alert: Hot, when: stats.temp > 80, for: 20m}
  - {alert: Gap, when: age(stats) > "30m"}
  - {alert: Failed, when: sic.status != "Success"}
  - {alert: Plugged, when: 'event.type == "Connection" and event.duration > 60'}
  - {alert: Said, when: 'note.message == "flat"'}
  - {alert: Falls, when: 'slope(current.voltage, "2h") < -0.1'}
  - {alert: Mean, when: 'avg(stats.voltage, "1h") < 12'}
  - {alert: Few, when: 'count(current.voltage, "1h") < 4'}
"""

Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs one test of these rules, given its rows; the rules that a test is not about are left out."""

    def running(alerts: str, body: str, head: str = "rules: [rules.yaml]") -> Outcome:
        kept = [line for line in RULES.splitlines() if any(f"alert: {name}," in line for name in alerts.split())]
        (tmp_path / "rules.yaml").write_text("\n".join(["rules:", *kept]))
        instruments = "{QT1: {site: a}, QT2: {site: a}}"
        text = f"{head}\ntests:\n  - name: one\n    instruments: {instruments}\n"
        path = tmp_path / "one.test.yaml"
        path.write_text(text + "".join(f"    {line.strip()}\n" for line in body.strip().splitlines()))
        file = load_tests(path)
        return run_case(file, file.cases[0])

    return running


def told(outcome: Outcome) -> list[tuple[int, str]]:
    """In minutes."""
    return [(each.at.total_seconds() // 60, each.reason.value) for each in outcome.told]


def volts(values: str, every: str = "15m", field: str = "current.voltage", more: str = "") -> str:
    return f'- {{instrument: QT1, field: {field}, every: {every}, values: "{values}"{more}}}'


@pytest.mark.parametrize(
    ("every", "before", "after"),
    [("7s", "20s", "21s"), ("1m", "2m59s", "3m"), ("15m", "44m", "45m"), ("1h", "2h59m", "3h")],
)
def test_a_value_stands_until_the_next_is_due(run: Run, every: str, before: str, after: str) -> None:
    """Whatever the distance."""
    body = f"""
        samples:
        {volts("12 11x1 12", every)}
        expect:
        - {{at: {every}, alert: Low, instrument: QT1, state: firing, stale: false}}
        - {{at: {before}, alert: Low, instrument: QT1, state: firing, stale: false}}
        - {{at: {after}, alert: Low, instrument: QT1, state: resolved}}
    """
    assert not [line for line in run("Low", body).lines if line.startswith("line ")]


def test_rules_are_judged_each_minute_between(run: Run) -> None:
    """`for: 10m` is over ten minutes after a sample, though the next one comes after fifteen."""
    body = f"""
        samples:
        {volts("12 11 11 12")}
        expect:
        - {{at: 24m, alert: Slow, instrument: QT1, state: pending}}
        - {{at: 25m, alert: Slow, instrument: QT1, state: firing}}
        messages:
        - {{at: 25m, reason: first, contains: "11.00 V"}}
        - {{at: 45m, reason: all_resolved}}
    """
    assert run("Slow", body).lines == ()


@pytest.mark.parametrize("tail", ["_x3 12", ""])
def test_a_missing_value_is_unknown_at_once(run: Run, tail: str) -> None:
    """Never the last one again; and what is over is missing from when one more would be due."""
    body = f"""
        samples:
        {volts(f"11 11 {tail}")}
        expect:
        - {{at: 29m, alert: Low, instrument: QT1, state: firing, stale: false}}
        - {{at: 30m, alert: Low, instrument: QT1, state: firing, stale: true}}
        - {{at: 60m, alert: Low, instrument: QT1, state: firing, stale: true}}
        messages:
        - {{at: 0s, reason: first}}
    """
    lines = run("Low", body).lines
    assert len([line for line in lines if line.startswith("line ")]) == 0
    assert any("+  1h15m" in line for line in lines) is bool(tail)


def test_series_of_other_distances_stand_beside_each_other(run: Run) -> None:
    """A record has all fields as they stand; one of them may be missing alone."""
    body = f"""
        samples:
        {volts("11 11 _ 11")}
        {volts("50x20", "5m", "current.temp")}
        expect:
        - {{at: 29m, alert: Low, instrument: QT1, state: firing, stale: false}}
        - {{at: 30m, alert: Low, instrument: QT1, state: firing, stale: true}}
        - {{at: 45m, alert: Low, instrument: QT1, state: firing, stale: false}}
        messages:
        - {{at: 0s, reason: first}}
    """
    assert run("Low", body).lines == ()


@pytest.mark.parametrize("every", ["1m", "10m", "13s"])
def test_stats_count_by_their_records(run: Run, every: str) -> None:
    """Timers run from record to record; without one it is unknown when it is due, and its age grows."""
    body = f"""
        samples:
        {volts("81x400 _x10 81", every, "stats.temp")}
    """
    outcome = run("Hot", body)
    assert [each.reason.value for each in outcome.told][:1] == ["first"]
    assert 20 <= outcome.told[0].at.total_seconds() / 60 < 20.3


def test_stats_are_unknown_when_missing(run: Run) -> None:
    """At the time of the missing record; the gap is there for rules on it."""
    body = f"""
        samples:
        {volts("81x3 _x4 81x1", "10m", "stats.temp")}
        expect:
        - {{at: 39m, alert: Hot, instrument: QT1, state: firing, stale: false}}
        - {{at: 40m, alert: Hot, instrument: QT1, state: firing, stale: true}}
        - {{at: 1h, alert: Gap, instrument: QT1, state: inactive}}
        - {{at: 1h1m, alert: Gap, instrument: QT1, state: firing}}
        messages:
        - {{at: 20m, reason: first, contains: Hot}}
        - {{at: 1h1m, reason: first, contains: Gap}}
        - {{at: 1h20m, reason: all_resolved, contains: Gap}}
    """
    assert run("Hot Gap", body).lines == ()


def test_records_are_judged_at_their_own_times(run: Run) -> None:
    """SIC, events and notes; what was before the start is history, but the newest check counts."""
    body = """
        samples:
        - {instrument: QT1, at: -1d, sic: {status: Error}}
        - {instrument: QT1, at: 90s, sic: {status: Success}}
        - {instrument: QT1, at: -1h, event: {type: Connection, duration: 75}}
        - {instrument: QT2, at: 3m20s, event: {type: Connection, duration: 75.5}}
        - {instrument: QT2, at: 0s, note: {user: x, message: flat}}
        messages:
        - {at: 0s, reason: first, contains: [Failed, QT1]}
        - {at: 0s, reason: first, contains: [Said, QT2]}
        - {at: 3m20s, reason: first, contains: [Plugged, QT2]}
        - {at: 5m, reason: all_resolved, contains: Failed}
        expect:
        - {at: 89s, alert: Failed, instrument: QT1, state: firing}
        - {at: 90s, alert: Failed, instrument: QT1, state: resolved}
        - {at: 3m, alert: Plugged, instrument: QT1, state: inactive}
    """
    assert run("Failed Plugged Said", body).lines == ()  # the ending waits for group_interval


def test_an_offline_instrument_says_nothing(run: Run) -> None:
    """Instruments are online unless a row says otherwise; what is read of one that is not is not believed."""
    body = f"""
        samples:
        {volts("12 12 11x5", "5m")}
        - {{instrument: QT1, at: 10m, status: {{online: false}}}}
        - {{instrument: QT1, at: 22m, status: {{online: true}}}}
        expect:
        - {{at: 21m, alert: Low, instrument: QT1, state: inactive}}
        messages:
        - {{at: 22m, reason: first}}
    """
    assert run("Low", body).lines == ()


def test_silences_hold(run: Run) -> None:
    """From when to when they say; what still fires at the end is told then."""
    body = f"""
        samples:
        {volts("12 11x20", "1m")}
        silences:
        - {{matchers: ['instrument="QT1"'], start: 30s, end: 10m30s, reason: battery swap}}
        messages:
        - {{at: 10m30s, reason: silence_ended, contains: [battery swap, QT1]}}
    """
    assert run("Low", body).lines == ()


CONFIG = """
mycirrus: {api_key: {env: NOT_SET_HERE}}
instruments: {include: ["NONE*"], labels: {QT1: {site: quarry, crew: north}}}
poll: {current: off}
receivers:
  - {name: crew, targets: [{name: crew-mail, url: {env: NOR_THIS}}]}
  - {name: office, targets: [{name: office-slack, url: "slack://T00000000/B00000000/DEMO00000000000000000000/#x"}]}
route:
  receiver: office
  group_wait: 30s
  routes:
    - {matchers: ['crew="north"'], receiver: crew, continue: true}
    - {matchers: ['severity="critical"'], receiver: office}
"""


def test_a_config_brings_routes_labels_and_waits(run: Run, tmp_path: Path) -> None:
    """Its secrets are not asked for, its intervals and its choice of instruments do not count; group_wait does."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    body = f"""
        samples:
        {volts("12 11x2 12x6", "1m")}
        messages:
        - {{at: 90s, target: office-slack, reason: first}}
        - {{at: 90s, target: crew-mail, reason: first}}
        - {{at: 6m30s, target: crew-mail, reason: all_resolved}}
        - {{at: 6m30s, target: office-slack, reason: all_resolved}}
    """
    assert run("Low", body, "rules: [rules.yaml]\nconfig: config.yaml").lines == ()


def test_windows_look_at_the_samples(run: Run) -> None:
    """One value for each that is written, of `current` and of `stats`, before the start too."""
    body = f"""
        samples:
        {volts("13x8 13-0.1x12")}
        {volts("13x5 11x7", "10m", "stats.voltage", ", at: -1h")}
        expect:
        - {{at: 2h, alert: Falls, instrument: QT1, state: inactive}}
        - {{at: 4h, alert: Falls, instrument: QT1, state: firing}}
        - {{at: 4h, alert: Few, instrument: QT1, state: inactive}}
        - {{at: 20m, alert: Mean, instrument: QT1, state: inactive}}
        - {{at: 40m, alert: Mean, instrument: QT1, state: firing}}
    """
    lines = run("Falls Few Mean", body).lines
    assert [line for line in lines if line.startswith("line ")] == []


def test_all_that_was_not_expected_fails(run: Run) -> None:
    """A test that expects nothing expects that nobody hears anything."""
    outcome = run("Low", f"samples:\n{volts('11')}")
    assert outcome.lines[0] == "messages: 1 not expected"
    assert not outcome.passed


def test_the_test_ends_with_the_last_thing_in_it(run: Run) -> None:
    """A reminder that would come later is none of its business; one that is due within it is."""
    row = f"samples:\n{volts('11x3', '1h')}\n"
    assert [each.reason.value for each in run("Low", row).told] == ["first"]
    outcome = run("Low", f"{row}expect:\n- {{at: 5h, alert: Low, instrument: QT1, state: firing}}")
    assert told(outcome) == [(0, "first"), (240, "reminder")]
