"""The page of deliveries and targets."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertd.model import Delivery, DeliveryState, Severity, State, TargetHealth, Told
from tests.support.processes import wait_until
from tests.support.sinks import HANG, Answer
from tests.support.visiting import words
from tests.support.web import HOSTILE, NOW, WebSite, alert, minutes

PHONE_FAILS = TargetHealth(
    target="phone",
    failures=6,
    failing_since=minutes(-30),
    next_try_at=minutes(12),
    last_error="HTTP 500 <b>no</b>",
    last_success_at=minutes(-90),
)


def give_up(site: WebSite, name: str = "dim", **knows: Any) -> int:
    """A dead letter to the phone about an alert that fires, and the number that it has."""
    firing = alert(name, "Hot", "QT100003", State.FIRING, Severity.WARNING)
    site.record(firing)
    left = Told(alert_id=firing.id, target="phone", gave_up_at=NOW, **knows)
    site.tell(firing, "phone", state=DeliveryState.QUEUED)
    before, claimed = (_claimed(site), _claimed(site))  # one waits from the beginning
    site.store.record_outcome(before, state=DeliveryState.DELIVERED, now=NOW, health=PHONE_FAILS)
    site.store.record_outcome(
        claimed, state=DeliveryState.DEAD, now=NOW, error="HTTP 500", told=[left], health=PHONE_FAILS
    )
    return claimed.id


def _claimed(site: WebSite) -> Delivery:
    """The phone's oldest message that waits."""
    found = site.store.claim("phone", NOW, timedelta(seconds=60), hasten=True)
    assert found is not None
    return found


def test_targets_and_how_they_take_messages(site: WebSite):
    """Health, last message, failures, next try, dead letters."""
    give_up(site)
    text = words(site.get("/deliveries").text)
    hook, phone = text[text.index("hook") : text.index("on-call")], text[text.index("on-call") : text.index("Messages")]
    assert "works Last message [CRITICAL] LowVoltage · Quarry A north now Waiting 0" in hook
    assert "phone failing Last message [CRITICAL] LowVoltage · <script>" in phone
    assert "Fails since 30 min ago, 6 attempts Last failure HTTP 500 <b>no</b>" in phone
    assert "Next try with the next message Waiting 0 Given up 2 dead letters" in phone
    assert "a-secret-path" not in site.get("/deliveries").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["delivered", "given up", "waiting"]),
        ("?target=phone", ["given up", "waiting"]),
        ("?state=queued", ["waiting"]),
        ("?state=nonsense&target=hook", ["delivered"]),
        ("?target=%3Cscript%3Ealert(1)%3C/script%3E", []),
        ("?again=" + "9" * 5000, ["delivered", "given up", "waiting"]),
    ],
)
def test_messages_by_target_and_state(shared: WebSite, query: str, shown: list[str]):
    """Those asked for; whatever is written into the address is text."""
    answer = shared.get(f"/deliveries{query}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    rows = answer.text.split("<tbody>")[1].split("<tr>")[1:] if "<tbody>" in answer.text else []
    assert sorted(words(f"<main>{row}</main>").split(" State ")[0] != "" for row in rows) == [True] * len(shown)
    for each in shown:
        assert any(f">{each}</span>" in row for row in rows)


def test_a_dead_letter_is_sent_again(site: WebSite):
    """What its target does not know is decided anew; a second press, and a message that arrived, change nothing."""
    number = give_up(site)
    answer = site.post(f"/deliveries/{number}/again")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/deliveries?again={number}")
    assert "what it said is owed again" in words(site.get(answer.headers["location"]).text)
    (told,) = site.store.told(["dim"])
    assert told.gave_up_at is None
    assert site.store.health()["phone"].next_try_at is None
    again = site.post(f"/deliveries/{number}/again")
    assert again.status_code == 409
    assert "That message is no dead letter" in words(again.text)
    assert site.post(f"/deliveries/{site.delivered.id}/again").status_code == 409


def test_nothing_is_sent_again_that_the_target_knows(site: WebSite):
    """It says so, and the letter stays."""
    number = give_up(site, firing_at=minutes(-20), severity=Severity.WARNING)
    answer = site.post(f"/deliveries/{number}/again")
    assert answer.status_code == 409
    assert "its target knows by now" in words(answer.text)
    (dead,) = site.store.headlines(limit=1)
    assert (dead.id, dead.state) == (number, DeliveryState.DEAD)


@pytest.mark.parametrize("number", ["0", "999999", "-1", "1.5", "9" * 5000, "x", "%00", "٣"])
def test_no_such_message(shared: WebSite, number: str):
    """404 for whatever is no message's number."""
    assert shared.post(f"/deliveries/{number}/again").status_code == 404


def test_another_site_sends_nothing(site: WebSite):
    """A form of a foreign page is refused, and nothing changes."""
    number = give_up(site)
    elsewhere = {"origin": "https://evil.example.com"}
    assert site.post(f"/deliveries/{number}/again", headers=elsewhere).status_code == 403
    assert site.post("/deliveries/drill", data={"receiver": "team"}, headers=elsewhere).status_code == 403
    assert site.store.headlines(limit=1)[0].state is DeliveryState.DEAD
    assert not site.house.drills.latest()
    assert not site.sink.received


def test_a_drill_of_one_receiver(site: WebSite):
    """Its targets get one message each, others none; the page says what came of it."""
    answer = site.post("/deliveries/drill", data={"receiver": "team"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/deliveries#receivers")
    wait_until(lambda: site.house.drills.latest()["team"].tried is not None)
    assert [each.path for each in site.sink.received] == ["/hook/a-secret-path"]
    assert site.sink.received[0].json["title"].startswith("[DRILL]")
    text = words(site.get("/deliveries").text)
    assert "Drill by anybody here now: hook: delivered" in text


def test_a_drill_that_fails_says_why(site: WebSite):
    """The peer's answer, and no secret of the address."""
    site.sink.answers += [Answer(status=500, body=b"a-secret-path is wrong")] * 3
    site.post("/deliveries/drill", data={"receiver": "team"})
    wait_until(lambda: site.house.drills.latest()["team"].tried is not None)
    answer = site.get("/deliveries")
    assert "hook: failed" in words(answer.text)
    assert "500" in words(answer.text)
    assert "a-secret-path" not in answer.text


def test_a_drill_that_hangs_holds_nobody_up(tmp_path: Path):
    """The page answers while it goes on; a second one of the same receiver waits for its end."""
    with WebSite(tmp_path) as site:
        site.sink.answer = HANG
        assert site.post("/deliveries/drill", data={"receiver": "on-call"}, timeout=8).status_code == 303
        assert "under way" in words(site.get("/deliveries").text)
        second = site.post("/deliveries/drill", data={"receiver": "on-call"})
        assert second.status_code == 409
        assert "goes on already" in words(second.text)


@pytest.mark.parametrize("receiver", ["", "nobody", HOSTILE, "x" * 100_000])
def test_no_such_receiver(shared: WebSite, receiver: str):
    """404, and nothing is sent."""
    assert shared.post("/deliveries/drill", data={"receiver": receiver}).status_code == 404
    assert not shared.sink.received


def test_a_target_that_is_gone_is_sent_nothing(tmp_path: Path):
    """No button, and a request for it changes nothing."""
    with WebSite(tmp_path) as site:
        number = give_up(site)
        receivers = [each for each in site.house.settings.receivers if each.name == "team"]
        setup = site.service.setup
        settings = setup.settings.model_copy(update={"receivers": receivers})
        site.service._setup = replace(setup, config=replace(setup.config, settings=settings))
        assert "Send again" not in site.get("/deliveries").text
        answer = site.post(f"/deliveries/{number}/again")
        assert answer.status_code == 409
        assert site.store.headlines(limit=1)[0].state is DeliveryState.DEAD


def test_many_messages(site: WebSite):
    """A page of them, and where the others are."""
    for number in range(60):
        site.now = NOW + timedelta(seconds=number)
        site.tell(site.firing)
    text = words(site.get("/deliveries?target=hook").text)
    assert text.count("[CRITICAL]") == 51  # and the last one of its target
    assert "alertd deliveries --limit 500" in text
