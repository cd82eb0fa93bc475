"""The pages of the rules."""

from pathlib import Path
from urllib.parse import quote

import pytest

from alertd.model import Severity, State
from tests.support.processes import wait_until
from tests.support.visiting import words
from tests.support.web import HOSTILE, RULES, WebSite, alert

TESTS = """
rules: [site.yaml]
tests:
  - name: a flat battery is told
    start: 2026-01-10T18:00:00Z
    instruments: {QT1: {}}
    samples: [{instrument: QT1, field: current.voltage, every: 15m, values: "11x4"}]
    expect: [{at: 1h, alert: LowVoltage, instrument: QT1, state: firing}]
  - name: <b>one</b> of heat
    start: 2026-01-10T18:00:00Z
    instruments: {QT1: {}}
    samples: [{instrument: QT1, field: current.temp, every: 15m, values: "90x4"}]
    expect: [{at: 1h, alert: Hot, instrument: QT1, state: firing}]
"""


def test_every_rule_with_what_it_did(site: WebSite):
    """Its condition, monitors, firings of 30 days, tests, place and hints."""
    (site.folder / "rules" / "site.test.yaml").write_text(TESTS)
    wait_until(lambda: site.house.rulebook.advice() is not None)
    text = words(site.get("/rules").text)
    assert text.startswith("4 rules")
    low = text[text.index("LowVoltage") : text.index("Hot")]
    assert "critical current.voltage < params.low for 5 min" in low
    # Two fire for 35 min each, one fired for 290 min.
    assert " 5 2 now 3 firings, 6 h" in low
    assert low.endswith("1 rules/site.yaml:2 ")
    assert "SicFailed in shadow" in text
    assert "hint" in text[text.index("Hot") : text.index("MonitorOffline")]
    assert "none rules/site.yaml" in text[text.index("SicFailed") :]


def test_a_rule_with_all_that_is_known_of_it(site: WebSite):
    """Text and place, params with overrides and whom they are for, tests, alerts."""
    (site.folder / "rules" / "site.test.yaml").write_text(TESTS)
    answer = site.get("/rules/LowVoltage")
    text = words(answer.text)
    assert "rules/site.yaml:2" in text
    assert "when: current.voltage < params.low" in text
    assert "every monitor 11.3 line 8 11.6 line 9 5" in text
    assert 'power="solar" 11 line ' in text
    assert "a flat battery is told site.test.yaml:4" in text
    assert "heat" not in text
    assert "Quarry A north QT100000 firing" in text
    assert "Began to fire 3 times Fired for 6 h" in text
    assert HOSTILE.split()[0] not in answer.text


def test_what_a_shadow_would_have_sent(site: WebSite):
    """Firings, since when, and to whom."""
    shadow = alert("dim", "SicFailed", "QT100003", State.FIRING, Severity.WARNING, shadow=True)
    site.record(shadow)
    text = words(site.get("/rules/SicFailed").text)
    assert "in shadow: nobody is told" in text
    assert "Would have sent 1 firing since 35 min ago, the last 35 min ago; 1 now. team: 1" in text


def test_hints_are_named_with_their_place(shared: WebSite):
    """As alertd check would."""
    wait_until(lambda: shared.house.rulebook.advice() is not None)
    text = words(shared.get("/rules/Hot").text)
    assert "Can hardly be meant" in text
    assert "Hot has no test" in text
    assert "site.yaml:" in text


def test_a_file_edited_since_shows_no_text_that_is_not_in_force(site: WebSite):
    """It says so instead."""
    file = site.folder / "rules" / "site.yaml"
    file.write_text(file.read_text().replace("LowVoltage", "Other"))
    assert "The file is no longer as it was loaded" in words(site.get("/rules/LowVoltage").text)
    assert "when: current.temp > 80" in words(site.get("/rules/Hot").text)


def test_odd_names_break_nothing(tmp_path: Path):
    """Tags, right-to-left marks and quotes in a rule's name, text and labels are text."""
    name = '<img src=x onerror=alert(1)> \u202eevil "quoted" %2F?#'
    odd = {**RULES[0], "alert": name, "labels": {"team": "<script>alert(1)<script>"}}
    with WebSite(tmp_path, rules=[odd]) as site:
        page, own = site.get("/rules"), site.get(f"/rules/{quote(name, safe='')}")
    assert (page.status_code, own.status_code) == (200, 200)
    for answer in (page, own):
        assert "<img" not in answer.text
        assert "<script>alert" not in answer.text
        assert name in words(answer.text.replace("\u202e", "\u202e"))


@pytest.mark.parametrize("name", ["Nothing", "..%2f..%2fconfig.yaml", "%00", "a" * 3000])
def test_no_such_rule(shared: WebSite, name: str):
    """404, and no word of what is where."""
    answer = shared.get(f"/rules/{name}")
    assert answer.status_code == 404
    assert str(shared.folder) not in answer.text


def test_a_refusal_is_a_sentence(shared: WebSite):
    """For people; for programs it is as ever."""
    path = "/rules/Nothing"
    assert "<p>There is no rule of that name.</p>" in shared.get(path, headers={"accept": "text/html"}).text
    assert shared.get(path).json() == {"error": "there is no rule of that name"}
