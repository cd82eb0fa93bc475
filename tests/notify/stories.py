"""One letter of each kind, whose messages are kept in golden/."""

from datetime import timedelta

from alertd.alerts.flapping import Episode
from alertd.model import Alert, EndReason, NotifyReason, Severity
from alertd.notify.letter import Digest, Letter, Line, RuleTexts, Section
from alertd.notify.standing import Ack
from tests.notify.letters import AT, alert, ended, letter, own

SITE = {"alertname": "LowVoltage", "site": "Quarry A"}

STALE = alert(1, name="Quarry A south", stale_since=AT + timedelta(hours=1))
HOT = alert(2, rule="Hot", severity=Severity.WARNING, values={"current.temp": 91.0}, explanation="temp 91 °C > 85 °C")
NASTY = alert(3, name="<!channel> *x* <at>all</at>\n[CRITICAL] @here <b>&", values={"sic.status": "<script>"})


def offline(index: int, **given: object) -> Alert:
    """A monitor that is offline."""
    usual: dict[str, object] = {
        "rule": "MonitorOffline",
        "name": f"Quarry A {index}",
        "values": {"status.online": False},
        "explanation": "offline",
        "params": {},
    }
    return alert(index, **{**usual, **given})


SITE_DOWN = own(
    id="site-down",
    rule="SiteDown",
    subject="Quarry A",
    severity=Severity.CRITICAL,
    labels={"alertname": "SiteDown", "instrument": "", "source": "alertd", "site": "Quarry A"},
    explanation="9 of 10 monitors are offline",
)
EXPLAINED = (
    *(offline(index) for index in range(9)),
    ended(1, id="low", name="Quarry A 1"),
)
ACK = Ack(
    alert_id="alert-1",
    rule="LowVoltage",
    subject="QT123457",
    by="Ann",
    at=AT + timedelta(hours=1),
    until=AT + timedelta(hours=9),
    note="on my way with a battery",
    severity=Severity.CRITICAL,
)
FLAPS = Episode(
    id="f0",
    rule="LowVoltage",
    subject="QT123456",
    alert_id="alert-0",
    severity=Severity.CRITICAL,
    count=4,
    began_at=AT,
)
DIGEST = Digest(
    due_at=AT + timedelta(hours=5),
    firing=2,
    ended=1,
    zone="Europe/London",
    sections=(
        Section(
            "Firing",
            (
                Line("CRITICAL LowVoltage · Quarry A north (QT123456) 11.21 V, since 24 Nov 02:10 GMT", "alert-0"),
                Line("WARNING Hot · Quarry A north (QT123458) 91 °C, since 24 Nov 02:10 GMT; silence 4f2a", "alert-2"),
            ),
        ),
        Section("Ended", (Line("LowVoltage · Quarry A north (QT123460), 2 h 5 min: recovered", "alert-4"),)),
        Section("Lowest voltages", (Line("11.21 V · Quarry A north (QT123456)"), Line("12.60 V · Quarry B (QT9)"))),
    ),
)


def _of_many(index: int) -> Alert:
    rule, severity = ("LowVoltage", Severity.CRITICAL) if index < 150 else ("Hot", Severity.WARNING)
    return alert(index, rule=rule, severity=severity, name=f"Quarry A {index}")


LETTERS: dict[str, Letter] = {
    "one": letter([alert()], group_labels=SITE),
    "several": letter(
        [alert(), STALE, HOT],
        [ended(4)],
        reason=NotifyReason.NEW_ALERTS,
        group_labels={"site": "Quarry A"},
        acks={"alert-1": ACK},
    ),
    "three_over": letter(
        [],
        [ended(), ended(5, resolved_reason=EndReason.RULE_REMOVED), ended(6, name="Quarry A south")],
        reason=NotifyReason.ALL_RESOLVED,
        group_labels=SITE,
    ),
    "two_hundred": letter([_of_many(index) for index in range(200)], group_labels={"site": "Quarry A"}),
    "site_down": letter([SITE_DOWN], explains={"site-down": EXPLAINED}, texts={}),
    "digest": letter(reason=NotifyReason.DIGEST, digest=DIGEST, now=DIGEST.due_at),
    "empty_digest": letter(
        reason=NotifyReason.DIGEST,
        digest=Digest(due_at=AT, firing=0, ended=0, zone="UTC", sections=()),
        now=AT,
    ),
    "reminder": letter(
        [alert()],
        reason=NotifyReason.REMINDER,
        texts={},
        now=AT + timedelta(days=2, hours=3),
        trends={"alert-0": "still falling 0.1 V a day"},
    ),
    "offline": letter(
        [offline(0)],
        texts={},
        asides={"alert-0": ("supply voltage fell from 12.1 to 11.4 V in the 12 h before",)},
    ),
    "unacknowledged": letter([alert()], reason=NotifyReason.UNACKNOWLEDGED, unacknowledged_since=AT),
    "silence_ended": letter([alert()], [ended(4)], reason=NotifyReason.SILENCE_ENDED, why="swapping batteries"),
    "quiet_ended": letter([], [ended(4)], reason=NotifyReason.QUIET_ENDED),
    "flapping": letter([], [ended()], reason=NotifyReason.FLAPPING, episodes={"alert-0": FLAPS}, texts={}),
    "flapping_ended": letter([], [ended()], reason=NotifyReason.FLAPPING_ENDED, episodes={"alert-0": FLAPS}),
    "drill": letter([alert()], reason=NotifyReason.DRILL, drill="silence 4f2a, interval nights"),
    "nasty": letter([NASTY], texts={"LowVoltage": RuleTexts(summary="{{ instrument.name }}: {{ value }}")}),
    "own": letter([own()]),
}
