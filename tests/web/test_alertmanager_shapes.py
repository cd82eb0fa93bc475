"""alertd's alerts and silences in Alertmanager's words, and the way back: tables of the pure functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from alertd.matchers import parse_matcher
from alertd.model import Alert, Severity, State
from alertd.notify.silences import Silence
from alertd.notify.standing import Ack, Hold, HoldKind
from alertd.web.alertmanager.alerts import alerts_shown, fingerprint, groups_shown
from alertd.web.alertmanager.asked import Asked, asked_of
from alertd.web.alertmanager.refusal import NotMapped
from alertd.web.alertmanager.silences import (
    PostedSilence,
    begun,
    following,
    silence_of,
    silence_shown,
    silences_shown,
)
from alertd.web.house import RoutedAlert, StatedSilence, Way

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
HOUR = timedelta(hours=1)

SILENCED = Hold(kind=HoldKind.SILENCE, name="silence 4f2a", ref="4f2a")
CAUSED = Hold(kind=HoldKind.CAUSE, name="cause MonitorOffline/QT1", ref="a-cause")
INHIBITED = Hold(kind=HoldKind.INHIBITION, name="inhibited by MainsLost/QT1", ref="long-gone")
NIGHTS = Hold(kind=HoldKind.INTERVAL, name="interval nights", ref="mute nights")
QUIET = Hold(kind=HoldKind.QUIET_HOURS, name="quiet_hours team")


def firing(id_: str = "a", *holds: Hold, ways: tuple[Way, ...] = (), **given: Any) -> RoutedAlert:
    """An alert that fires."""
    labels = {"alertname": "LowVoltage", "instrument": "QT1", "severity": "critical", "site": "", "id": id_}
    alert = Alert(
        id=id_,
        rule="LowVoltage",
        subject="QT1",
        state=State.FIRING,
        severity=Severity.CRITICAL,
        labels=labels,
        values={},
        explanation="voltage 11.2 V < 11.3 V",
        active_at=NOW - 2 * HOUR,
        fired_at=NOW - HOUR,
        recorded_at=NOW - HOUR,
        breached_at=NOW,
    )
    ways = ways or (Way(receiver="team", group_labels={"alertname": "LowVoltage", "site": ""}),)
    ack = given.pop("ack", None)
    return RoutedAlert(alert=replace(alert, **given), ways=ways, holds=holds, ack=ack)


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("labels", "number"),
    [
        ({}, 14695981039346656037),
        ({"first_name": "electro", "occupation": "robot", "manufacturer": "westinghouse"}, 5911716720268894962),
        ({"x": "y"}, 8241431561484471700),
        ({"a": "bb", "b": "c"}, 3016285359649981711),
        ({"a": "b", "bb": "c"}, 7122421792099404749),
        ({"bb": "c", "a": "b", "empty": ""}, 7122421792099404749),
    ],
)
def test_fingerprint(labels: dict[str, str], number: int):
    """The numbers of Prometheus's own tests; neither the order nor an empty label counts."""
    assert fingerprint(labels) == f"{number:016x}"


def test_gettable_alert():
    """Every key that Alertmanager gives, each of its kind."""
    (shown,) = alerts_shown([firing()], Asked(), "https://alertd.example.com/", NOW)
    assert shown == {
        "annotations": {"summary": "voltage 11.2 V < 11.3 V"},
        "endsAt": "2026-11-24T12:05:00.250Z",
        "fingerprint": fingerprint(firing().alert.labels),
        "receivers": [{"name": "team"}],
        "startsAt": "2026-11-24T11:00:00.250Z",
        "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": "2026-11-24T12:00:00.250Z",
        "generatorURL": "https://alertd.example.com/alerts/a",
        "labels": {"alertname": "LowVoltage", "instrument": "QT1", "severity": "critical", "id": "a"},
    }
    assert "generatorURL" not in alerts_shown([firing()], Asked(), "", NOW)[0]


def test_what_has_no_place_but_annotations():
    """Who has it in hand, and since when nothing is known of it."""
    ack = Ack(alert_id="a", rule="R", subject="Q", by="ann", at=NOW, note="on my way", severity=Severity.CRITICAL)
    (shown,) = alerts_shown([firing(ack=ack, stale_since=NOW)], Asked(), "", NOW)
    assert shown["annotations"] == {
        "summary": "voltage 11.2 V < 11.3 V",
        "acknowledged": "by ann: on my way",
        "stale_since": "2026-11-24T12:00:00.250Z",
    }


@pytest.mark.parametrize(
    ("holds", "status"),
    [
        ((), {"state": "active", "silencedBy": [], "inhibitedBy": []}),
        ((SILENCED,), {"state": "suppressed", "silencedBy": ["4f2a"], "inhibitedBy": []}),
        ((CAUSED,), {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["THE CAUSE'S"]}),
        ((SILENCED, INHIBITED), {"state": "suppressed", "silencedBy": ["4f2a"], "inhibitedBy": ["long-gone"]}),
    ],
)
def test_status(holds: tuple[Hold, ...], status: dict[str, object]):
    """Silences by their ids, causes and inhibiting alerts by their fingerprints."""
    cause = firing("a-cause")
    shown = alerts_shown([firing("b", *holds), cause], Asked(), "", NOW)
    (found,) = (each for each in shown if each["labels"] == {**dict(each["labels"]), "id": "b"})
    print_of_cause = fingerprint(cause.alert.labels)
    wanted = [print_of_cause if each == "THE CAUSE'S" else each for each in status["inhibitedBy"]]
    assert found["status"] == {**status, "inhibitedBy": wanted, "mutedBy": []}


PLAIN, HELD, CAUSE, BOTH = (
    firing("plain"),
    firing("held", SILENCED),
    firing("cause", CAUSED),
    firing("both", SILENCED, CAUSED),
)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ([], "plain held cause both"),
        ([("active", "false")], "held cause both"),
        ([("silenced", "false")], "plain cause"),
        ([("inhibited", "false")], "plain held"),
        ([("silenced", "false"), ("inhibited", "false")], "plain"),
        ([("active", "false"), ("silenced", "false"), ("inhibited", "false")], ""),
        ([("active", ""), ("receiver", ""), ("unprocessed", "false"), ("what", "ever")], "plain held cause both"),
        ([("filter", 'id="plain"')], "plain"),
        ([("filter", "id=plain")], "plain"),
        ([("filter", "id=~p.*|h.*")], "plain held"),
        ([("filter", "id=~p")], ""),
        ([("filter", "id!=plain")], "held cause both"),
        ([("filter", "id!~p.*"), ("filter", "alertname=LowVoltage")], "held cause both"),
        ([("filter", 'site=""')], "plain held cause both"),
        ([("filter", 'nosuch!=""')], ""),
        ([("receiver", "te.*")], "plain held cause both"),
        ([("receiver", "te")], ""),
    ],
)
def test_filters(query: list[tuple[str, str]], shown: str):
    """Flags leave out, matchers are ANDed, regular expressions are anchored, a missing label is the empty text."""
    found = alerts_shown([PLAIN, HELD, CAUSE, BOTH], asked_of(query), "", NOW)
    assert {each["labels"]["id"] for each in found} == set(shown.split())
    assert [each["fingerprint"] for each in found] == sorted(each["fingerprint"] for each in found)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ([("filter", "{}")], "bad matcher"),
        ([("filter", 'a="b')], "quotes"),
        ([("filter", "a=~(")], "regular expression"),
        ([("filter", "a=~(?=b)")], "RE2"),
        ([("receiver", "(")], "failed to parse receiver param"),
        ([("active", "perhaps")], "neither true nor false"),
        ([("filter", "a=b")] * 101, "100 are the most"),
    ],
)
def test_what_cannot_be_asked(query: list[tuple[str, str]], says: str):
    """One line that says what is wrong."""
    with pytest.raises(NotMapped) as refused:
        asked_of(query)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_groups():
    """Alerts by receiver and labels; a missing label names no group; times of day mute on their way alone."""
    on_site = Way(receiver="on-site", group_labels={"site": ""}, holds=(NIGHTS, QUIET))
    team = Way(receiver="team", group_labels={"alertname": "LowVoltage", "site": ""})
    alerts = [firing("a", ways=(on_site, team)), firing("b", ways=(team,))]
    groups = groups_shown(alerts, Asked(), "", NOW)
    told = [(each["labels"], each["receiver"], len(each["alerts"])) for each in groups]
    assert told == [({}, {"name": "on-site"}, 1), ({"alertname": "LowVoltage"}, {"name": "team"}, 2)]
    assert groups[0]["alerts"][0]["status"] == {
        "state": "suppressed",
        "silencedBy": [],
        "inhibitedBy": [],
        "mutedBy": ["nights", "quiet_hours team"],
    }
    assert {each["status"]["state"] for each in groups[1]["alerts"]} == {"active"}
    assert len(groups_shown(alerts, asked_of([("muted", "false")]), "", NOW)) == 1
    assert len(groups_shown(alerts, asked_of([("receiver", "on-site")]), "", NOW)) == 1
    assert groups_shown(alerts, asked_of([("filter", "id=c")]), "", NOW) == []


# ── silences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def silence(id_: str = "4f2a0001", start: float = -1, end: float | None = 1, **given: Any) -> Silence:
    """Of so many hours from now until so many."""
    matchers = tuple(map(parse_matcher, given.pop("matchers", ("site=A",))))
    usual = {"author": "ann", "reason": "new battery", "created_at": NOW - HOUR}
    ends_at = None if end is None else NOW + end * HOUR
    return Silence(id=id_, matchers=matchers, starts_at=NOW + start * HOUR, ends_at=ends_at, **{**usual, **given})


def stated(known: Silence, state: str = "active", span: tuple[float, float | None] | None = None) -> StatedSilence:
    begin, end = span or (None, None)
    return StatedSilence(
        silence=known,
        state=state,
        starts_at=known.starts_at if begin is None else NOW + begin * HOUR,
        ends_at=known.ends_at if end is None else NOW + end * HOUR,
    )


def test_gettable_silence():
    """Every key that Alertmanager gives; all four kinds of matchers."""
    known = silence(matchers=("site=A", 'b!="B \\"C\\""', "c=~C.*", "d!~D"), expired_at=NOW)
    assert silence_shown(stated(known, "expired")) == {
        "id": "4f2a0001",
        "status": {"state": "expired"},
        "updatedAt": "2026-11-24T12:00:00.250Z",
        "comment": "new battery",
        "createdBy": "ann",
        "endsAt": "2026-11-24T13:00:00.250Z",
        "matchers": [
            {"name": "site", "value": "A", "isRegex": False, "isEqual": True},
            {"name": "b", "value": 'B "C"', "isRegex": False, "isEqual": False},
            {"name": "c", "value": "C.*", "isRegex": True, "isEqual": True},
            {"name": "d", "value": "D", "isRegex": True, "isEqual": False},
        ],
        "startsAt": "2026-11-24T11:00:00.250Z",
    }


def test_silences_unlike_alertmanagers():
    """A series shows the occurrence it was given; one without an end shows a far one; annotations say what they are."""
    weekly = silence(end=None, rrule="FREQ=WEEKLY", length=2 * HOUR, timezone="Europe/London")
    shown = silence_shown(stated(weekly, "pending", (5, 7)))
    assert (shown["startsAt"], shown["endsAt"]) == ("2026-11-24T17:00:00.250Z", "2026-11-24T19:00:00.250Z")
    assert shown["annotations"] == {"rrule": "FREQ=WEEKLY", "length": "2h", "timezone": "Europe/London"}
    waiting = silence_shown(stated(silence(end=None, until_resolved=True)))
    assert (waiting["endsAt"], waiting["annotations"]) == ("9999-12-31T23:59:59.000Z", {"until_resolved": "true"})


def test_silences_in_their_order():
    """On before coming before over, the next to change first; filters ask for the very matcher."""
    known = [
        stated(silence("over-long", -9, -5), "expired"),
        stated(silence("coming", 3, 9), "pending"),
        stated(silence("open", -1, None, until_resolved=True)),
        stated(silence("over", -9, -2), "expired"),
        stated(silence("sooner", -1, 1, matchers=("site=~A",))),
        stated(silence("soon", 1, 99), "pending"),
    ]
    found = [each["id"] for each in silences_shown(known, Asked())]
    assert found == ["sooner", "open", "soon", "coming", "over", "over-long"]
    assert [each["id"] for each in silences_shown(known, asked_of([("filter", "site=~A")]))] == ["sooner"]
    assert len(silences_shown(known, asked_of([("filter", 'site="A"')]))) == 5


def posted(**given: Any) -> PostedSilence:
    usual = {
        "matchers": [{"name": "site", "value": "A", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-24T11:00:00Z",
        "endsAt": "2026-11-24T14:00:00.123456789Z",
        "createdBy": "bob",
        "comment": "wind",
    }
    return PostedSilence.model_validate({**usual, **given})


def matcher(name: str = "site", value: str = "A", **kinds: bool) -> dict[str, object]:
    return {"name": name, "value": value, "isRegex": False, **kinds}


def test_a_posted_silence():
    """It begins now where it would have begun; what is left out of a matcher counts as equal."""
    made = begun(silence_of(posted(matchers=[matcher()]), "new", "caller", NOW), NOW)
    assert made == Silence(
        id="new",
        matchers=(parse_matcher("site=A"),),
        starts_at=NOW,
        ends_at=datetime(2026, 11, 24, 14, 0, 0, 123456, tzinfo=UTC),
        author="bob",
        reason="wind",
        created_at=NOW,
    )
    later = silence_of(posted(startsAt="2026-11-24T14:30:00+01:00", createdBy=" "), "new", "caller", NOW)
    assert (begun(later, NOW).starts_at, later.author) == (datetime(2026, 11, 24, 13, 30, tzinfo=UTC), "caller")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"matchers": []}, "at least one matcher required"),
        ({"matchers": [matcher(value="")]}, "must not match the empty string"),
        ({"matchers": [matcher(value=".*", isRegex=True), matcher("b", "")]}, "must not match the empty string"),
        ({"matchers": [matcher("no name")]}, "bad matcher"),
        ({"matchers": [matcher(value="(", isRegex=True)]}, "regular expression"),
        ({"matchers": [matcher("a!", "b")]}, "no label's name"),
        ({"matchers": [matcher("x=a" + " " * 1900 + "y")]}, "no label's name"),
        ({"matchers": [matcher(value="\0")]}, "null character"),
        ({"matchers": [matcher(value="x" * 2001)]}, "2000 are the most"),
        ({"comment": "x" * 2001}, "comment: 2001 characters"),
        ({"createdBy": "x\0"}, "createdBy"),
        ({"comment": "\ud800"}, "comment: there is a null character in it, or half of one"),
        ({"startsAt": "2026-11-24T15:00:00Z"}, "start time must be before end time"),
        ({"startsAt": "2026-11-24T14:00:00.123456Z"}, "start time must be before end time"),
        ({"startsAt": "2026-11-24T01:00:00Z", "endsAt": "2026-11-24T11:59:59Z"}, "end time can't be in the past"),
        ({"startsAt": "yesterday"}, "startsAt: no time"),
        ({"startsAt": "0001-01-01T00:00:00+14:00"}, "startsAt: "),
        ({"endsAt": "9999-12-31T23:59:59.000Z"}, "endsAt: more than a hundred years"),
        ({"annotations": {"rrule": "FREQ=DAILY"}}, "annotations"),
    ],
)
def test_what_no_silence_can_be(given: dict[str, Any], says: str):
    """One line that says what is wrong."""
    with pytest.raises(NotMapped) as refused:
        silence_of(posted(**given), "new", "caller", NOW)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        {"matchers": [matcher()] * 101},
        {"matchers": [{"name": "a"}]},
        {"matchers": [matcher(value=7)]},  # type: ignore[arg-type]
        {"matchers": [matcher(isEqual="yes")]},  # type: ignore[arg-type]
        {"comment": None},
        {"startsAt": 0},
    ],
)
def test_what_has_not_its_form(given: dict[str, Any]):
    """Refused before anything is looked at."""
    with pytest.raises(ValidationError):
        posted(**given)


NEW, SAME = "new", "4f2a0001"
AT_ITS_START = {"startsAt": "2026-11-24T11:00:00Z"}


@pytest.mark.parametrize(
    ("before", "state", "given", "id_", "start"),
    [
        (silence(), "active", AT_ITS_START, SAME, -1),  # a longer or shorter end, to the second of its start
        (silence(), "active", {"startsAt": "2026-11-24T11:30:00Z"}, NEW, 0),  # what was cannot be changed
        (silence(), "active", {**AT_ITS_START, "matchers": [matcher(value="B")]}, NEW, 0),
        (silence(start=0.5), "pending", {"startsAt": "2026-11-24T13:00:00.25Z"}, SAME, 1),
        (silence(start=0.5), "pending", AT_ITS_START, NEW, 0),
        (silence(start=0.5), "pending", {"startsAt": "2026-11-24T13:00:00.25Z", "matchers": [matcher("b")]}, NEW, 1),
        (silence(-3, -1), "expired", AT_ITS_START, NEW, 0),
        (silence(-3, -1, rrule="FREQ=DAILY;COUNT=1", length=HOUR), "expired", AT_ITS_START, NEW, 0),
    ],
)
def test_a_silence_that_takes_anothers_place(
    before: Silence, state: str, given: dict[str, Any], id_: str, start: float
):
    """Under its id where only what is yet to come changes; else a new one that begins now at the earliest."""
    asked = silence_of(posted(**given), NEW, "caller", NOW)
    after = following(stated(before, state), asked, NOW)
    assert (after.id, after.starts_at, after.ends_at) == (id_, NOW + start * HOUR, asked.ends_at)
    assert (after.author, after.reason, after.created_at) == ("bob", "wind", NOW)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"rrule": "FREQ=DAILY", "length": HOUR}, "comes again and again"),
        ({"until_resolved": True}, "until all has resolved"),
    ],
)
def test_what_alertmanager_cannot_describe_is_not_edited(terms: dict[str, Any], says: str):
    """What was sent is one occurrence of it, or a made-up end: not what is meant."""
    asked = silence_of(posted(), NEW, "caller", NOW)
    with pytest.raises(NotMapped) as refused:
        following(stated(silence(end=None, **terms)), asked, NOW)
    assert says in str(refused.value)
    assert "4f2a0001" in str(refused.value)
