"""What a digest says, from plain values and from a life."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertd.alerts.flapping import Episode
from alertd.daemon.digests import Facts, Monitor, digest_of
from alertd.model import Delivery, DeliveryState, Message, NotifyReason, Severity, Source
from alertd.notify.standing import Ack
from tests.notify.letters import AT, alert, ended
from tests.support.world import LOW_VOLTAGE, World

DUE = AT + timedelta(hours=4, minutes=50)

ACK = Ack(
    alert_id="alert-0",
    rule="LowVoltage",
    subject="QT123456",
    by="Ann",
    at=AT,
    until=AT + timedelta(hours=9),
    note="on my way",
    severity=Severity.CRITICAL,
)
FLAPS = Episode(
    id="f", rule="LowVoltage", subject="QT9", alert_id="e", severity=Severity.CRITICAL, count=12, began_at=AT
)
LOST = Delivery(
    id=1,
    target="field-slack",
    group_key="g",
    reason=NotifyReason.FIRST,
    message=Message(title="[CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V", body=""),
    says=(),
    state=DeliveryState.DEAD,
    decided_at=AT,
    due_at=AT,
    error="HTTP 404",
)


def facts(**given: Any) -> Facts:
    return Facts(**{"due_at": DUE, "since": DUE - timedelta(days=1), "zone": "Europe/London", "alerts": [], **given})


def lists(given: Facts) -> dict[str, list[str]]:
    return {section.title: [line.text for line in section.lines] for section in digest_of(given).sections}


def test_an_empty_day() -> None:
    """No list stands there empty."""
    digest = digest_of(facts(monitors=[Monitor("QT1")]))
    assert (digest.firing, digest.ended, digest.sections) == (0, 0, ())


def test_alerts() -> None:
    """What fires, held or not and by what; what began and what ended since the last one; who has what in hand."""
    old = alert(1, name="Quarry B", stale_since=AT, recorded_at=DUE - timedelta(days=3))
    new = alert(0, recorded_at=AT)
    over = ended(2, recorded_at=AT)
    given = facts(alerts=[old, new, over], held={"alert-0": ["silence 4f2a"]}, acks={"alert-0": ACK})
    assert lists(given) == {
        "Firing": [
            "CRITICAL LowVoltage · Quarry A north (QT123456) 11.21 V, since 24 Nov 02:10 GMT; held by silence 4f2a",
            "CRITICAL LowVoltage · Quarry B (QT123457) 11.21 V, since 24 Nov 02:10 GMT; no data since 24 Nov 02:10 GMT",
        ],
        "Began": [
            "LowVoltage · Quarry A north (QT123456), 24 Nov 02:10 GMT",
            "LowVoltage · Quarry A north (QT123458), 24 Nov 02:10 GMT",
        ],
        "Ended": ["LowVoltage · Quarry A north (QT123458), until 24 Nov 04:15 GMT (2 h 5 min): recovered"],
        "Acknowledged": ["LowVoltage · Quarry A north (QT123456), by Ann until 24 Nov 11:10 GMT: on my way"],
    }
    digest = digest_of(given)
    assert (digest.firing, digest.ended) == (2, 1)
    assert [line.alert_id for line in digest.sections[0].lines] == ["alert-0", "alert-1"]


def test_flapping_and_what_was_lost() -> None:
    """What flaps with how often and how it stands, and each message that was given up."""
    assert lists(facts(flapping=[(FLAPS, ended(0, id="e"))], undelivered=[LOST], idle_rules=["Z", "A"])) == {
        "Flapping": ["LowVoltage · Quarry A north (QT123456): 12 changes since 24 Nov 02:10 GMT, clear now"],
        "Not delivered": [
            "field-slack, 24 Nov 02:10 GMT: [CRITICAL] LowVoltage · Quarry A north (QT123456) 11.21 V (HTTP 404)"
        ],
        "Rules without a monitor": ["A", "Z"],
    }


def test_monitors() -> None:
    """The ten lowest voltages, calibrations due within a fortnight, SIMs over 80 % of a quota that is not 0."""
    monitors = [Monitor(f"QT{n:02}", voltage=11.0 + n / 10) for n in range(12)]
    monitors += [
        Monitor("QA", "A", calibration_due_at=DUE + timedelta(days=13), sim_used=81.0, sim_quota=100.0),
        Monitor("QB", calibration_due_at=DUE + timedelta(days=15), sim_used=80.0, sim_quota=100.0),
        Monitor("QC", calibration_due_at=DUE - timedelta(days=3), sim_used=950.0, sim_quota=1000.0),
        Monitor("QD", sim_used=50.0, sim_quota=0.0),
    ]
    found = lists(facts(monitors=monitors))
    assert found["Lowest voltages"][0] == "11.00 V · QT00"
    assert len(found["Lowest voltages"]) == 10
    assert found["Calibrations due"] == ["QC: overdue since 21 November", "A (QA): due 7 December"]
    assert found["SIMs nearly used up"] == ["QC: 95 % of 1 000 MB", "A (QA): 81 % of 100 MB"]


NewWorld = Callable[..., World]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[NewWorld]:
    made: list[World] = []

    def make(*rules: dict[str, object], **given: Any) -> World:
        made.append(World(tmp_path, *rules, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


MAIL = {"name": "team", "targets": [{"name": "mail", "url": "json://127.0.0.1:9/mail"}]}
CALIBRATED = {"alert": "CalibrationOverdue", "when": 'age(calibration) > "35d"', "severity": "warning"}
NOBODYS = {"alert": "Nobodys", "when": "current.temp > 90", "match": ['power="wind"']}


def test_a_day_in_a_digest(world: NewWorld) -> None:
    """What is routed to the receiver, from the store: silenced alerts and quiet ones are in it, others' are not."""
    w = world(
        LOW_VOLTAGE,
        CALIBRATED,
        NOBODYS,
        serials=("QT1", "QT2", "QT3"),
        instruments={"labels": {"QT3": {"site": "elsewhere"}}},
        poll={"calibrations": "1m"},
        receivers=[
            {**MAIL, "digest": {"cron": "0 17 * * *", "location": "Europe/London"}},
            {"name": "others", "targets": [{"name": "other", "url": "json://127.0.0.1:9/other"}]},
        ],
        route={"receiver": "team", "routes": [{"matchers": ['site="elsewhere"'], "receiver": "others"}]},
    )
    w.client.record(Source.CALIBRATIONS, "QT1", datetime(2025, 12, 10, 9, 0, tzinfo=UTC), {"status": "Success"})
    w.at("0m").silence('instrument="QT1"', until="3h")
    w.at("10m").voltage("QT1", 11.0).voltage("QT2", 11.1).voltage("QT3", 10.9)
    w.at("50m").voltage("QT2", 12.4)
    w.run_to("2h")
    digest = next(each.text for each in w.heard if each.reason == "digest")
    assert digest.startswith("[DIGEST] 1 fires, 1 ended · 10 January\n")
    firing, began, over, lowest, due, idle = [
        part.split("\n") for part in digest.split("\n", 1)[1].strip().split("\n\n")
    ]
    assert firing[0] == "Firing"
    assert len(firing) == 2
    assert "LowVoltage · Monitor QT1 (QT1) 11.00 V" in firing[1]
    assert "held by silence s0" in firing[1]
    assert [line.partition(",")[0] for line in began] == [
        "Began",
        "- LowVoltage · Monitor QT1 (QT1)",
        "- LowVoltage · Monitor QT2 (QT2)",
    ]
    assert over[0] == "Ended"
    assert over[1].endswith("(40 min): recovered")
    assert lowest == ["Lowest voltages", "- 11.00 V · Monitor QT1 (QT1)", "- 12.40 V · Monitor QT2 (QT2)"]
    assert due == ["Calibrations due", "- Monitor QT1 (QT1): due 14 January"]
    assert idle == ["Rules without a monitor", "- Nobodys"]


def test_what_holds_is_said_as_it_is_when_the_digest_is_made(world: NewWorld) -> None:
    """A silence that nobody looked at before, but not the quiet hours that are just over."""
    quiet = {"times": [{"start_time": "16:00", "end_time": "17:00"}]}
    receiver = {**MAIL, "digest": {"cron": "0 17 * * *"}, "quiet_hours": quiet}
    w = world(LOW_VOLTAGE, receivers=[receiver], route={"receiver": "team"}, serials=("QT1", "QT2"))
    w.at("70m").voltage("QT1", 11.0).voltage("QT2", 11.0).at("2h").silence('instrument="QT1"', until="3h")
    w.run_to("2h")
    digest = next(each.text for each in w.heard if each.reason == "digest")
    held = [line.partition("; ")[2] for line in digest.split("\n") if line.startswith("- CRITICAL")]
    assert sorted(held) == ["", "held by silence s0"]


def test_what_was_not_delivered_is_in_the_next_one(world: NewWorld) -> None:
    """A dead letter to one of the receiver's targets is listed to the others."""
    receiver = {
        "name": "team",
        "targets": [{"name": name, "url": f"json://127.0.0.1:9/{name}"} for name in ("mail", "chat")],
        "digest": {"cron": "0 17 * * *"},
    }
    w = world(LOW_VOLTAGE, receivers=[receiver], route={"receiver": "team"})
    w.at("0m").target_down("chat").at("0m").voltage("QT1", 11.0)
    w.run_to("72h", step="2h")
    digests = [each.text for each in w.heard if each.reason == "digest" and each.target == "mail"]
    assert "Not delivered" not in digests[0]
    assert any("Not delivered\n- chat, 10 Jan" in text and "(HTTP 500)" in text for text in digests), digests
