"""Storms: a letter in as many messages as it takes to name every alert."""

import json
import re
from binascii import b2a_qp
from dataclasses import replace

import pytest

from alertd.model import Alert, Image, NotifyReason, Severity
from alertd.notify.letter import Digest, Letter, Line, RenderedParts, Section
from alertd.notify.render import MOST_PARTS, Renderer
from alertd.notify.render_slack import slack_attachment
from alertd.notify.render_teams import teams_payload
from tests.notify.letters import AT, alert, letter
from tests.support.limits import slack_faults, teams_faults

BY_NAME = ("email", "slack", "teams")


def storm(count: int, name: str = "Quarry A north") -> Letter:
    """So many alerts of two rules at a hundred sites, merged."""
    return letter([of_storm(index, name) for index in range(count)], groups=200)


def of_storm(index: int, name: str) -> Alert:
    hot = index % 25 == 24
    rule, severity = ("Hot", Severity.WARNING) if hot else ("LowVoltage", Severity.CRITICAL)
    labels = {"alertname": rule, "instrument": f"QT{123456 + index}", "site": f"Site {index % 100}"}
    return alert(index, rule=rule, severity=severity, labels=labels, name=name)


def told_once(rendered: RenderedParts, told: Letter) -> None:
    """Each part says which alerts it names, names them, and no other part does."""
    seen: list[str] = []
    for part in rendered.parts:
        assert part.alert_ids is not None
        seen += part.alert_ids
        for one in (*told.firing, *told.resolved):
            if one.id in part.alert_ids:
                assert one.subject in part.message.body
                assert not part.message.html or one.subject in part.message.html
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("channel", BY_NAME)
def test_one_message_where_all_are_named(channel: str) -> None:
    """Two hundred alerts are one message: the worst in full, everyone by name."""
    told = storm(200)
    (part,) = Renderer().render_parts(told, channel).parts
    assert part.alert_ids is None
    assert part.message.title == "[CRITICAL ×200] LowVoltage ×192, Hot ×8 · 100 sites"
    assert all(one.subject in part.message.body for one in told.firing)
    if channel == "email":
        assert all(one.subject in part.message.html for one in told.firing)


@pytest.mark.parametrize(("count", "pictures"), [(3, 3), (5000, 1)])
def test_pictures_take_the_room_that_names_leave(count: int, pictures: int) -> None:
    """A mail is at most 200 KB as sent: what names alerts comes before pictures, and the worst alert's is left last."""
    png = bytes(range(256)) * 150
    charts = {one.id: Image(cid=f"chart-{one.id}@alertd", png=png, alt="voltage") for one in storm(3).firing}
    rendered = Renderer().render_parts(replace(storm(count), charts=charts), "email")
    assert len(rendered.parts) == 1
    message = rendered.parts[0].message
    assert message.images == tuple(charts.values())[:pictures]
    assert message.html.count("cid:") == pictures
    texts = sum(len(b2a_qp(text.encode())) for text in (message.body, message.html))
    assert texts + len(png) * pictures * 1.37 < 200_000


@pytest.mark.parametrize("channel", BY_NAME)
@pytest.mark.parametrize("name", ["Quarry A north", "ü" * 200, "<&" * 100])
def test_5000(channel: str, name: str) -> None:
    """5 000 alerts are all named, each in one part, in as many parts as the channel's own limits ask for."""
    told = storm(5000, name)
    rendered = Renderer().render_parts(told, channel)
    assert rendered.failures == ()
    assert 1 <= len(rendered.parts) <= MOST_PARTS
    assert "LowVoltage ×4800, Hot ×200" in rendered.parts[0].message.body
    if len(rendered.parts) > 1:
        told_once(rendered, told)
        assert frozenset().union(*(part.alert_ids or () for part in rendered.parts)) == {one.id for one in told.firing}
        numbers = [re.search(r" \((\d)/(\d)\)$", part.message.title) for part in rendered.parts]
        assert [number and number[1] for number in numbers] == [str(n + 1) for n in range(len(rendered.parts))]
        assert {number and number[2] for number in numbers} == {str(len(rendered.parts))}
        assert "in the next message" in rendered.parts[0].message.body
        assert "in the next message" not in rendered.parts[-1].message.body
    for part in rendered.parts:
        assert part.message.title.startswith("[CRITICAL ×5000] LowVoltage ×4800, Hot ×200 · 100 sites")
        if channel == "slack":
            assert slack_faults({"text": "x", "attachments": [slack_attachment(part.message.body, "failure")]}) == []
        elif channel == "teams":
            raw = json.dumps(teams_payload(part.message.title, part.message.body, "failure"))
            assert teams_faults(raw.encode()) == []
        else:
            assert 4 * (len(part.message.body.encode()) + len(part.message.html.encode())) / 3 < 200_000


def test_more_than_ten_messages() -> None:
    """What ten messages cannot name is counted, and is no alert that counts as told."""
    serial = "QT" + "9" * 180
    told = letter([alert(index, subject=f"{serial}{index}") for index in range(2000)], texts={})
    rendered = Renderer().render_parts(told, "teams")
    assert len(rendered.parts) == MOST_PARTS
    named = sum(len(part.alert_ids or ()) for part in rendered.parts)
    assert named < 2000
    assert f"+{2000 - named:,} more".replace(",", " ") in rendered.parts[-1].message.body


def test_text_is_one_message() -> None:
    """A text channel gets each rule's count, the first in full and a count of the others; there all count as told."""
    (part,) = Renderer().render_parts(storm(5000), "text").parts
    body = part.message.body
    assert part.alert_ids is None
    assert len(body) <= 4000
    assert "LowVoltage ×4800\nHot ×200\n" in body
    assert "CRITICAL LowVoltage · Quarry A north (QT123456) 11.21 V" in body
    assert re.search(r"\n\+4 9\d\d more$", body.removesuffix("\n\nhttps://alertd.example.com"))


def test_an_oversized_alert_does_not_stand_in_the_way() -> None:
    """One alert that alone is more than a channel takes is told in part, and the others in further messages."""
    told = letter([alert(0, explanation="x" * 2000, name="n" * 200), alert(1)], texts={})
    for channel in BY_NAME:
        parts = Renderer().render_parts(told, channel).parts
        assert "QT123456" in parts[0].message.body
        assert "QT123457" in parts[-1].message.body


def test_a_large_digest() -> None:
    """A digest goes on in parts, list by list; what it names counts as told by the part that does."""
    lines = tuple(Line(f"CRITICAL LowVoltage · Quarry {n} (QT{n}) " + "x" * 60, f"alert-{n}") for n in range(900))
    digest = Digest(due_at=AT, firing=900, ended=1, zone="UTC", sections=(Section("Firing", lines), *OTHERS))
    told = letter(reason=NotifyReason.DIGEST, digest=digest, now=AT)
    rendered = Renderer().render_parts(told, "teams")
    assert len(rendered.parts) > 1
    ids = [each for part in rendered.parts for each in part.alert_ids or ()]
    assert sorted(ids) == sorted(f"alert-{n}" for n in range(900))
    text = "\n".join(part.message.body for part in rendered.parts)
    assert all(f"(QT{n})" in text for n in range(900))
    assert rendered.parts[0].message.title == f"[DIGEST] 900 fire, 1 ended · 24 November (1/{len(rendered.parts)})"
    assert "**Ended**" in rendered.parts[-1].message.body
    (short,) = Renderer().render_parts(told, "text").parts
    assert short.alert_ids is None
    assert re.search(r"\+8\d\d more", short.message.body)


OTHERS = (Section("Ended", (Line("LowVoltage · Quarry 5 (QT5): recovered", "alert-5"),)),)
