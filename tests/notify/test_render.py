"""From letters to messages."""

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.errors import TextError
from alertd.model import Alert, EndReason, NotifyReason, Severity, Value
from alertd.notify.letter import CHANNELS, Letter, RuleTexts
from alertd.notify.render import Renderer, template_names
from alertd.notify.render_title import headline
from alertd.shipped import shipped
from tests.notify.letters import AT, alert, ended, letter, own
from tests.notify.stories import HOT, LETTERS, NASTY

FLAPPING = "[FLAPPING] LowVoltage · Quarry A north (QT123456)"
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", LETTERS)
def test_golden(name: str, channel: str) -> None:
    """Each message is, to the letter, what was once looked at; ALERTD_GOLDEN=write writes them anew."""
    rendered = Renderer().render(LETTERS[name], channel)
    assert rendered.failures == ()
    message = rendered.message
    text = f"({message.type})\n{message.title}\n\n{message.body}\n"
    _compare(GOLDEN / f"{name}.{channel}.txt", text)
    if message.html:
        _compare(GOLDEN / f"{name}.{channel}.html", message.html + "\n")


def _compare(path: Path, text: str) -> None:
    if os.environ.get("ALERTD_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("told", "title", "kind"),
    [
        (letter([alert()]), "[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V", "failure"),
        (
            letter([alert(values={"current.voltage": 11.7})]),
            "[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.70 V",
            "failure",
        ),
        (letter([alert(severity=Severity.INFO)]), "[INFO] LowVoltage · Quarry A north (QT123456) 11.21 V", "warning"),
        (letter([alert(name="")]), "[CRITICAL] LowVoltage · QT123456 11.21 V", "failure"),
        (
            letter([alert(values={"status.online": False})]),
            "[CRITICAL] LowVoltage · Quarry A north (QT123456)",
            "failure",
        ),
        (
            letter([alert(values={"sic.status": "Error"})]),
            "[CRITICAL] LowVoltage · Quarry A north (QT123456) Error",
            "failure",
        ),
        (letter([alert(0), alert(1), alert(2)]), "[CRITICAL ×3] LowVoltage · Quarry A", "failure"),
        (letter([alert(0), alert(1, labels={})]), "[CRITICAL ×2] LowVoltage · 2 monitors", "failure"),
        (letter([alert(0), alert(1), HOT]), "[CRITICAL ×3] LowVoltage ×2, Hot ×1 · Quarry A", "failure"),
        (
            letter([alert(2, labels={}), alert(2, rule="Hot", labels={})]),
            "[CRITICAL ×2] LowVoltage ×1, Hot ×1 · Quarry A north (QT123458)",
            "failure",
        ),
        (letter([HOT], [ended()]), "[WARNING] Hot · Quarry A north (QT123458) 91 °C", "warning"),
        (letter([], [ended()]), "[RESOLVED] LowVoltage · Quarry A north (QT123456) 12.60 V", "success"),
        (letter([], [ended(0), ended(1), ended(2)]), "[RESOLVED ×3] LowVoltage · Quarry A", "success"),
        (letter([alert(), own()]), "[CRITICAL ×2] LowVoltage ×1, TargetFailing ×1 · 1 monitor", "failure"),
        (
            letter([alert(rule=rule) for rule in ("A", "B", "C", "D", "E")]),
            "[CRITICAL ×5] A ×1, B ×1, C ×1, D ×1, 1 more rule · Quarry A",
            "failure",
        ),
        (letter([own()]), "[WARNING] TargetFailing · field-mail", "warning"),
        (
            letter([own(rule="ApiKeyRefused", subject="MyCirrus API", severity=Severity.CRITICAL)]),
            "[CRITICAL] ApiKeyRefused · MyCirrus API",
            "failure",
        ),
        (LETTERS["site_down"], "[CRITICAL] SiteDown · Quarry A", "failure"),
        (
            letter([alert(n, labels={"site": f"S{n}"}) for n in range(3)] + [HOT], groups=4, group_labels={}),
            "[CRITICAL ×4] LowVoltage ×3, Hot ×1 · 4 sites",
            "failure",
        ),
        (
            letter([alert()], [ended(1)], reason=NotifyReason.SILENCE_ENDED),
            "[SILENCE ENDED] LowVoltage · Quarry A north (QT123456) 11.21 V",
            "failure",
        ),
        (letter([HOT, HOT], reason=NotifyReason.QUIET_ENDED), "[QUIET ENDED] Hot ×2 · Quarry A", "warning"),
        (
            letter([], [ended()], reason=NotifyReason.SILENCE_ENDED),
            "[SILENCE ENDED] LowVoltage · Quarry A north (QT123456) is over",
            "info",
        ),
        (letter([], [ended()], reason=NotifyReason.FLAPPING), FLAPPING, "failure"),
        (letter([alert()], reason=NotifyReason.FLAPPING), FLAPPING, "failure"),
        (
            letter([alert(n) for n in range(9)], [ended(n) for n in range(9, 12)], reason=NotifyReason.FLAPPING),
            "[FLAPPING ×12] LowVoltage · Quarry A",
            "failure",
        ),
        (
            letter([], [ended()], reason=NotifyReason.FLAPPING_ENDED),
            "[RESOLVED] LowVoltage · Quarry A north (QT123456) 12.60 V",
            "success",
        ),
        (
            letter([alert()], reason=NotifyReason.FLAPPING_ENDED),
            "[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V",
            "failure",
        ),
        (
            letter([alert()], reason=NotifyReason.UNACKNOWLEDGED, unacknowledged_since=AT),
            "[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V",
            "failure",
        ),
        (
            letter([alert()], reason=NotifyReason.DRILL),
            "[DRILL] LowVoltage · Quarry A north (QT123456) 11.21 V",
            "info",
        ),
        (
            letter([alert(values={"current.voltage": None})], reason=NotifyReason.DRILL),
            "[DRILL] LowVoltage · Quarry A north (QT123456) no value yet",
            "info",
        ),
        (letter(reason=NotifyReason.DRILL), "[DRILL] a test message · field-mail", "info"),
        (LETTERS["digest"], "[DIGEST] 2 fire, 1 ended · 24 November", "info"),
        (
            replace(LETTERS["empty_digest"], now=AT + timedelta(hours=3)),
            "[DIGEST] 0 fire, 0 ended · 24 November 02:10",
            "info",
        ),
    ],
)
@pytest.mark.parametrize("channel", CHANNELS)
def test_titles(told: Letter, title: str, kind: str, channel: str) -> None:
    """A title is the worst severity in brackets, then rule, place and value; the type says the same."""
    message = Renderer().render(told, channel).message
    assert (message.title, message.type) == (title, kind)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("reason", EndReason)
def test_without_own_words_all_is_said(channel: str, reason: EndReason) -> None:
    """The shipped text names rule, serial, name, value against limit, since when, until when and why."""
    told = letter([alert()], [ended(1, name="Quarry B", resolved_reason=reason)], texts={})
    body = Renderer().render(told, channel).message.body
    for words in ("LowVoltage", "QT123456", "Quarry A north", "oltage", "11.21 V", "11.3 V", "24 Nov 02:10 GMT"):
        assert words in body
    assert "QT123457" in body
    assert "24 Nov 04:15 GMT" in body
    assert {
        EndReason.RECOVERED: "recovered",
        EndReason.RULE_REMOVED: "rule was removed",
        EndReason.INSTRUMENT_REMOVED: "instrument was removed",
        EndReason.RULE_NO_LONGER_MATCHES: "rule no longer matches",
    }[reason] in body


@pytest.mark.parametrize("limit", [20, 160, 600])
def test_a_short_channel(limit: int) -> None:
    """A target's own limit holds, each rule's count and the worst alert come first, the rest is counted."""
    body = Renderer().render(letter([alert(index) for index in range(40)]), "text", limit=limit).message.body
    assert len(body) <= limit
    assert body.startswith("LowVoltage ×40")
    if limit == 600:
        assert "CRITICAL LowVoltage · Quarry A north (QT123456) 11.21 V" in body
        assert re.search(r"\+3\d more", body)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (RuleTexts(summary="{{ params.high }} V"), "summary: line 1: 'dict object' has no attribute 'high'"),
        (RuleTexts(description="{{ 1 / 0 }}"), "description: line 1: division by zero"),
        (RuleTexts(summary="{{ instrument.__class__ }}"), "access to attribute '__class__'"),
        (RuleTexts(summary="{% for a in range(99999) %}xxxxxxxxxx{% endfor %}"), "makes more than"),
        (RuleTexts(summary="{{ oops"), "summary: line 1: "),
    ],
)
def test_a_rule_text_that_fails(texts: RuleTexts, words: str) -> None:
    """A rule's text that fails costs itself, not the message; the failure names the rule."""
    rendered = Renderer().render(letter([alert(), alert(1)], texts={"LowVoltage": texts}), "text")
    (failure,) = rendered.failures
    assert isinstance(failure, TextError)
    assert failure.rule == "LowVoltage"
    assert words in str(failure)
    assert "voltage 11.21 V < 11.3 V" in rendered.message.body


def test_a_missing_value_is_no_failure() -> None:
    """A value that is unknown says so in a text that rounds it."""
    texts = {"LowVoltage": RuleTexts(summary="at {{ value | round(2) }} V, label {{ labels.nowhere }}.")}
    rendered = Renderer().render(letter([alert(values={"current.voltage": None})], texts=texts), "text")
    assert rendered.failures == ()
    assert "at unknown V, label ." in rendered.message.body


def write(folder: Path, name: str, text: str) -> None:
    """Put a template into a user's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_folder_overrides_by_name(tmp_path: Path) -> None:
    """A file in the user's folder replaces the shipped one of its name and no other."""
    write(tmp_path, "slack/title.j2", "{{ severity }} {{ instrument.serial }} {{ alerts | length }} {{ reason }}")
    rendered = Renderer(tmp_path).render(letter([alert(), alert(1)]), "slack")
    assert rendered.message.title == "critical QT123456 1 first"
    assert rendered.message.body == Renderer().render(letter([alert(), alert(1)]), "slack").message.body
    assert Renderer(tmp_path).render(letter([alert()]), "text").message.title.startswith("[CRITICAL] ")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("text/title.j2", "{{ instrment.name }}", "line 1: 'instrment' is undefined"),
        ("text/title.j2", "  \n ", "makes an empty title"),
        ("text/body.j2", "fine\n{% if %}", "line 2: "),
        ("text/body.j2", "{{ ''.__class__ }}", "access to attribute '__class__'"),
        ("text/body.j2", "a\nb\n{{ alerts[5].rule }}", "line 3: "),
        ("email/body.html.j2", "{% for n in range(99999) %}xx{% endfor %}", "makes more than"),
    ],
)
def test_a_failing_template_falls_back(tmp_path: Path, name: str, text: str, words: str) -> None:
    """A template that fails is stood in for by the shipped one, that file only, and reported with its line."""
    write(tmp_path, name, text)
    channel = name.partition("/")[0]
    rendered = Renderer(tmp_path).render(letter([alert()]), channel)
    (failure,) = rendered.failures
    assert failure.template == name
    assert words in str(failure)
    assert rendered.message == Renderer().render(letter([alert()]), channel).message


def test_own_alerts_use_the_shipped_templates(tmp_path: Path) -> None:
    """What alertd says of itself does not depend on what may be broken."""
    write(tmp_path, "text/body.j2", "{{ broken")
    rendered = Renderer(tmp_path).render(letter([own()]), "text")
    assert rendered.failures == ()
    assert "5 attempts failed" in rendered.message.body


def test_a_users_template_that_knows_no_digests(tmp_path: Path) -> None:
    """A digest, and a drill about no alert, take the shipped template where the user's is for alerts alone."""
    write(tmp_path, "text/body.j2", "{% for alert in alerts %}{{ alert.rule }}{% endfor %}")
    write(tmp_path, "text/title.j2", "{{ digest | length }} {{ headline.tag }} {{ severity }}{{ instrument.serial }}")
    for told in (LETTERS["digest"], letter(reason=NotifyReason.DRILL)):
        rendered = Renderer(tmp_path).render(told, "text")
        assert rendered.failures == ()
        assert rendered.message.body == Renderer().render(told, "text").message.body
        assert rendered.message.title.endswith(f"{headline(told)['tag']} info")
    assert Renderer(tmp_path).render(letter([alert()]), "text").message.body == "LowVoltage"


@pytest.mark.parametrize("channel", CHANNELS)
def test_links(channel: str) -> None:
    """An alert's page, where it can be acknowledged, and a silence that matches it; none without external_url."""
    told = letter([alert(labels={"site": "A & (B)"})], group_labels={"site": "A & (B)"})
    body = Renderer().render(told, channel).message.body
    assert "https://alertd.example.com/alerts/alert-0" in body
    if channel != "text":
        assert "silences/new?matcher=alertname%3D%22LowVoltage%22&" in body
    several = Renderer().render(replace(told, firing=(*told.firing, alert(1))), channel).message.body
    assert ("silences/new?matcher=site%3D%22A%20%26%20%28B%29%22" in several) == (channel != "text")
    assert "http" not in Renderer().render(replace(told, external_url=None, texts={}), channel).message.body


@pytest.mark.parametrize("channel", ["slack", "teams"])
def test_macros_and_blocks_escape_once(tmp_path: Path, channel: str) -> None:
    """What a user's template builds of values is escaped once, however it is built."""
    source = "{% macro m(a) %}<{{ a }}>{% endmacro %}{% set b %}{{ m('<') }}{% endset %}{{ b }}{{ '<' ~ '<' }}"
    write(tmp_path, f"{channel}/body.j2", source)
    assert Renderer(tmp_path).render(letter([alert()]), channel).message.body == "<&lt;>&lt;&lt;"


def test_html_is_escaped() -> None:
    """No markup from a name, a value or a rule's text gets into the HTML part, and only web addresses are links."""
    texts = {"LowVoltage": RuleTexts(summary="<i>{{ instrument.name }}</i>", runbook="javascript:alert(1)")}
    html = Renderer().render(letter([NASTY], texts=texts), "email").message.html
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;!channel&gt;" in html
    assert '<a href="javascript' not in html


@settings(max_examples=40)
@given(
    name=st.text(max_size=250),
    value=st.one_of(st.none(), st.floats(), st.text(), st.booleans()),
    channel=st.sampled_from(CHANNELS),
)
def test_no_name_or_value_breaks_a_message(name: str, value: Value | None, channel: str) -> None:
    """Whatever an instrument is called and measures, there is a message, with a title of one line."""
    told = letter([alert(name=name, values={"current.voltage": value})], texts={})
    rendered = Renderer().render(told, channel)
    assert rendered.failures == ()
    assert "\n" not in rendered.message.title
    assert rendered.message.title.startswith("[CRITICAL] LowVoltage")
    (rendered.message.title + rendered.message.body + rendered.message.html).encode()


def test_times_are_the_instruments_own() -> None:
    """Times are in the zone of the instrument's label `timezone`, else in the letter's; a bad one is UTC."""
    kathmandu = alert(labels={"timezone": "Asia/Kathmandu"})
    nowhere = alert(labels={"timezone": "Nowhere/Land"})
    plain: Alert = alert(labels={})
    bodies = [
        Renderer().render(letter([one], zone="Europe/Berlin"), "text").message.body
        for one in (kathmandu, nowhere, plain)
    ]
    assert ["07:55" in bodies[0], "02:10 UTC" in bodies[1], "03:10 CET" in bodies[2]] == [True] * 3


def test_every_template_ships() -> None:
    """There is a shipped template for every name that can be replaced."""
    assert all((shipped("templates") / name).is_file() for name in template_names())
    found = {path.relative_to(shipped("templates")).as_posix() for path in shipped("templates").rglob("*.j2")}
    assert found == set(template_names())


def test_without_any_template_the_message_still_goes_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Should the shipped templates be gone, the bare facts are sent."""
    renderer = Renderer()
    monkeypatch.setattr(renderer._templates, "_shipped", tmp_path)
    rendered = renderer.render(letter([alert()]), "text")
    assert {failure.template for failure in rendered.failures} == {"text/title.j2", "text/body.j2"}
    assert rendered.message.title == "[CRITICAL] LowVoltage Quarry A north (QT123456)"
    assert rendered.message.body == "firing: LowVoltage Quarry A north (QT123456): voltage 11.21 V < 11.3 V"
