"""A file of tests is right, or every mistake in it is named with its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertd.errors import ConfigError
from alertd.model import Source
from alertd.rules.testing.case import TestFile
from alertd.rules.testing.load import load_tests

RULES = """
rules:
  - alert: LowVoltage
    when: current.voltage < 11.3
"""
CONFIG = """
mycirrus: {api_key: {env: NOT_SET_HERE}}
rules: [low.yaml]
receivers:
  - name: team
    targets: [{name: field-mail, url: {env: NOR_THIS}}, {name: field-slack, url: {env: NOR_THIS}}]
route: {receiver: team}
"""
HEAD = """rules: [low.yaml]
tests:
  - name: one
    instruments: {QT1: {}}
"""


def read(folder: Path, text: str) -> TestFile:
    (folder / "low.yaml").write_text(RULES)
    (folder / "config.yaml").write_text(CONFIG)
    path = folder / "low.test.yaml"
    path.write_text(text)
    return load_tests(path)


def mistakes(folder: Path, text: str) -> list[str]:
    """As `line:column: text`."""
    with pytest.raises(ConfigError) as error:
        read(folder, text)
    return [str(each).removeprefix(f"{folder}/low.test.yaml:") for each in error.value.mistakes]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Instruments with labels and facts, series, records, silences, expectations, messages."""
    (case,) = read(
        tmp_path,
        """
        rules: [low.yaml]
        tests:
          - name: all of it
            start: 2026-01-10T16:00:00+01:00
            instruments: {QT1: {name: North, subscription: "", lot: 007, timezone: Europe/London}}
            samples:
              - {instrument: QT1, field: current.voltage, every: 15m, values: 12.6}
              - {instrument: QT1, at: -2d, field: sic.khz1, every: 1d, values: "94 _"}
              - {instrument: QT1, at: 3h, sic: {status: Error, hz500: 55}}
              - {instrument: QT1, at: 0, status: {online: false, measuring: null}}
            silences: [{matchers: ['instrument="QT1"'], start: 1h, end: 2h}]
            expect: [{at: 4h, alert: LowVoltage, instrument: QT1, state: firing, severity: critical, stale: true}]
            messages: [{at: 3h15m, reason: first, contains: QT1}]
        """,
    ).cases
    (instrument,) = case.instruments
    assert (instrument.name, instrument.subscription) == ("North", None)
    assert instrument.labels == {"lot": "007", "timezone": "Europe/London"}
    assert case.start == datetime(2026, 1, 10, 15, tzinfo=UTC)
    assert [(each.source, each.at, list(each.values)) for each in case.series] == [
        (Source.CURRENT, timedelta(0), [12.6]),
        (Source.SIC, timedelta(days=-2), [94.0, None]),
    ]
    assert [(each.source, dict(each.values)) for each in case.records] == [
        (Source.SIC, {"status": "Error", "hz500": 55.0}),
        (Source.STATUS, {"online": False, "measuring": None}),
    ]
    assert [(each.target, each.contains, each.line) for each in case.messages] == [("default", ("QT1",), 14)]
    assert case.lasts == timedelta(hours=4)


def test_the_config_names_targets_and_rules(tmp_path: Path) -> None:
    """Its secrets are not needed; where the file names no rules, the config's are tested."""
    file = read(
        tmp_path,
        "config: config.yaml\ntests:\n  - name: one\n    instruments: {QT1: {}}\n"
        "    messages: [{at: 0s, target: field-slack, reason: first}]\n",
    )
    assert [rule.name for rule in file.rules] == ["LowVoltage"]
    assert file.config is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: []", ["1:8: tests: must hold at least 1"]),
        ("rules: []\ntests: [{name: a, instruments: {Q: {}}}]", ["1:1: rules: name the rule files"]),
        ("rules: [nope.yaml]\ntests: [{name: a, instruments: {Q: {}}}]", ['1:9: no rule file matches "nope.yaml"']),
        (
            "rules: [low.yaml]\nconfig: c.yaml\ntests: [{name: a, instruments: {Q: {}}}]",
            ["2:9: config: there is no file"],
        ),
        ("rules: [low.yaml]\ntest: []", ['2:1: unknown key "test": did you mean "tests"?']),
        (HEAD + "    instrument: {}", ['5:5: unknown key "instrument": did you mean "instruments"?']),
        (
            HEAD + "  - name: one\n    instruments: {QT1: {}}",
            ['5:11: two tests are called "one"; the first is in line 3'],
        ),
        (
            HEAD.replace("{}}", "{severity: x, 1a: b, timezone: Mars}}"),
            ["4:25: alertd sets", "4:38: ", "4:55: timezone"],
        ),
        (HEAD + "    start: noon", ["5:12: start: a time is wanted, such as 2026-01-10T15:00:00Z"]),
        (HEAD + "    samples: [{instrument: QT1}]", ["5:15: field (with every and values), or one of sic"]),
        (
            HEAD + "    samples: [{instrument: QT2, field: current.voltge, every: 1m, values: 1}]",
            ['5:28: there is no instrument "QT2"', "5:40: unknown field current.voltge: did you mean current.voltage?"],
        ),
        (
            HEAD + "    samples: [{instrument: QT1, field: current.voltage}]",
            ['5:15: "every" is missing', '5:15: "values" is missing'],
        ),
        (
            HEAD + '    samples: [{instrument: QT1, field: current.voltage, every: 1m, values: "12 13y"}]',
            ["5:80: 13y is no number"],
        ),
        (HEAD + "    samples: [{instrument: QT1, sic: {status: Error}}]", ['5:15: "at" is missing']),
        (
            HEAD + "    samples: [{instrument: QT1, at: 1m, sic: {statu: Error, hz500: x}}]",
            ['5:47: unknown field sic.statu: did you mean "status"?', "5:68: hz500: a number is wanted"],
        ),
        (
            HEAD + "    samples: [{instrument: QT1, at: 1m, every: 1m, sic: {status: Error}, note: {user: x}}]",
            ["5:15: field (with every and values), or one of sic, calibration, event, note, status (with at) is"],
        ),
        (HEAD + "    samples: [{instrument: QT1, at: 1m, every: 1m, sic: {}}]", ["5:41: every: only a series"]),
        (HEAD + "    samples: [{instrument: QT1, at: -1m, status: {}}]", ["5:37: at: MyCirrus has no past of status"]),
        (HEAD + "    samples: [{instrument: QT1, at: -999d, sic: {}}]", ["5:37: at: a year before the start"]),
        (HEAD + "    samples: [{instrument: QT1, at: soon, sic: {}}]", ["5:37: at: a duration is wanted"]),
        (HEAD + "    silences: [{matchers: [], start: 2h, end: 1h}]", ["5:27: matchers: must hold at least 1"]),
        (HEAD + "    silences: [{matchers: ['a=\"b\"'], start: 2h, end: 1h}]", ["5:54: the silence ends before it"]),
        (
            HEAD + "    expect: [{at: 1m, alert: LowVoltag, instrument: QT2, state: inactiv}, {at: 1m, alert: X}]",
            ["5:65: state: 'inactive', 'pending', 'firing' or 'resolved' is wanted", "5:75: expect, item 2", "5:75: "],
        ),
        (
            HEAD + "    expect: [{at: 1m, alert: LowVoltag, instrument: QT2, state: inactive, stale: true}]",
            ['5:30: there is no rule "LowVoltag": did you mean', '5:53: there is no instrument "QT2"', "5:75: stale"],
        ),
        (
            HEAD + "    messages: [{at: 2h, target: defaul, reason: firts}, {at: 1h, target: x, reason: first}]",
            ["5:49: reason: one of first, new_alerts", '5:74: there is no target "x": default'],
        ),
        (
            HEAD + "    messages: [{at: 2h, reason: first}, {at: 1h, reason: all_resolved}]",
            ["5:46: at: the messages stand in the order of their times, and this one is earlier"],
        ),
        (
            HEAD + "    expect: [{at: 400d, alert: LowVoltage, instrument: QT1, state: firing}]",
            ["3:11: the test lasts 400d"],
        ),
        (
            "config: config.yaml\ntests: [{name: a, instruments: {Q: {}}, messages: [{at: 0s, reason: first}]}]",
            ['2:52: "target" is missing: field-mail, field-slack'],
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: list[str]) -> None:
    """All at once, each at its place, with what was probably meant."""
    found = mistakes(tmp_path, text)
    assert len(found) == len(said), found
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True)), found


def test_mistakes_in_rules_and_config_are_named_too(tmp_path: Path) -> None:
    """With those of the tests themselves, in one go."""
    (tmp_path / "other.yaml").write_text("rules: [{alert: A, when: current.voltge < 3}]")
    (tmp_path / "bad.yaml").write_text("route: {receiver: x}")
    found = "\n".join(
        mistakes(tmp_path, "rules: [other.yaml]\nconfig: bad.yaml\ntests: [{name: a, instruments: {Q: {}}, foo: 1}]")
    )
    assert "other.yaml:1:26: unknown field current.voltge" in found
    assert 'bad.yaml:1:1: "receivers" is missing' in found
    assert '3:41: unknown key "foo"' in found


def test_own_alerts_may_be_expected(tmp_path: Path) -> None:
    """They are about a site, not an instrument."""
    text = HEAD + "    expect: [{at: 1m, alert: SiteDown, instrument: quarry-a, state: inactive}]"
    assert read(tmp_path, text).cases[0].expect[0].instrument == "quarry-a"
