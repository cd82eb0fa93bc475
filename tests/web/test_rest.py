"""REST: what each path says is what the commands print, and what each change does is on record."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertd.cli.main import run
from alertd.model import (
    Delivery,
    DeliveryState,
    Message,
    NotifyReason,
    Sample,
    Severity,
    Source,
    State,
    TargetHealth,
    Told,
    Transition,
    TransitionKind,
)
from alertd.notify.known import Plan
from alertd.notify.render_links import without_keys
from alertd.web.signing import Signing
from tests.support.web import HOSTILE, NOW, WebSite, alert, minutes

API = "/api/v1"


def got(site: WebSite, path: str, **asked: Any) -> Any:
    answer = site.get(API + path, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def refused(answer: Any, status: int) -> str:
    """What an error says; its form is the one that all have."""
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert found.keys() == {"error", "description"}
    return str(found["description"])


# ── the commands' JSON ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """One with three silences, by the command's own clock."""
    with WebSite(tmp_path_factory.mktemp("stated")) as made:
        made.now = datetime.now(UTC)
        for body in ({"until_resolved": True}, {"for": "2h", "start": "1h"}, {"for": "1h", "rrule": "FREQ=DAILY"}):
            asked = {"matchers": ['site="Quarry A"'], "reason": "works", **body}
            assert made.post(f"{API}/silences", json=asked).status_code == 201
        yield made


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/instruments", ["instruments"]),
        ("/rules", ["rules"]),
        ("/deliveries", ["deliveries"]),
        ("/silences", ["silence", "list"]),
        ("/silences?all=true", ["silence", "list", "--all"]),
        ("/instruments/QT100001/rules", ["rules", "show", "QT100001"]),
        ("/alerts/strange/render?channel=email", ["render", "strange", "--channel", "email"]),
        ("/alerts/low/render?channel=slack", ["render", "LowVoltage/QT100000", "--channel", "slack"]),
        ("/silences/preview?matcher=site%3DQuarry+A&matcher=severity%3Dcritical", None),
        ("/alerts", ["alerts"]),
    ],
)
def test_says_what_the_command_prints(stated: WebSite, capfd: pytest.CaptureFixture[str], path: str, words: list[str]):
    """A list's items, or the one thing that was asked for, are the JSON that the command prints."""
    words = words or ["silence", "preview", 'site="Quarry A"', "severity=critical"]
    capfd.readouterr()
    assert run([*words, "--json", "-c", str(stated.folder / "config.yaml")]) == 0
    # The links of the command's messages carry a key that lets a reader act; over HTTP nobody is given one.
    printed = json.loads(without_keys(capfd.readouterr().out))
    found = got(stated, path)
    if isinstance(found, dict):
        found = found.get("items", {name: value for name, value in found.items() if name != "failures"})
    by_name = path == "/rules"
    assert found == (sorted(printed, key=lambda rule: str(rule["alertname"])) if by_name else printed)


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_instrument(shared: WebSite):
    """One instrument has its labels and its newest values, whatever its name is."""
    assert got(shared, "/instruments/QT100002")["name"] == HOSTILE
    first = got(shared, "/instruments/QT100000")
    assert first["labels"]["site"] == "Quarry A"
    assert first["newest"]["current"]["values"]["voltage"] == pytest.approx(11.21)
    assert refused(shared.get(f"{API}/instruments/QT9"), 404) == "there is no instrument of that name"


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("", ["hot", "low", "own", "strange"]),
        ("?severity=critical", ["low", "strange"]),
        ("?rule=Hot", ["hot"]),
        ("?instrument=QT100002", ["strange"]),
        ("?instrument=phone", []),
        ("?state=resolved", ["over"]),
        ("?state=firing&state=resolved", ["low", "own", "strange", "over"]),
        ("?state=pending&state=firing&severity=warning", ["hot", "own"]),
        ("?state=resolved&instrument=QT100004&rule=LowVoltage&severity=critical", ["over"]),
        ("?state=resolved&rule=Hot", []),
    ],
)
def test_alerts_by_filter(shared: WebSite, asked: str, ids: list[str]):
    """Without a state what needs a hand now; each filter narrows."""
    assert [each["id"] for each in got(shared, f"/alerts{asked}")["items"]] == ids


def test_alerts_that_never_fired_are_not_listed(site: WebSite):
    """A pending one that became clear is nobody's business."""
    cancelled = alert("never", "Hot", "QT100003", State.RESOLVED, Severity.WARNING, fired_at=None)
    site.record(cancelled)
    assert [each["id"] for each in got(site, "/alerts?state=resolved")["items"]] == ["over"]


def test_one_alert_has_its_history(shared: WebSite):
    """An alert comes with its transitions and every message that speaks of it, also of one that is over."""
    low = got(shared, "/alerts/low")
    assert [each["kind"] for each in low["transitions"]] == ["pending", "fired"]
    assert [(each["target"], each["state"]) for each in low["messages"]] == [("hook", "delivered"), ("phone", "dead")]
    assert low["told"].keys() == {"hook"}
    over = got(shared, "/alerts/over")
    assert [each["kind"] for each in over["transitions"]] == ["pending", "fired", "resolved"]
    assert over["messages"] == []


def test_samples_are_every_value(shared: WebSite):
    """Without a step each value comes with its time; missing ones are left out."""
    found = got(shared, "/samples?instrument=QT100000&field=current.voltage&start=1h&limit=5")
    assert (found["unit"], found["step"], found["start"]) == ("V", None, "2026-11-24T11:00:00.000Z")
    assert len(found["points"]) == 5
    assert found["points"][0] == {"at": "2026-11-24T11:00:00.000Z", "value": 11.268}
    whole = got(shared, "/samples?instrument=QT100000&field=current.voltage")
    assert (len(whole["points"]), whole["next"]) == (289 - 15, None)


def test_samples_page_on(shared: WebSite):
    """A cursor goes on behind the last point, for values and for steps alike, and nothing is left out or doubled."""
    for step in ("", "&step=1h"):
        asked = f"/samples?instrument=QT100000&field=current.voltage&limit=7{step}"
        points: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = got(shared, f"{asked}&cursor={cursor}")
            points += page["points"]
            cursor = page["next"]
        assert points == got(shared, asked.replace("limit=7", "limit=10000"))["points"]


def test_samples_of_weeks(site: WebSite):
    """What is read a few days at a time is told as one: nothing is lost or doubled where two readings meet."""
    times = [minutes(-60 * hours) for hours in range(24 * 20, 0, -1)]
    values = [float(number) for number in range(len(times))]
    site.record(
        samples=[
            Sample(instrument="QT100003", source=Source.STATS, at=at, values={"voltage": value})
            for at, value in zip(times, values, strict=True)
        ]
    )
    asked = "/samples?instrument=QT100003&field=stats.voltage&start=20d"
    assert [each["value"] for each in got(site, asked)["points"]] == values
    days = got(site, f"{asked}&step=1d")["points"]
    assert [each["count"] for each in days] == [12, *[24] * 19, 12]
    assert [each["min"] for each in days[1:]] == [each["max"] + 1 for each in days[:-1]]


def test_samples_by_step(shared: WebSite):
    """With a step there are the least, the mean and the greatest of each, over what was measured in it."""
    found = got(shared, "/samples?instrument=QT100000&field=current.voltage&start=12h&step=6h")
    every = got(shared, "/samples?instrument=QT100000&field=current.voltage&start=12h")["points"]
    first = [each["value"] for each in every if each["at"] < "2026-11-24T06"]
    assert [each["at"][11:16] for each in found["points"]] == ["00:00", "06:00", "12:00"]
    assert found["points"][0] == {
        "at": "2026-11-24T00:00:00.000Z",
        "min": min(first),
        "mean": pytest.approx(sum(first) / len(first)),
        "max": max(first),
        "count": len(first),
    }
    assert sum(each["count"] for each in found["points"]) == len(every)


def test_samples_of_words_and_flags(shared: WebSite):
    """What is no number comes as it is, and has no mean."""
    assert got(shared, "/samples?instrument=QT100000&field=sic.status")["points"][0]["value"] == "Success"
    assert got(shared, "/samples?instrument=QT100000&field=status.online&start=5m")["points"][0]["value"] is True
    answer = shared.get(f"{API}/samples?instrument=QT100000&field=sic.status&step=1h")
    assert refused(answer, 422) == "step: status is no number"


def test_why(shared: WebSite):
    """Why a rule fires on a monitor, now and at an earlier time."""
    now = got(shared, "/why?instrument=QT100000&rule=LowVoltage")
    assert (now["verdict"], now["state"], now["alert"]["id"]) == ("breached", "firing", "low")
    then = got(shared, "/why?instrument=QT100000&rule=LowVoltage&at=20h")
    assert (then["verdict"], then["state"], then["at"]) == ("clear", "inactive", "2026-11-23T16:00:00.000Z")
    assert "did you mean" in refused(shared.get(f"{API}/why?instrument=QT100000&rule=LowVoltag"), 404)


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_acknowledge(site: WebSite):
    """Who has it in hand is on record and shown; what does not fire cannot be acknowledged."""
    answer = site.post(f"{API}/alerts/low/ack", json={"for": "4h", "note": "on my way"})
    assert answer.status_code == 200
    ack = answer.json()["acknowledged"]
    assert (ack["note"], ack["until"]) == ("on my way", "2026-11-24T16:00:00.000Z")
    assert got(site, "/alerts/low")["acknowledged"] == ack
    assert site.store.standing.acks(["low"])[0].by == ack["by"]
    assert "is over" in refused(site.post(f"{API}/alerts/over/ack", json={}), 409)
    assert "is pending" in refused(site.post(f"{API}/alerts/hot/ack", json={}), 409)
    assert refused(site.post(f"{API}/alerts/none/ack", json={}), 404) == "there is no alert of that id"
    assert "for: " in refused(site.post(f"{API}/alerts/low/ack", json={"for": "soon"}), 422)


def test_silence_and_its_end(site: WebSite):
    """A silence holds what matches until it is ended; who meets it reads why."""
    body = {"matchers": ['site="Quarry A"'], "for": "2h", "reason": "battery swap", "author": "Ann"}
    added = site.post(f"{API}/silences", json=body)
    assert added.status_code == 201
    silence = added.json()
    assert silence["ends_at"] == "2026-11-24T14:00:00.000Z"
    assert got(site, f"/silences/{silence['id']}") == silence
    assert got(site, "/alerts/low")["muted_by"] == [f"silence {silence['id']}"]
    site.now = minutes(1)
    ended = site.post(f"{API}/silences/{silence['id']}/expire")
    assert (ended.status_code, ended.json()["state"]) == (200, "expired")
    assert got(site, "/alerts/low")["muted_by"] == []
    assert got(site, "/silences")["items"] == []
    assert len(got(site, "/silences?all=true")["items"]) == 1
    assert "over already" in refused(site.post(f"{API}/silences/{silence['id']}/expire"), 409)
    assert refused(site.post(f"{API}/silences/none/expire"), 404) == "there is no silence of that name"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "say until when: for, until or until_resolved"),
        ({"for": "2h", "until": "3h"}, "for and until: one end is wanted"),
        ({"for": "soon"}, "for: a duration is wanted"),
        ({"until": "yesterday"}, 'until: "yesterday" is no time'),
        ({"until": "2026-11-24T11:00"}, "it would end before it begins"),
        ({"for": "2h", "timezone": "Mars/Base"}, "timezone: "),
        ({"rrule": "FREQ=DAILY"}, "for is wanted with rrule"),
        ({"for": "2h", "rrule": "FREQ=NEVER"}, "rrule: "),
        ({"for": "2h", "matchers": ["site"]}, "is no matcher"),
        ({"for": "2h", "matchers": ["site=~(?=a)"]}, "RE2"),
        ({"for": "2h", "reason": "  "}, "reason: say why"),
        ({"until_resolved": True, "matchers": ["site=Nowhere"]}, "until_resolved: nothing that matches"),
    ],
)
def test_silence_that_is_none(shared: WebSite, body: dict[str, Any], said: str):
    """What is wrong is said in one line that names the request's fields, and nothing is recorded."""
    asked = {"matchers": ["site=Quarry A"], "reason": "works", **body}
    assert said in refused(shared.post(f"{API}/silences", json=asked), 422)
    assert shared.store.standing.silences() == []


def test_send_again(site: WebSite):
    """What a dead letter said is owed again; what is no dead letter, and what the target knows, is not sent again."""
    site.record(alert("dim", "Hot", "QT100003", State.FIRING, Severity.WARNING))
    dim = site.store.alert("dim")
    assert dim is not None
    dead = site.tell(dim, "hook", state=DeliveryState.QUEUED)
    claimed = site.store.claim("hook", NOW, timedelta(seconds=60), hasten=True)
    assert claimed is not None
    gave_up = Told(alert_id="dim", target="hook", gave_up_at=NOW)
    health = TargetHealth(target="hook")
    site.store.record_outcome(claimed, state=DeliveryState.DEAD, now=NOW, told=[gave_up], health=health)
    again = site.post(f"{API}/deliveries/{dead.id}/send-again")
    assert (again.status_code, again.json()["state"]) == (200, "superseded")
    (told,) = site.store.told(["dim"])
    assert told.gave_up_at is None
    for other in (dead, site.delivered):
        said = refused(site.post(f"{API}/deliveries/{other.id}/send-again"), 409)
        assert said == "it is no dead letter, or its target knows by now what it says"
    assert refused(site.post(f"{API}/deliveries/999/send-again"), 404) == "there is no message of that name"


def test_deliveries_by_filter(shared: WebSite):
    """Messages by state and target; one comes with its text."""
    assert [each["id"] for each in got(shared, "/deliveries?state=dead")["items"]] == [shared.dead.id]
    assert [each["target"] for each in got(shared, "/deliveries?target=hook")["items"]] == ["hook"]
    assert got(shared, "/deliveries?state=superseded")["items"] == []
    one = got(shared, f"/deliveries/{shared.dead.id}")
    assert (one["body"], one["error"]) == ("It is low.", "the peer answered 500")


def test_a_message_is_told_without_the_keys_of_its_links(site: WebSite):
    """Whoever may only look gets nothing that lets them act."""
    key = Signing(site.store.signing_key(), site.house.now).link("low")
    link = f"http://alertd.example.com/alerts/low?k={key}"
    message = Message(title="x", body=f"See <{link}|here>.", html=f'<a href="{link}">x</a>')
    says = Delivery(
        id=0,
        target="sms",
        group_key="g",
        reason=NotifyReason.FIRST,
        message=message,
        says=(),
        decided_at=NOW,
        due_at=NOW,
        state=DeliveryState.QUEUED,
    )
    (queued,) = site.store.record_decisions(Plan(), [(says, ())], NOW)
    answer = site.get(f"{API}/deliveries/{queued.id}")
    assert key not in answer.text
    assert answer.json()["body"] == "See <http://alertd.example.com/alerts/low|here>."
    assert key not in site.get(f"{API}/alerts/low/render?channel=email").text


def test_drill(site: WebSite):
    """A drill goes to every target, or where a rule leads, and says what came of each."""
    done = site.post(f"{API}/drill", json={})
    assert {each["target"]: each["delivered"] for each in done.json()["items"]} == {"hook": True, "phone": True}
    assert all("DRILL" in str(each.json["title"]) for each in site.sink.received)
    routed = site.post(f"{API}/drill", json={"rule": "Hot", "instrument": "QT100002"}).json()
    assert [each["target"] for each in routed["items"]] == ["hook"]
    assert "there is no receiver" in refused(site.post(f"{API}/drill", json={"receiver": "nobody"}), 422)


def test_a_change_is_on_the_audit(site: WebSite, caplog: pytest.LogCaptureFixture):
    """Each change says who made it, and of what; a look does not."""
    with caplog.at_level("INFO"):
        got(site, "/alerts")
        site.post(f"{API}/alerts/low/ack", json={})
        site.post(f"{API}/drill", json={"receiver": "team"})
    said = [str(record.msg) for record in caplog.records if "audit" in str(record.msg)]
    assert len(said) == 2
    assert "LowVoltage/QT100000" in said[0]


def test_another_site_changes_nothing(shared: WebSite):
    """What a page of another site makes a browser do is refused, in the form of every error."""
    foreign = {"Origin": "https://evil.example.com"}
    for path in ("/alerts/low/ack", "/drill", "/silences", f"/deliveries/{shared.dead.id}/send-again"):
        assert refused(shared.post(API + path, json={}, headers=foreign), 403) == "the request comes from another site"
    assert shared.store.standing.acks(["low"]) == []
    assert shared.store.deliveries(state=DeliveryState.DEAD)[0].id == shared.dead.id


# ── ETags ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/alerts", "/instruments", "/alerts/low", "/rules", "/deliveries", "/openapi.json"])
def test_etag(shared: WebSite, path: str):
    """The same answer has the same tag, and is not sent again to whoever has it."""
    answer = shared.get(API + path)
    tag = answer.headers["etag"]
    assert shared.get(API + path).headers["etag"] == tag
    for known in (tag, f'"other", W/{tag}', "*"):
        again = shared.get(API + path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert shared.get(API + path, headers={"If-None-Match": '"other"'}).content == answer.content


def test_etag_changes_with_what_is_told(site: WebSite):
    """What has changed has another tag."""
    before = site.get(f"{API}/alerts/low").headers["etag"]
    step = Transition(alert_id="low", kind=TransitionKind.STALE, at=NOW, severity=Severity.CRITICAL, reason="no data")
    site.record(transitions=[step])
    after = site.get(f"{API}/alerts/low", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def test_a_strange_name_is_refused_in_the_one_form(shared: WebSite):
    """What is refused before it comes to the interface has the form of its errors, too."""
    said = refused(shared.get(f"{API}/alerts", headers={"Host": "evil.example.com"}), 421)
    assert "does not have that name" in said
    assert refused(shared.get(f"{API}/alerts", headers={"X-Long": "x" * 17_000}), 431) == "the headers are too large"
