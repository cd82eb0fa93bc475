"""`/api/v2` over a real socket: what is on record in Alertmanager's forms, silences made and ended, what is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alertd.matchers import parse_matcher
from alertd.model import Severity, State
from alertd.notify.silences import Silence
from tests.support.web import HOSTILE, NOW, WebSite, alert

SECRETS = ("a-secret-key", "a-secret-path")
HOUR = timedelta(hours=1)


def posted(**given: Any) -> dict[str, Any]:
    """A silence of QT100000 for two hours, as amtool posts it."""
    matcher = {"name": "instrument", "value": "QT100000", "isRegex": False, "isEqual": True}
    usual = {"startsAt": "2026-11-24T12:00:00.000Z", "endsAt": "2026-11-24T14:00:00.000Z"}
    return {"matchers": [matcher], "createdBy": "ann", "comment": "new battery", **usual, **given}


def make(site: WebSite, **given: Any) -> str:
    answer = site.post("/api/v2/silences", json=posted(**given))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["silenceID"])


def shown(site: WebSite, path: str) -> Any:
    answer = site.get(f"/api/v2/{path}")
    assert answer.status_code == 200, answer.text
    assert not any(secret in answer.text for secret in SECRETS)
    return answer.json()


def subjects(alerts: list[dict[str, Any]]) -> set[str]:
    return {each["labels"].get("instrument") or "own" for each in alerts}


def test_status(shared: WebSite):
    """No cluster, alertd's version and start, routes that name receivers and hold no secret."""
    status = shown(shared, "status")
    assert status["cluster"] == {"name": "", "peers": [], "status": "disabled"}
    assert status["uptime"] == "2026-11-24T12:00:00.000Z"
    assert status["versionInfo"].keys() == {"branch", "buildDate", "buildUser", "goVersion", "revision", "version"}
    assert "receiver: on-call" in status["config"]["original"]
    assert shown(shared, "receivers") == [{"name": "team"}, {"name": "on-call"}]


def test_alerts(site: WebSite):
    """What fires, alertd's own too; nothing that is pending, over or in shadow."""
    site.record(alert("shadow", "SicFailed", "QT100003", State.FIRING, Severity.WARNING, shadow=True))
    alerts = shown(site, "alerts")
    assert subjects(alerts) == {"QT100000", "QT100002", "phone"}
    by_serial = {each["labels"]["instrument"]: each for each in alerts}
    assert by_serial["QT100000"]["receivers"] == [{"name": "on-call"}]
    assert by_serial["phone"]["receivers"] == [{"name": "team"}]
    assert by_serial["QT100000"]["generatorURL"] == "http://alertd.example.com/alerts/low"
    assert subjects(shown(site, "alerts?filter=site%3D%22Quarry+A%22")) == {"QT100000"}
    assert subjects(shown(site, "alerts?filter=alertname%3DLowVoltage&filter=site%21%3DQuarry+A")) == {"QT100002"}
    assert subjects(shown(site, "alerts?receiver=te.m")) == {"phone"}


def test_groups(shared: WebSite):
    """By receiver and the route's labels."""
    groups = shown(shared, "alerts/groups")
    told = {(each["receiver"]["name"], each["labels"].get("site"), len(each["alerts"])) for each in groups}
    assert told == {("on-call", "Quarry A", 1), ("on-call", '<b>"B"</b>', 1), ("team", None, 1)}
    assert shown(shared, "alerts/groups?receiver=nobody") == []


def test_a_silence_and_what_it_holds(site: WebSite):
    """Made, found, changed under its id, ended: the alert it holds says so all the while."""
    made = make(site)
    (known,) = shown(site, "silences")
    assert known == shown(site, f"silence/{made}")
    assert (known["id"], known["status"], known["createdBy"]) == (made, {"state": "active"}, "ann")
    (held,) = shown(site, "alerts?filter=instrument%3DQT100000")
    assert (held["status"]["state"], held["status"]["silencedBy"]) == ("suppressed", [made])
    assert subjects(shown(site, "alerts?silenced=false")) == {"QT100002", "phone"}

    site.now = NOW + HOUR
    assert make(site, id=made, endsAt="2026-11-24T16:00:00Z", comment="two batteries") == made
    (longer,) = shown(site, "silences")
    assert longer["startsAt"] == known["startsAt"]
    assert (longer["endsAt"], longer["comment"]) == ("2026-11-24T16:00:00.000Z", "two batteries")
    assert longer["updatedAt"] == "2026-11-24T13:00:00.000Z"

    assert site.ask("DELETE", f"/api/v2/silence/{made}").status_code == 200
    assert site.ask("DELETE", f"/api/v2/silence/{made}").status_code == 200  # as Alertmanager: over is over
    assert shown(site, f"silence/{made}")["status"] == {"state": "expired"}
    assert subjects(shown(site, "alerts?silenced=false")) == {"QT100000", "QT100002", "phone"}


def test_what_was_is_not_changed(site: WebSite):
    """Other matchers: the silence ends, and another one begins."""
    made = make(site)
    site.now = NOW + HOUR
    other = make(site, id=made, matchers=[{"name": "site", "value": "Q.*", "isRegex": True}])
    assert other != made
    states = {each["id"]: (each["status"]["state"], each["endsAt"]) for each in shown(site, "silences")}
    assert states[made] == ("expired", "2026-11-24T13:00:00.000Z")
    assert states[other] == ("active", "2026-11-24T14:00:00.000Z")
    again = make(site, id=made)
    assert shown(site, f"silence/{made}")["endsAt"] == "2026-11-24T13:00:00.000Z"
    assert again not in (made, other)


def test_a_series(site: WebSite):
    """By the clocks of the monitors it covers it is on now; it can be ended and not edited."""
    matchers = (parse_matcher('timezone="Europe/London"'),)
    series = Silence(
        id="5e51e500",
        matchers=matchers,
        starts_at=NOW - timedelta(days=9, hours=1),
        ends_at=None,
        rrule="FREQ=DAILY",
        length=2 * HOUR,
        created_at=NOW - timedelta(days=9),
    )
    site.store.standing.add_silence(series)
    (known,) = shown(site, "silences")
    assert (known["startsAt"], known["endsAt"]) == ("2026-11-24T11:00:00.000Z", "2026-11-24T13:00:00.000Z")
    assert (known["status"]["state"], known["annotations"]["rrule"]) == ("active", "FREQ=DAILY")
    refused = site.post("/api/v2/silences", json=posted(id="5e51e500"))
    assert (refused.status_code, "comes again and again" in refused.json()) == (400, True)
    assert site.store.standing.silence("5e51e500") == series
    site.now = NOW + 2 * HOUR
    (known,) = shown(site, "silences")
    assert (known["startsAt"], known["status"]) == ("2026-11-25T11:00:00.000Z", {"state": "pending"})
    assert site.ask("DELETE", "/api/v2/silence/5e51e500").status_code == 200
    assert shown(site, "silence/5e51e500")["status"] == {"state": "expired"}


def test_causes_and_times_of_day(tmp_path: Any):
    """What another alert explains is inhibited by it; what a route's times hold is muted in its group alone."""
    nights = {"name": "noon", "time_intervals": [{"times": [{"start_time": "11:00", "end_time": "13:00"}]}]}
    route = {"receiver": "team", "routes": [{"matchers": ["alertname=LowVoltage"], "mute_time_intervals": ["noon"]}]}
    inhibit = {"source_matchers": ["alertname=Hot"], "target_matchers": ["alertname=LowVoltage"], "equal": ["site"]}
    with WebSite(tmp_path, time_intervals=[nights], route=route, inhibit_rules=[inhibit]) as site:
        site.record(replace(site.pending, state=State.FIRING, fired_at=NOW))
        by_serial = {each["labels"]["instrument"]: each for each in shown(site, "alerts")}
        assert by_serial["QT100000"]["status"]["inhibitedBy"] == [by_serial["QT100001"]["fingerprint"]]
        assert subjects(shown(site, "alerts?inhibited=false")) == {"QT100001", "QT100002", "phone"}
        (muted,) = (each for each in shown(site, "alerts/groups") if each["labels"].get("site") == '<b>"B"</b>')
        assert muted["alerts"][0]["status"]["mutedBy"] == ["noon"]
        assert muted["alerts"][0]["status"]["state"] == "suppressed"
        assert by_serial["QT100002"]["status"]["state"] == "active"


BROKEN = b'{"matchers": [{"name": "a", "value": "\\ud800", "isRegex": false}]'


@pytest.mark.parametrize(
    ("asked", "body", "status", "says"),
    [
        ("GET alerts?filter=%7B%7D", None, 400, "bad matcher"),
        ("GET alerts?filter=a%3D~%28", None, 400, "regular expression"),
        ("GET alerts/groups?active=perhaps", None, 400, "active"),
        ("GET alerts?receiver=a%2B%2B", None, 400, "failed to parse receiver param"),
        ("GET silences?filter=%ff%00", None, 400, "bad matcher"),
        ("GET silence/00000000", None, 404, "silence not found"),
        ("GET silence/%00", None, 404, "silence not found"),
        ("DELETE silence/%27%3B--", None, 404, "silence not found"),
        ("POST silences", posted(id="00000000"), 404, "silence not found"),
        ("POST silences", posted(id="\x00"), 404, "silence not found"),
        ("POST silences", posted(matchers=[]), 400, "at least one matcher required"),
        ("POST silences", posted(endsAt="2026-11-24T11:00:00Z"), 400, "start time must be before end time"),
        ("POST silences", posted(comment=None), 400, "comment"),
        ("POST silences", posted(matchers="x" * 5000), 400, "matchers"),
        ("POST silences", posted(annotations={"a": 1}), 400, "annotations.a"),
        ("POST silences", {}, 400, "matchers: Field required"),
        ("POST silences", [], 400, "body"),
        ("POST silences", b"", 400, "body"),
        ("POST silences", b'{"a": NaN', 400, "no JSON"),
        ("POST silences", BROKEN, 400, ""),
        (
            "POST silences",
            BROKEN + b', "startsAt": "\\ud800", "endsAt": "", "createdBy": "", "comment": ""}',
            400,
            "",
        ),
        ("POST silences", b"[" * 100_000, 400, ""),
        ("POST alerts", [], 400, "alertd takes no alerts"),
        ("PUT silences", None, 405, ""),
    ],
)
def test_what_is_refused(shared: WebSite, asked: str, body: Any, status: int, says: str):
    """One JSON string under a status that says whose fault it is; nothing is on record afterwards."""
    method, path = asked.split()
    given = (
        {"data": body, "headers": {"content-type": "application/json"}} if isinstance(body, bytes) else {"json": body}
    )
    answer = shared.ask(method, f"/api/v2/{path}", **({} if body is None else given))
    assert answer.status_code == status, answer.text
    if status != 405:
        assert isinstance(answer.json(), str)
        assert says in answer.json()
    assert len(answer.text) < 400
    assert "Traceback" not in answer.text
    assert shown(shared, "silences") == []


def test_what_another_site_asks_for(site: WebSite):
    """A page elsewhere can make no silence through a reader's browser."""
    refused = site.post("/api/v2/silences", json=posted(), headers={"origin": "https://evil.example.com"})
    assert refused.status_code == 403
    plain = site.post("/api/v2/silences", data="x", headers={"content-type": "text/plain"})
    assert plain.status_code == 400
    assert shown(site, "silences") == []


def test_hostile_names(site: WebSite):
    """Whatever a monitor, a comment or a matcher is called comes back as it went in."""
    site.record(replace(site.strange, labels={**site.strange.labels, "name": HOSTILE}))
    matchers = [{"name": "name", "value": HOSTILE, "isRegex": False}]
    made = make(site, matchers=matchers, comment=HOSTILE, createdBy=HOSTILE)
    known = shown(site, f"silence/{made}")
    assert (known["comment"], known["createdBy"], known["matchers"][0]["value"]) == (HOSTILE, HOSTILE, HOSTILE)
    (held,) = [each for each in shown(site, "alerts") if each["status"]["silencedBy"]]
    assert held["labels"]["name"] == HOSTILE


def test_two_who_edit_at_once(site: WebSite):
    """Of two changes that start from the same silence the second is told to look again."""
    made = make(site)
    standing, before = site.store.standing, site.store.standing.silence(made)
    assert before is not None
    first = replace(before, reason="first", created_at=NOW + HOUR)
    assert standing.replace_silence(before, first, NOW + HOUR)
    assert not standing.replace_silence(before, replace(before, reason="second", created_at=NOW + 2 * HOUR), NOW)
    assert not standing.replace_silence(before, replace(before, id="other", created_at=NOW + 2 * HOUR), NOW)
    assert standing.silences() == [first]
