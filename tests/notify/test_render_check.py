"""Mistakes in templates and rules' texts, found before anything is sent."""

from pathlib import Path

import pytest

from alertd.model import Severity
from alertd.notify.render_check import check_templates, check_texts
from alertd.rules.expression import compile_expression
from alertd.rules.load import load_rules
from alertd.rules.rule import Level, Rule
from alertd.shipped import shipped


def rule(summary: str = "", description: str = "", when: str = "current.voltage < 11.3") -> Rule:
    """A rule with these words."""
    expression = compile_expression(when, params={})
    level = Level(severity=Severity.WARNING, when=expression)
    return Rule(
        name="LowVoltage", levels=(level,), summary=summary, description=description, file=Path("power.yaml"), line=7
    )


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{{ instrument.name }} is at {{ value | round(2) }} V since {{ active_at | local }}", None),
        ("{{ resolved_at | local }} {{ labels.nowhere }} {{ instrument.labels.site }} {{ 1.5 | number }}", None),
        ("{{ values['current.voltage'] }} {% for key, value in labels.items() %}{{ key }}{% endfor %}", None),
        ("{{ (fired_at - active_at) | duration }}", None),
        ("{{ instrment.name }}", "unknown name instrment: did you mean instrument?"),
        ("{% if value > 99 %}{{ instrment.name }}{% endif %}", "unknown name instrment: did you mean instrument?"),
        ("{{ instrument.nme }}", "unknown name nme: did you mean name?"),
        ("{{ params.low }}", "unknown name low"),
        ("{{ value | rond(2) }}", "unknown filter rond: did you mean round?"),
        ("{{ value | round(2) V", "expected token"),
        ("{{ 'x' + 1 }}", "can only concatenate str"),
    ],
)
@pytest.mark.parametrize("key", ["summary", "description"])
def test_check_texts(key: str, text: str, mistake: str | None) -> None:
    """A wrong name, filter or form in a rule's text is named with the rule's place."""
    found = check_texts([rule(**{key: text})])
    if mistake is None:
        assert found == []
    else:
        assert len(found) == 1
        assert (found[0].file, found[0].line) == (Path("power.yaml"), 7)
        assert f"{key} of LowVoltage: " in found[0].text
        assert mistake in found[0].text


def test_texts_of_rules_on_words() -> None:
    """The sample alert has a value of the measured field's own kind."""
    assert check_texts([rule(summary="{{ value.upper() }}", when='sic.status != "Success"')]) == []


FILE = """\
rules:
  - {alert: First, when: status.online}
  - alert: LowVoltage
    when: current.voltage < 11.3
    summary: SUMMARY
    description: |
      Swap it.
      DESCRIPTION
    runbook: x
"""


@pytest.mark.parametrize(
    ("key", "text", "place"),
    [
        ("SUMMARY", '"{{ instrument.nme }}"', "5:29: summary of LowVoltage: unknown name nme"),
        ("SUMMARY", '"{{ value }} {{ vlue }}"', "5:30: summary of LowVoltage: unknown name vlue"),
        ("SUMMARY", '"{{ value | rond(2) }}"', "5:26: summary of LowVoltage: unknown filter rond"),
        ("SUMMARY", "'it''s {{ valu }}'", "5:24: summary of LowVoltage: unknown name valu"),
        ("SUMMARY", ">-\n      At\n      {{ valu }}", "7:10: summary of LowVoltage: unknown name valu"),
        ("SUMMARY", '"{{ value }} V, {{ value | round( V"', "5:30: summary of LowVoltage: "),
        ("DESCRIPTION", "{{ value }} {{ 1 / 0 }}", "8:7: description of LowVoltage: division by zero"),
        ("DESCRIPTION", "{% if value %}", "8:7: description of LowVoltage: "),
        ("DESCRIPTION", "At {{ instrument.nme }}", "8:24: description of LowVoltage: unknown name nme"),
    ],
)
def test_a_mistake_in_a_text_has_its_own_place(tmp_path: Path, key: str, text: str, place: str) -> None:
    """The line and column of the wrong name, else of what is between the braces, else of the text's line."""
    path = tmp_path / "power.yaml"
    path.write_text(FILE.replace(key, text), encoding="utf-8")
    [found] = check_texts(load_rules([path]))
    assert str(found).startswith(f"{path}:{place}")


def write(folder: Path, name: str, text: str) -> None:
    """Put a template into a user's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "line", "mistake"),
    [
        ("slack/body.j2", "{{ alerts[0].rule }} {{ more.count }} {{ headline.tag }} {{ severity }}", 0, None),
        ("slack/.swp", "{{ not looked at", 0, None),
        ("slak/body.j2", "x", 1, "slak/body.j2 is no template: did you mean slack/body.j2?"),
        ("README.md", "x", 1, "README.md is no template"),
        ("email/body.html.j2", "<p>\n{{ alerts[0].nme }}</p>", 2, "2:14: unknown name nme"),
        ("text/body.j2", "{{ value }}\n{% if vlue %}{% endif %}", 2, "2:7: unknown name vlue"),
        ("text/title.j2", "{{ severty }}", 1, "unknown name severty: did you mean severity?"),
        ("text/body.j2", "a\n\n{% endif %}", 3, "endif"),
        ("text/body.j2", "{{ firing[1].rule }}", 1, "line"),
        ("text/title.j2", "{% if resolved %}{% else %}{{ rule }}{% endif %}", 1, "makes an empty title"),
    ],
)
def test_check_templates(tmp_path: Path, name: str, text: str, line: int, mistake: str | None) -> None:
    """Each template is named right, reads right and renders for one alert, for three and for an ending."""
    write(tmp_path, name, text)
    found = check_templates(tmp_path)
    if mistake is None:
        assert found == []
    elif mistake == "line":
        assert [each.file for each in found] == [tmp_path / name]
    else:
        assert found[0].file == tmp_path / name
        assert found[0].line == line
        assert mistake in str(found[0])


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Every file's mistakes are found in one go."""
    write(tmp_path, "slack/title.j2", "{{ a }}")
    write(tmp_path, "teams/title.j2", "{{ b")
    write(tmp_path, "sms/title.j2", "c")
    assert len(check_templates(tmp_path)) == 3


def test_what_ships_has_no_mistake(tmp_path: Path) -> None:
    """The shipped templates pass the check that users' are put to; so does no folder at all."""
    assert check_templates(shipped("templates")) == []
    assert check_templates(None) == []
    assert "no such folder" in check_templates(tmp_path / "gone")[0].text
