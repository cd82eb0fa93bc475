"""The pages of silences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from alertd.matchers import parse_matcher
from alertd.notify.silences import Silence
from tests.support.visiting import words
from tests.support.web import HOSTILE, NOW, WebSite, minutes

SITE = 'site="Quarry A"'
NEW = "/silences/new?matcher=" + quote(SITE)


def add(site: WebSite, *matchers: str, **given: Any) -> Silence:
    """A silence on record."""
    silence = Silence(
        id=given.pop("id", "a1b2"),
        matchers=tuple(map(parse_matcher, matchers or (SITE,))),
        starts_at=NOW,
        ends_at=minutes(60),
        author="field",
        reason="battery swap",
        created_at=NOW,
    )
    silence = replace(silence, **given)
    site.store.standing.add_silence(silence)
    return silence


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, 'active site="Quarry A" End now Since now Ends in 60 min, '),
        ({"starts_at": minutes(30)}, 'pending site="Quarry A" End now From in 30 min'),
        ({"ends_at": None, "until_resolved": True}, "Until nothing that matches is pending or firing"),
        (
            {"rrule": "FREQ=DAILY;BYHOUR=22;BYMINUTE=0", "length": timedelta(hours=1), "timezone": "Europe/London"},
            "FREQ=DAILY;BYHOUR=22;BYMINUTE=0, 1 h each, by the clocks of Europe/London Next 24 Nov 22:00",
        ),
        (
            {"rrule": "FREQ=DAILY", "length": timedelta(hours=2), "ends_at": None},
            "FREQ=DAILY, 2 h each, by each monitor's clocks On until",
        ),
    ],
    ids=["on", "to come", "until resolved", "in a zone", "in each monitor's"],
)
def test_silences_in_the_list(site: WebSite, given: dict[str, Any], shown: str):
    """State, matchers, from when until when, the next occurrences, who and why."""
    if "rrule" in given:
        given = {"ends_at": None, **given}
    add(site, **given)
    text = words(site.get("/silences").text)
    assert shown in text
    assert "By field Reason battery swap" in text


def test_those_that_are_over_are_shown_when_asked_for(site: WebSite):
    """With a way to the same again."""
    add(site, starts_at=minutes(-120), ends_at=minutes(-60))
    assert "battery swap" not in site.get("/silences").text
    answer = site.get("/silences?all=1")
    assert "Nothing is silenced." in words(answer.text)
    assert "Ended 60 min ago" in words(answer.text) or "Ended 1 h ago" in words(answer.text)
    assert f'href="{NEW.replace("%20", "+")}"' in answer.text


def test_a_click_on_a_label_shows_what_it_would_hold(shared: WebSite):
    """Each label is a link that adds its matcher; the preview is the command's."""
    first = shared.get("/silences/new").text
    assert "Nothing is chosen yet" in words(first)
    assert f'href="{NEW.replace("%20", "+")}"' in first
    text = words(shared.get(NEW).text)
    assert "2 alerts, and whatever comes up at 2 monitors." in text
    assert "critical LowVoltage Quarry A north QT100000 voltage 11.21 V < 11.3 V" in text
    both = words(shared.get(NEW + "&matcher=" + quote("alertname=Hot")).text)
    assert "1 alert, and whatever comes up at 2 monitors." in both
    assert "Nothing matches" in words(shared.get("/silences/new?matcher=site%3Dnowhere").text)
    assert shared.get("/silences").text.count("<article") == 0


@pytest.mark.parametrize(
    ("form", "lasts", "more"),
    [
        ({"lasts": "90m", "until": "left over"}, timedelta(minutes=90), {}),
        ({"ends": "until", "until": "2026-11-24T14:00", "timezone": "Europe/London"}, timedelta(hours=2), {}),
        ({"ends": "resolved", "lasts": "2h"}, None, {"until_resolved": True}),
        (
            {"lasts": "2h", "rrule": "FREQ=WEEKLY;BYDAY=SA", "start": "2026-11-28T08:00", "timezone": "Europe/London"},
            None,
            {"rrule": "FREQ=WEEKLY;BYDAY=SA", "length": timedelta(hours=2), "timezone": "Europe/London"},
        ),
    ],
    ids=["for", "until", "until resolved", "recurring"],
)
def test_a_silence_is_made(site: WebSite, form: dict[str, str], lasts: timedelta | None, more: dict[str, Any]):
    """As the command would make it, by whoever asked; then the list."""
    answer = site.post("/silences", data={"matcher": [SITE, "severity=critical"], "reason": "swap", **form})
    (made,) = site.store.standing.silences()
    assert (answer.status_code, answer.headers["location"]) == (303, f"/silences?made={made.id}")
    assert list(map(str, made.matchers)) == [SITE, 'severity="critical"']
    assert (made.ends_at, made.author, made.reason) == (None if lasts is None else NOW + lasts, "anybody here", "swap")
    for name, value in more.items():
        assert getattr(made, name) == value
    assert f"Silence {made.id} is made." in words(site.get(answer.headers["location"]).text)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"reason": ""}, "reason: say why; whoever meets the silence wants to know"),
        ({"lasts": ""}, "say until when: for how long, until or until resolved"),
        ({"lasts": "soon"}, "for how long: "),
        ({"lasts": "0s"}, "for how long: 0s is no time at all"),
        ({"ends": "until", "until": "tomorrow"}, 'until: "tomorrow" is no time'),
        ({"ends": "until", "until": "2020-01-01"}, "it would end before it begins"),
        ({"rrule": "FREQ=NEVER"}, "recurrence: "),
        ({"timezone": "Europe/Londn"}, "time zone: "),
        ({"matcher": []}, "say what it is about"),
        ({"matcher": ["site=~("]}, "is no regular expression"),
        ({"matcher": ["(a+)+"]}, "is no matcher"),
        ({"matcher": ["site=nowhere"], "ends": "resolved"}, "until resolved: nothing that matches"),
        ({"matcher": [f"l{n}=x" for n in range(31)]}, "31 matchers; 30 are the most"),
        ({"matcher": ["site=" + "x" * 1001]}, "a matcher may have 1000 characters"),
        ({"reason": "x" * 2001}, "reason: 2001 characters; 2000 are the most"),
    ],
)
def test_what_cannot_be_is_one_clear_line_in_the_filled_form(shared: WebSite, form: dict[str, Any], says: str):
    """Nothing is made, and what was written is still there."""
    whole = {"matcher": [SITE], "lasts": "2h", "reason": '"<b>swap</b>"', "start": "1h", **form}
    answer = shared.post("/silences", data=whole)
    assert answer.status_code == 400
    error = answer.text.split('role="alert" id="wrong">')[1].split("</p>")[0]
    assert says in words(f"<main>{error}</main>")
    assert "\n" not in error
    assert "--" not in error
    assert "<b>swap" not in answer.text
    assert shared.store.standing.silences() == []
    if "matcher" not in form and len(whole["reason"]) < 2000:
        assert 'value="1h"' in answer.text
        assert "2 alerts, and whatever comes up" in words(answer.text)


def test_a_silence_is_ended(site: WebSite):
    """Once; then it is over."""
    add(site)
    answer = site.post("/silences/a1b2/expire")
    assert (answer.status_code, answer.headers["location"]) == (303, "/silences")
    assert site.store.standing.silences(now=site.now) == []
    again = site.post("/silences/a1b2/expire")
    assert again.status_code == 409
    assert "silence a1b2 is over already" in words(again.text)


@pytest.mark.parametrize("silence_id", ["nothing", "%00", "..%2f..", "x" * 3000, "<script>"])
def test_no_such_silence(shared: WebSite, silence_id: str):
    """404 for whatever is none."""
    assert shared.post(f"/silences/{silence_id}/expire").status_code == 404


def test_another_site_silences_nothing(site: WebSite):
    """A form of a foreign page is refused."""
    add(site)
    elsewhere = {"origin": "https://evil.example.com"}
    form = {"matcher": "site=~.*", "lasts": "7d", "reason": "x"}
    assert site.post("/silences", data=form, headers=elsewhere).status_code == 403
    assert site.post("/silences/a1b2/expire", headers=elsewhere).status_code == 403
    assert [each.expired_at for each in site.store.standing.silences()] == [None]


def test_odd_words_break_no_page(site: WebSite):
    """Tags, right-to-left marks and long names in matchers, reasons and authors are text."""
    add(site, f'name="{HOSTILE.replace(chr(34), "")}"', reason=HOSTILE, author="<i>x</i>")
    for path in ("/silences", "/silences/new?matcher=" + quote(f"name={HOSTILE}"), "/silences/new?reason=<script>"):
        answer = site.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<i>x" not in answer.text
    site.now = datetime(2026, 11, 25, tzinfo=UTC)
    assert "<script>alert" not in site.get("/silences?all=1").text
