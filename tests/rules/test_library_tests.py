"""Every shipped rule has tests: it fires in one, and stays silent in one."""

from pathlib import Path

import pytest

from alertd.config.files import TEST_SUFFIXES, expand_patterns
from alertd.rules.load import load_rules
from alertd.rules.testing.case import Case
from alertd.rules.testing.load import load_tests

RULES = Path(__file__).parents[2] / "rules"
FILES, _ = expand_patterns(["*.yaml"], RULES)
TESTS = [load_tests(path) for path in sorted(RULES.iterdir()) if path.name.endswith(TEST_SUFFIXES)]
CASES = [case for file in TESTS for case in file.cases]


def fires(case: Case, rule: str) -> bool:
    """Whether somebody is told of it, or it is expected to fire."""
    told = any(rule in fragment for message in case.messages for fragment in message.contains)
    return told or any(each.alert == rule and each.state in ("firing", "resolved") for each in case.expect)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_rules_has_a_file_of_tests(path: Path) -> None:
    """Beside it, of the same name, and about it."""
    (file,) = [file for file in TESTS if file.path.name == f"{path.stem}.test.yaml"]
    assert {rule.name for rule in load_rules([path])} <= {rule.name for rule in file.rules}


@pytest.mark.parametrize("rule", [rule.name for rule in load_rules(FILES)])
def test_a_rule_fires_and_stays_silent(rule: str) -> None:
    """In its tests, which `alertd test` runs; the text of its message is looked at."""
    about = [case for file in TESTS if rule in {each.name for each in file.rules} for case in file.cases]
    assert any(fires(case, rule) for case in about)
    assert any(not fires(case, rule) for case in about)
    assert any(message.contains for case in about if fires(case, rule) for message in case.messages)
