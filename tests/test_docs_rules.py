"""rules.md, the glossary and the code say the same: rule fields, fields of sources, functions, texts, own alerts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from alertd.config.files import expand_patterns
from alertd.fields import FIELDS, PREFIX_OF, Kind
from alertd.model import OWN_RULES, EndReason, NotifyReason, Severity, Source, Verdict
from alertd.notify.letter import Letter
from alertd.notify.render import template_names
from alertd.notify.render_context import TEXT_NAMES, letter_context
from alertd.notify.render_environment import _FILTERS
from alertd.rules import load as rule_loading
from alertd.rules.evaluate import evaluate
from alertd.rules.expression import compile_expression
from alertd.rules.functions import FUNCTIONS
from alertd.rules.load import load_rules
from alertd.rules.rule import bind
from alertd.rules.testing.forms import TestsForm
from alertd.rules.view import View
from alertd.rules.window_functions import WINDOW_FUNCTIONS
from tests.support.docs import ROOT, ROW, page, section

NOW = datetime(2026, 11, 24, tzinfo=UTC)

RULE_ROWS = {row["name"] for row in ROW.finditer(page("rules.md"))}


def rule_fields() -> set[str]:
    """The keys of one rule in a rule file."""
    models = [
        value for value in vars(rule_loading).values() if isinstance(value, type) and issubclass(value, BaseModel)
    ]
    (model,) = [each for each in models if "alert" in each.model_fields]
    return {field.alias or name for name, field in model.model_fields.items()}


def test_rule_fields():
    """rules.md has a row for each key of a rule, and for no other."""
    assert rule_fields() == RULE_ROWS


@pytest.mark.parametrize("source", list(Source))
def test_catalogue(source: Source):
    """rules.md lists each field that an expression can name, with its unit."""
    for field in FIELDS[source].values():
        assert f"| `{PREFIX_OF[source]}.{field.name}` | {field.unit or field.kind.value} |" in page("rules.md")


def test_no_field_is_made_up():
    """rules.md lists no field that the catalogue does not have."""
    known = {f"{PREFIX_OF[source]}.{name}" for source, fields in FIELDS.items() for name in fields}
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", page("rules.md"), re.MULTILINE)) <= known | {
        "source.field",
        "params.NAME",
        "instrument.NAME",
    }


@pytest.mark.parametrize("name", sorted([*FUNCTIONS, *WINDOW_FUNCTIONS]))
def test_functions(name: str):
    """rules.md has a row for each function that an expression may call."""
    assert re.search(rf"^\| .*`{name}\(", page("rules.md"), re.MULTILINE)


def test_no_function_is_made_up():
    """rules.md lists no function that there is not."""
    listed = set(re.findall(r"^\| `(\w+)\(", page("rules.md"), re.MULTILINE))
    assert listed <= {*FUNCTIONS, *WINDOW_FUNCTIONS}


CALLS = re.findall(r"`((?:\w+\((?:\w+\.\w+|calibration|params\.\w+|\)))[^`…]*)`", page("rules.md"))


@pytest.mark.parametrize("text", CALLS)
def test_each_example_of_a_call_can_be_asked(text: str):
    """The calls in rules.md, whole conditions too, are expressions; of nothing they say nothing."""
    expression = compile_expression(text, params={"day": Kind.NUMBER, "over": Kind.DURATION})
    answer = expression.bind({"day": 1.0, "over": "6h"}).evaluate(View(now=NOW, instrument={}))
    assert answer is None or expression.uses_clock


BLOCKS = [
    block
    for block in re.findall(r"```yaml\n(.*?)```", page("rules.md"), re.DOTALL)
    if block.startswith("rules:") and "\ntests:" not in block
]


@pytest.mark.parametrize("block", BLOCKS)
def test_each_example_of_a_rule_is_one(block: str, tmp_path: Path):
    """The rules in rules.md are read without a mistake, and judge a monitor of which nothing is known as unknown."""
    file = tmp_path / "example.yaml"
    file.write_text(block)
    view = View(now=NOW, instrument={"serial": "QT1"})
    for rule in load_rules([file]):
        seen = evaluate(bind(rule, {}), view, NOW)
        assert {verdict.when for verdict in seen.levels.values()} == {Verdict.UNKNOWN}


def test_there_are_examples():
    """So that the two tests above test something."""
    assert len(CALLS) > 10
    assert len(BLOCKS) > 2


def keys_of(model: type[BaseModel]) -> Iterator[str]:
    """The keys of a form and of the forms inside it."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in get_args(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from keys_of(inner)


@pytest.mark.parametrize("key", sorted(set(keys_of(TestsForm))))
def test_keys_of_rule_tests(key: str):
    """rules.md says of each key of a file of rule tests what it does."""
    text = section("rules.md", "Test your rules")
    assert re.search(rf"`{key}\b|[{{ ]{key}: ", text)


def names_in_table(text: str) -> set[str]:
    """The names in the first column of all tables."""
    rows = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_names_in_texts():
    """rules.md has a row for each name and filter that a rule's texts can use, and for no other."""
    assert names_in_table(section("rules.md", "Texts")) == {*TEXT_NAMES, *_FILTERS}


def test_names_in_templates():
    """configuration.md has a row for each name that a template sees beside those of a rule's texts."""
    letter = Letter(target="", receiver="", reason=NotifyReason.FIRST, group_labels={}, firing=(), resolved=(), now=NOW)
    common = {name for name in letter_context(letter) if not name.startswith("_")}
    text = section("configuration.md", "rules and templates").split("A template is")[1]
    text = text.split("###")[0]
    assert names_in_table(text) == {*common, "alerts", "firing", "resolved", "digest", "more", "continued"}
    for name in template_names():
        assert f"`{name}`" in text or all(f"`{part}`" in text for part in name.split("/")), name


@pytest.mark.parametrize("name", sorted(OWN_RULES))
def test_own_alerts(name: str):
    """rules.md says of each own alert how bad it is, and of those that are never raised that it is so."""
    row = re.search(rf"^\| `{name}` \| (\w+) \| (.+) \|$", page("rules.md"), re.MULTILINE)
    assert row is not None
    assert row[1] == OWN_RULES[name].word
    raising = "".join(path.read_text() for path in (ROOT / "alertd").rglob("*.py") if path.name != "model.py")
    assert row[2].startswith("not raised yet") == (f'"{name}"' not in raising)


@pytest.mark.parametrize("word", [*EndReason, *NotifyReason, *Source, *(severity.word for severity in Severity)])
def test_words(word: str):
    """What users meet as a word in messages and files is in the glossary or in rules.md."""
    assert word in page("glossary.md") + page("rules.md")


def test_the_rules_that_ship():
    """rules.md has a row for each rule of the library, with its file and its severities, and for no other."""
    rows = re.findall(r"^\| `(\w+)` \| \[(\w+)\]\(../rules/\w+\.yaml\) \| ([a-z, ]+): ", page("rules.md"), re.MULTILINE)
    patterns, _ = expand_patterns(["rules/*.yaml"], ROOT)
    shipped = {
        (rule.name, rule.file.stem, ", ".join(level.severity.word for level in reversed(rule.levels)))
        for rule in load_rules(patterns)
    }
    assert len(rows) == len(shipped)
    assert set(rows) == shipped
