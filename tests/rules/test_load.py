"""Rule files: what they mean, and every mistake in them at its place."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from alertd.errors import ConfigError
from alertd.model import OWN_RULES, Severity
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule


def written(folder: Path, text: str, name: str = "power.yaml") -> Path:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


def load(folder: Path, text: str) -> list[Rule]:
    return load_rules([written(folder, text)])


def mistakes(*paths: Path) -> list[str]:
    """Each as `line:column: text`, with the file's name where there are several."""
    with pytest.raises(ConfigError) as caught:
        load_rules(paths)
    several = len(paths) > 1
    return [
        f"{each.file.name}:" * several + f"{each.line}:{each.column}: {each.text}" for each in caught.value.mistakes
    ]


def test_reads_a_whole_rule(tmp_path: Path) -> None:
    """Every key of a rule arrives where it belongs."""
    [rule] = load(
        tmp_path,
        """\
        rules:
          - alert: LowVoltage
            was: [FlatBattery]
            for: 10m
            keep_firing_for: 5m
            when: current.voltage < params.low
            until: current.voltage >= params.clear
            severity: critical
            params: {low: 11, clear: 11.6, since: 35d, on: true}
            overrides:
              - {match: ['supply="24v"'], params: {low: 22.6}}
            match: ['power=~"battery|solar"']
            labels: {team: field}
            summary: "{{ instrument.name }}"
            description: Swap it.
            runbook: https://wiki.example.com/low
        """,
    )
    [level] = rule.levels
    assert (rule.name, rule.was, rule.line, rule.file.name) == ("LowVoltage", ("FlatBattery",), 2, "power.yaml")
    assert (level.severity, level.for_, level.keep_firing_for) == (
        Severity.CRITICAL,
        timedelta(minutes=10),
        timedelta(minutes=5),
    )
    assert level.until is not None
    assert rule.params == {"low": 11.0, "clear": 11.6, "since": "35d", "on": True}
    assert type(rule.params["low"]) is float
    assert rule.params_for({"supply": "24v"})["low"] == 22.6
    assert str(rule.match[0]) == 'power=~"battery|solar"'
    assert (rule.labels, rule.summary, rule.description) == ({"team": "field"}, "{{ instrument.name }}", "Swap it.")
    assert rule.runbook == "https://wiki.example.com/low"


def test_levels_are_worst_first_and_inherit_the_patience(tmp_path: Path) -> None:
    """`for` and `keep_firing_for` beside `levels` are what a level has that gives none of its own; 0s is one."""
    [rule] = load(
        tmp_path,
        """\
        rules:
          - alert: SupplyVoltage
            for: 15m
            levels:
              info: {when: current.voltage < 12, for: 0s}
              warning: {when: current.voltage < 11.8}
              critical: {when: current.voltage < 11.3, for: 5m, keep_firing_for: 1h}
        """,
    )
    minutes = [(level.severity.word, level.for_ / timedelta(minutes=1)) for level in rule.levels]
    assert minutes == [("critical", 5), ("warning", 15), ("info", 0)]
    assert [level.keep_firing_for / timedelta(hours=1) for level in rule.levels] == [1, 0, 0]


def test_severity_is_warning_where_none_is_given(tmp_path: Path) -> None:
    """The severity of a rule that says none."""
    [rule] = load(tmp_path, "rules: [{alert: A, when: not status.online}]")
    assert [level.severity for level in rule.levels] == [Severity.WARNING]


@pytest.mark.parametrize("text", ["", "# nothing yet\n\n  # rules:\n", "rules: []", "rules:\n"])
def test_no_rules_are_fine(tmp_path: Path, text: str) -> None:
    """A file whose rules are all switched off is no mistake."""
    assert load(tmp_path, text) == []


RULE = "rules:\n  - alert: A\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (RULE + "    when: current.voltge < 3", ["3:11: unknown field current.voltge: did you mean current.voltage?"]),
        (RULE + '    when: "current.voltage < prams.x"', ["3:30: unknown field prams.x: did you mean params?"]),
        (
            RULE + "    when: >-\n      status.online\n      and current.voltge < 3",
            ["5:11: unknown field current.voltge: did you mean current.voltage?"],
        ),
        (
            RULE + "    levels:\n      warning: {when: not status.onlin}",
            ["4:27: unknown field status.onlin: did you mean status.online?"],
        ),
        (RULE + "    when: current.voltage", ["3:11: when must be a yes/no, and this is a number: compare it"]),
        (
            RULE + "    when: status.online\n    until: current.cpu",
            ["4:12: until must be a yes/no, and this is a number: compare it"],
        ),
        (
            RULE + "    when: 1 < 2",
            ["3:11: when reads nothing of the instrument, so it never changes: name a field"],
        ),
        (RULE + "    whem: status.online", ['3:5: unknown key "whem": did you mean "when"?']),
        (RULE + "    levels: {}", ["3:5: levels is empty: give it warning, critical or both"]),
        (
            RULE + "    severity: critical\n    levels: {warning: {when: status.online}}",
            ["3:5: severity and levels cannot stand together: write it in each level"],
        ),
        (RULE + "    when: status.online\n    severity: fatal", ["4:15: severity: 'info', 'warning' or 'critical' is"]),
        (RULE + "    when: status.online\n    for: 10x", ["4:10: for: a duration is wanted"]),
        (RULE + "    when: status.online\n    for: 10", ["4:10: for: a duration is wanted"]),
        (RULE + "    when: status.online\n    params: {low: .nan}", ["4:19: low: a number is wanted, neither NaN"]),
        (RULE + "    when: status.online\n    params: {low: [1]}", ["4:19: low: a number, a text, true or false"]),
        (RULE + "    when: status.online\n    match: ['a b']", ['4:13: "a b" is no matcher']),
        (RULE + "    when: status.online\n    match: ['a=~\"[\"']", ["4:13: '[' is no regular expression"]),
        (RULE + "    when: status.online\n    labels: {a b: x}", ['4:14: "a b" is no label']),
        (RULE + "    when: status.online\n    labels: {severity: x}", ["4:14: the label severity is set by alertd"]),
        (
            RULE + "    when: status.online\n    labels: {timezone: Europe/Lundon}",
            ['4:24: there is no time zone "Europe/Lundon": did you mean "Europe/London"'],
        ),
        (RULE + "    when: status.online\n    labels: {n: 7}", ["4:17: n: text is wanted, not a number; put it in"]),
        (RULE + "    when: true", ["3:11: when: text is wanted"]),
        (
            RULE + "    when: status.online\n    overrides: [{match: ['a=b'], params: {lov: 1}}]",
            ["4:43: unknown param lov: give it a value in the rule's params first"],
        ),
        (
            RULE + "    when: status.online\n    params: {low: 1, d: 3d}\n"
            "    overrides: [{match: ['a=b'], params: {lov: 1, low: x, d: 3}}]",
            [
                "5:43: unknown param lov: did you mean low?",
                "5:56: low: a number is wanted, as in the rule's params",
                "5:62: d: a duration is wanted, as in the rule's params",
            ],
        ),
        (RULE + "    when: status.online\n    overrides: [{match: [], params: {}}]", ["4:25: match: "]),
        ("rules:\n  - alert: a/b\n    when: status.online", ["2:12: a name is one line of at most 100 characters"]),
        ("rules:\n  - alert: SiteDown\n    when: status.online", ["2:12: SiteDown is an alert of alertd about itself"]),
        ("rules:\n  - when: status.online", ['2:5: rules, item 1: "alert" is missing']),
        ("rules: [7]", ["1:9: rules, item 1: a mapping"]),
        ("rule: []", ['1:1: unknown key "rule": did you mean "rules"?']),
        ("[]", ["1:1: "]),
        ("rules: {}", ["1:8: rules: a list is wanted"]),
        ("rules: [", ["2:1: "]),
    ],
)
def test_names_each_mistake_at_its_place(tmp_path: Path, text: str, found: list[str]) -> None:
    """A mistake has line and column, down to the character inside an expression."""
    said = mistakes(written(tmp_path, text))
    assert len(said) == len(found)
    for one, wanted in zip(said, found, strict=True):
        assert one.startswith(wanted)


def test_names_every_mistake_of_every_file_at_once(tmp_path: Path) -> None:
    """One bad key hides neither the rule's other mistakes nor those of other rules and files."""
    first = written(
        tmp_path,
        """\
        rules:
          - alert: A
            when: current.voltge < params.low
            for: 10x
            severty: critical
            params: {low: .inf}
            match: [site]
            levels: {warn: {when: status.onlin}}
          - alert: B
            when: sic.statsu == "x"
        """,
        "first.yaml",
    )
    second = written(
        tmp_path, "rules: [{alert: A, when: not status.online}, {alert: C, was: [B], when: 1}]", "second.yaml"
    )
    assert [said.partition(": ")[0] for said in mistakes(first, second, tmp_path / "third.yaml")] == [
        "first.yaml:3:11",
        "first.yaml:4:10",
        "first.yaml:5:5",
        "first.yaml:6:19",
        "first.yaml:7:13",
        "first.yaml:8:14",
        "first.yaml:8:27",
        "first.yaml:10:11",
        "second.yaml:1:17",
        "second.yaml:1:63",
        "second.yaml:1:73",
        "third.yaml:1:1",
    ]


@pytest.mark.parametrize(
    ("second", "place"),
    [
        ("{alert: A, when: status.online}", "second.yaml:1:17"),
        ("{alert: Old, when: status.online}", "second.yaml:1:17"),
        ("{alert: B, was: [A], when: status.online}", "second.yaml:1:26"),
    ],
)
def test_names_are_unique_over_all_files(tmp_path: Path, second: str, place: str) -> None:
    """Two rules of one name, or of one's former name, are a mistake that names the first one's line."""
    first = written(tmp_path, RULE + "    was: [Old]\n    when: status.online", "first.yaml")
    said = mistakes(first, written(tmp_path, f"rules: [{second}]", "second.yaml"))
    assert len(said) == 1
    assert said[0].startswith(place)
    assert f"{first}:{3 if 'Old' in second else 2}" in said[0]


@pytest.mark.parametrize("name", sorted(OWN_RULES))
def test_own_alerts_keep_their_names(tmp_path: Path, name: str) -> None:
    """No rule can take the name of an alert that alertd has about itself."""
    [said] = mistakes(written(tmp_path, f"rules: [{{alert: {name}, when: status.online}}]"))
    assert said.startswith("1:17: ")
    assert "alertd about itself" in said


def test_a_window_has_a_length(tmp_path: Path) -> None:
    """A param that is a window's duration is looked at where it is given a value, in overrides too."""
    text = """rules:
  - alert: MeanLow
    params: {over: 0s, low: 11.3}
    when: avg(current.voltage, params.over) < params.low
    overrides:
      - {match: ['supply="24v"'], params: {over: 90d}}
"""
    path = written(tmp_path, text)
    assert mistakes(path) == [
        "3:20: write a duration longer than nothing",
        "6:50: current is kept at hand for 31 days: write a shorter duration",
    ]
