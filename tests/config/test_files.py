"""Patterns in the config → rule files."""

import pytest

from alertd.config.files import expand_patterns


@pytest.fixture
def base(tmp_path):
    """A folder of rules with what editors and tests leave beside them; its own name looks like a pattern."""
    base = tmp_path / "site [a]*"
    for name in (
        "rules/b.yaml",
        "rules/a.yaml",
        "rules/a.test.yaml",
        "rules/._a.yaml",
        "rules/deep/c.yaml",
        "top.yaml",
    ):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()
    return base


@pytest.mark.parametrize(
    ("patterns", "files", "without"),
    [
        (["rules/*.yaml"], ["rules/a.yaml", "rules/b.yaml"], []),
        (["rules/b.yaml", "rules/*.yaml"], ["rules/b.yaml", "rules/a.yaml"], []),
        (["rules/**/*.yaml"], ["rules/a.yaml", "rules/b.yaml", "rules/deep/c.yaml"], []),
        (["rules/deep/../a.yaml", "rules/a.yaml"], ["rules/deep/../a.yaml"], []),
        (["rules", "rules/*.yml", "top.yaml"], ["top.yaml"], [0, 1]),
        (["rules/a.test.yaml"], [], [0]),
        ([], [], []),
    ],
)
def test_patterns_name_rule_files(base, patterns, files, without):
    """In order, each file once, no tests, nothing hidden; a pattern without a file is known by its index."""
    assert expand_patterns(patterns, base) == ([base / file for file in files], without)


def test_a_pattern_may_be_absolute(base, tmp_path):
    """Shared rules can live outside the config's folder."""
    shared = tmp_path / "shared.yaml"
    shared.touch()
    assert expand_patterns([str(shared)], base) == ([shared], [])
