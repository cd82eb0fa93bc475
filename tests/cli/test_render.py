"""`alertd render`: what would be sent, and nothing sent."""

import json
from pathlib import Path

import pytest

from tests.support.processes import Alertd, Site

TITLE = "[CRITICAL] LowVoltage · "


@pytest.mark.parametrize("channel", ["email", "slack", "teams", "text"])
def test_what_would_be_sent(polled: Site, alertd: Alertd, channel: str) -> None:
    """Title, an empty line, body: by RULE/SERIAL and by id alike; nothing is recorded."""
    before = alertd("deliveries", "-c", polled.path, "--json").out
    ran = alertd("render", "LowVoltage/QT100000", "-c", polled.path, "--channel", channel)
    assert (ran.code, ran.err) == (0, "")
    title, empty, *body = ran.out.splitlines()
    assert title.startswith(TITLE)
    assert "(QT100000)" in title
    assert empty == ""
    assert "11.3 V" in "\n".join(body)
    (alert,) = json.loads(alertd("alerts", "-c", polled.path, "--json").out)
    assert alertd("render", alert["id"], "-c", polled.path, "--channel", channel).out == ran.out
    assert alertd("deliveries", "-c", polled.path, "--json").out == before


def test_what_is_sent(polled: Site, alertd: Alertd) -> None:
    """What is printed is what the target got, for a target that knew nothing."""
    (sent,) = polled.sink.received
    asked = json.loads(alertd("render", "LowVoltage/QT100000", "-c", polled.path, "--channel", "text", "--json").out)
    assert sent.json["title"] == asked["title"]
    assert sent.json["message"].split() == asked["body"].split()
    assert asked["html"] == ""


def test_the_other_part_of_a_mail(polled: Site, alertd: Alertd) -> None:
    """The HTML alone, as in the JSON; there is none for the others."""
    words = ("render", "LowVoltage/QT100000", "-c", polled.path, "--channel")
    html = alertd(*words, "email", "--html").out
    assert html.startswith("<!DOCTYPE html>\n")
    assert json.loads(alertd(*words, "email", "--json").out)["html"] == html.rstrip("\n")
    refused = alertd(*words, "slack", "--html")
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)


def test_one_that_is_over(polled: Site, alertd: Alertd) -> None:
    """An alert that ended is told as its ending."""
    polled.simulator.pin("QT100000", voltage=12.6)
    assert alertd("poll", "-c", polled.path).code == 0
    ran = alertd("render", "LowVoltage/QT100000", "-c", polled.path, "--channel", "text")
    assert ran.code == 0
    assert ran.out.startswith("[RESOLVED] LowVoltage · ")
    assert "recovered" in ran.out


@pytest.mark.parametrize("alert", ["LowVoltage/QT999999", "nothing", "", "/"])
def test_unknown(polled: Site, alertd: Alertd, alert: str) -> None:
    """One line, exit 2."""
    ran = alertd("render", alert, "-c", polled.path, "--channel", "text")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("fine\n{{ severty }}", "text/body.j2:2:4: unknown name severty: did you mean severity?"),
        ("{% if %}", "text/body.j2:1:1: "),
    ],
)
def test_a_template_that_fails(polled: Site, alertd: Alertd, source: str, words: str) -> None:
    """The fallback on stdout, the mistake with its place on stderr, exit 1."""
    good = alertd("render", "LowVoltage/QT100000", "-c", polled.path, "--channel", "text").out
    folder = Path(polled.path).parent / "templates"
    (folder / "text").mkdir(parents=True)
    (folder / "text" / "body.j2").write_text(source)
    with Path(polled.path).open("a") as file:
        file.write("\ntemplates: templates\n")
    ran = alertd("render", "LowVoltage/QT100000", "-c", polled.path, "--channel", "text")
    assert ran.code == 1
    assert ran.out == good
    assert ran.err.count("\n") == 1
    assert words in ran.err
