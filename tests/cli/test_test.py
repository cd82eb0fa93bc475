"""`alertd test`: which tests run, what it prints, how it exits."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.docs import ROOT
from tests.support.processes import Alertd

RULES = """
rules:
  - alert: LowVoltage
    when: current.voltage < 11.3
    severity: critical
"""
CONFIG = """
mycirrus: {api_key: {env: NOT_SET_HERE}}
rules: ["rules/*.yaml", more/low2.yaml]
receivers: [{name: team, targets: [{name: mail, url: {env: NOR_THIS}}]}]
route: {receiver: team}
"""


def written(*messages: str, name: str = "low", rules: str = "low.yaml") -> str:
    """A file with one test of a voltage that is low from the fifth minute to the tenth."""
    rows = "".join(f"      - {each}\n" for each in messages)
    return (
        f"rules: [{rules}]\ntests:\n  - name: {name}\n    instruments: {{QT1: {{}}}}\n    samples:\n"
        '      - {instrument: QT1, field: current.voltage, every: 1m, values: "12x4 11x4 12x2"}\n'
        f"    messages:\n{rows or '      []'}\n"
    )


GOOD = written('{at: 5m, reason: first, contains: "11.00 V"}', "{at: 10m, reason: all_resolved}")
BAD = written('{at: 5m, reason: first, contains: "11.70 V"}', "{at: 9m, reason: all_resolved}", name="wrong <&>")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with rules/low.yaml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTD_CONFIG", raising=False)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "low.yaml").write_text(RULES)
    return tmp_path


def test_a_test_that_passes_is_a_dot(alertd: Alertd, folder: Path) -> None:
    """And a summary; nothing on stderr."""
    (folder / "rules" / "low.test.yaml").write_text(GOOD)
    ran = alertd("test")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "rules/low.test.yaml ."
    assert re.fullmatch(r"=+ 1 passed in \d+\.\d\ds =+", ran.out.splitlines()[-1])


def test_a_test_that_fails_shows_the_difference(alertd: Alertd, folder: Path) -> None:
    """Expected beside told, with times, and exit 1; other tests run all the same."""
    (folder / "rules" / "low.test.yaml").write_text(GOOD + BAD.split("tests:\n")[1])
    ran = alertd("test", folder / "rules" / "low.test.yaml")
    assert (ran.code, ran.err) == (1, "")
    for line in (
        f"{folder}/rules/low.test.yaml .F",
        f"{folder}/rules/low.test.yaml:11",
        "messages: 1 did not come, 1 not expected, 1 without words that were expected",
        "    !   5m  default  first         [CRITICAL] LowVoltage · QT1 11.00 V",
        "        line 16: '11.70 V' is not in it",
        "    -   9m  default  all_resolved  expected in line 17: did not come",
        "    +  10m  default  all_resolved  [RESOLVED] LowVoltage · QT1 12.00 V  ← not expected",
        f"FAILED {folder}/rules/low.test.yaml:11 wrong <&>",
    ):
        assert line in ran.out.splitlines()
    assert "= 1 failed, 1 passed in" in ran.out


def test_a_config_says_where_the_tests_are(alertd: Alertd, folder: Path) -> None:
    """Beside its rules, in each folder that has some; its secrets are not asked for."""
    for name, place in (("low", "rules"), ("low2", "more")):
        (folder / "etc" / place).mkdir(parents=True)
        (folder / "etc" / place / f"{name}.yaml").write_text(RULES.replace("LowVoltage", name))
        (folder / "etc" / place / f"{name}.test.yaml").write_text(GOOD.replace("low.yaml", f"{name}.yaml"))
    (folder / "etc" / "config.yaml").write_text(CONFIG)
    ran = alertd("test", "-c", "etc/config.yaml")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["etc/rules/low.test.yaml .", "etc/more/low2.test.yaml ."]
    assert alertd("test", "etc").out.count(".test.yaml .\n") == 2  # a folder is all that is in it


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("low", ["low", "low battery"]),
        ("LOW and not battery", ["low"]),
        ("battery or heat", ["low battery", "heat"]),
        ("not low", ["heat"]),
    ],
)
def test_a_pattern_chooses_by_name(alertd: Alertd, folder: Path, pattern: str, names: list[str]) -> None:
    """As in pytest."""
    body = "".join(written(name=name).split("tests:\n")[1] for name in ("low", "low battery", "heat"))
    (folder / "some.test.yaml").write_text(f"rules: [rules/low.yaml]\ntests:\n{body}")
    ran = alertd("test", "some.test.yaml", "-k", pattern, "--json")
    assert ran.code == 1
    assert [each["name"] for each in json.loads(ran.out)["tests"]] == names


def test_json(alertd: Alertd, folder: Path) -> None:
    """All of it as one object."""
    (folder / "rules" / "low.test.yaml").write_text(GOOD + BAD.split("tests:\n")[1])
    ran = alertd("test", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["passed"], found["failed"]) == (1, 1, 1)
    assert [(each["line"], each["passed"], bool(each["differences"])) for each in found["tests"]] == [
        (3, True, False),
        (11, False, True),
    ]


def test_junit(alertd: Alertd, folder: Path) -> None:
    """XML that a CI system reads: suites, cases with their times, failures with the whole difference."""
    (folder / "rules" / "low.test.yaml").write_text(GOOD + BAD.split("tests:\n")[1])
    assert alertd("test", "--junit", "report.xml").code == 1
    root = ET.parse(folder / "report.xml").getroot()
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "2", "1", "0")
    (suite,) = root
    good, bad = suite
    assert (suite.tag, suite.get("name"), good.get("name")) == ("testsuite", "rules/low.test.yaml", "low")
    assert len(good) == 0
    assert float(good.get("time", "")) > 0
    assert (bad.get("name"), bad.get("classname"), bad.get("line")) == ("wrong <&>", "rules/low.test.yaml", "11")
    (failure,) = bad
    assert (failure.get("message") or "").startswith("messages: 1 did not come")
    assert "← not expected" in (failure.text or "")


def test_a_broken_file_is_exit_2(alertd: Alertd, folder: Path) -> None:
    """Every mistake in every file, with its place, and nothing is run."""
    (folder / "rules" / "a.test.yaml").write_text(GOOD)
    (folder / "rules" / "b.test.yaml").write_text(GOOD.replace("current.voltage", "current.voltge"))
    (folder / "rules" / "c.test.yaml").write_text("rules: [low.yaml\n")
    ran = alertd("test", "--junit", "report.xml")
    assert (ran.code, ran.out) == (2, "")
    first, second = ran.err.splitlines()
    assert first == "rules/b.test.yaml:6:34: unknown field current.voltge: did you mean current.voltage?"
    assert second.startswith("rules/c.test.yaml:2:1: ")
    assert not (folder / "report.xml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no tests in rules: write one in rules/NAME.test.yaml"),
        (("none.test.yaml",), "none.test.yaml: no such file"),
        (("rules",), "no tests in rules: write one"),
        (("some.test.yaml", "-k", "nothing"), "none of 1 tests has nothing in its name"),
        (("some.test.yaml", "--junit", "no/such/folder.xml"), "no/such/folder.xml: cannot be written: No such file"),
        (("-c", "none.yaml"), "none.yaml: no such file"),
    ],
)
def test_what_cannot_be_run_is_exit_2(alertd: Alertd, folder: Path, words: tuple[str, ...], said: str) -> None:
    """One line that says what to do."""
    (folder / "some.test.yaml").write_text(GOOD.replace("low.yaml", "rules/low.yaml"))
    ran = alertd("test", *words)
    assert ran.code == 2
    assert ran.err.startswith(said)
    assert ran.err.count("\n") == 1


def test_shipped_rules_pass_their_tests(alertd: Alertd) -> None:
    """All of them."""
    ran = alertd("test", ROOT / "rules", "--json")
    assert ran.code == 0, [each["differences"] for each in json.loads(ran.out)["tests"] if not each["passed"]]


@pytest.mark.usefixtures("folder")
def test_a_fresh_folder_has_tests_that_pass(alertd: Alertd) -> None:
    """`alertd init` brings them along."""
    assert alertd("init", "new").code == 0
    ran = alertd("test", "-c", "new/config.yaml", "-k", "power")
    assert (ran.code, ran.err) == (0, "")
    assert "new/rules/power.test.yaml" in ran.out
