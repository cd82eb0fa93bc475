"""What `alertd silence add` makes of its words: times through every change of the clocks, ends, and what it refuses."""

from datetime import UTC, datetime, timedelta

import pytest

from alertd.daemon.silence_terms import Asked, silence_of
from alertd.daemon.words import read_matchers
from alertd.errors import UsageError
from alertd.notify.silences import Silence, holds, state_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LONDON = "Europe/London"  # 2027: 28 March 01:00 → 02:00, 31 October 02:00 → 01:00
HOUR = timedelta(hours=1)


def made(**words: object) -> Silence:
    given = {"matchers": read_matchers(["site=Quarry A"]), "reason": "works", "author": "Ann", **words}
    return silence_of(Asked(**given), "5e1f0a2b", NOW)  # type: ignore[arg-type]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "starts_at", "ends_at"),
    [
        ({"lasts": "2h"}, "2026-11-24T12:00", "2026-11-24T14:00"),
        ({"lasts": "2h", "start": "1h30m"}, "2026-11-24T13:30", "2026-11-24T15:30"),
        ({"lasts": "2h", "start": "2026-11-24T11:00"}, "2026-11-24T11:00", "2026-11-24T13:00"),
        ({"until": "3d"}, "2026-11-24T12:00", "2026-11-27T12:00"),
        ({"until": "2026-12-01T22:00"}, "2026-11-24T12:00", "2026-12-01T22:00"),
        ({"until": "2026-12-01T22:00+01:00"}, "2026-11-24T12:00", "2026-12-01T21:00"),
        ({"until": "2026-12-01"}, "2026-11-24T12:00", "2026-12-01T00:00"),
        ({"until": "2027-07-01T22:00", "timezone": LONDON}, "2026-11-24T12:00", "2027-07-01T21:00"),
        # 01:30 comes twice on 31 October: the first as a start, the last as an end; on 28 March it does not exist
        ({"until": "2027-10-31T01:30", "timezone": LONDON}, "2026-11-24T12:00", "2027-10-31T01:30"),
        ({"lasts": "1h", "start": "2027-10-31T01:30", "timezone": LONDON}, "2027-10-31T00:30", "2027-10-31T01:30"),
        ({"lasts": "1h", "start": "2027-03-28T01:30", "timezone": LONDON}, "2027-03-28T01:30", "2027-03-28T02:30"),
        ({"lasts": "36525d"}, "2026-11-24T12:00", "2126-11-25T12:00"),
        ({"until_resolved": True}, "2026-11-24T12:00", None),
    ],
)
def test_once(words, starts_at, ends_at):
    """From when until when: relative times count from now, those without an offset are UTC's or the zone's."""
    silence = made(**words)
    assert silence.starts_at == utc(starts_at)
    assert silence.ends_at == (None if ends_at is None else utc(ends_at))
    assert (silence.rrule, silence.length, silence.until_resolved) == (None, None, ends_at is None)
    assert (silence.author, silence.reason, silence.created_at) == ("Ann", "works", NOW)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "say until when: --for, --until or --until-resolved"),
        ({"lasts": "2h", "until": "3h"}, "--for and --until: one end is wanted"),
        ({"lasts": "2h", "until_resolved": True}, "--for and --until-resolved: one end is wanted"),
        ({"lasts": "1h", "until": "2h", "until_resolved": True}, "--for and --until and --until-resolved: one"),
        ({"lasts": "0s"}, "--for: 0s is no time at all"),
        ({"lasts": "2 hours"}, "--for: a duration is wanted"),
        ({"lasts": "36526d"}, "--for: 36526d is longer than a hundred years"),
        ({"until": "soon"}, '--until: "soon" is no time'),
        ({"until": "2126-12-01"}, "--until: "),
        ({"until": "2026-11-24T11:00"}, "it would end before it begins"),
        ({"until": "0"}, "it would end before it begins"),
        ({"until": "2h", "start": "3h"}, "it would end before it begins"),
        ({"lasts": "1h", "start": "2026-11-24T10:00"}, "it would be over already"),
        ({"lasts": "1h", "start": "9999-12-31"}, '--start: "9999-12-31" is no time'),
        ({"lasts": "1h", "start": "-5h"}, '--start: "-5h" is no time'),
        ({"lasts": "1h", "timezone": "Europe/Londn"}, 'there is no time zone "Europe/Londn": did you mean'),
        ({"lasts": "1h", "timezone": "../../etc/passwd"}, "there is no time zone"),
        ({"lasts": "1h", "timezone": ""}, "there is no time zone"),
        ({"lasts": "1h", "reason": " \n"}, "--reason: say why"),
        ({"lasts": "1h", "reason": "N" * 2001}, "--reason: 2001 characters; 2000 are the most"),
        ({"lasts": "1h", "author": "N" * 2001}, "--author: 2001 characters"),
        ({"rrule": "FREQ=DAILY"}, "--for is wanted with --rrule"),
        ({"rrule": "FREQ=DAILY", "until": "3d"}, "--for is wanted with --rrule"),
        ({"rrule": "FREQ=DAILY", "lasts": "1h", "until_resolved": True}, "--until-resolved and --rrule"),
        ({"rrule": "FREQ=DAYLY", "lasts": "1h"}, "--rrule: FREQ: "),
        (
            {"rrule": "FREQ=DAILY;BYHUOR=3", "lasts": "1h"},
            '--rrule: BYHUOR: there is no such part: did you mean "BYHOUR"',
        ),
        ({"rrule": "FREQ=DAILY;COUNT=-1", "lasts": "1h"}, "--rrule: COUNT: "),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "lasts": "1h"}, "this never happens"),
        ({"rrule": "", "lasts": "1h"}, "--rrule: "),
        ({"rrule": "FREQ=DAILY;UNTIL=20261101", "lasts": "1h"}, "it would never be on"),
        ({"rrule": "FREQ=DAILY", "lasts": "1h", "until": "2026-11-20"}, "it would end before it begins"),
    ],
)
def test_what_is_refused(words, said):
    """One line that names the option, and of a recurrence rule the part."""
    with pytest.raises(UsageError) as refused:
        made(**words)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


AT_QUARRY = {"site": "Quarry A"}


@pytest.mark.parametrize(
    ("words", "labels", "at", "on"),
    [
        # without a zone: 22:00 by each monitor's own clock, else UTC's
        ({"start": "2026-11-24T22:00"}, {}, "2026-11-24T22:00", True),
        ({"start": "2026-11-24T22:00"}, {}, "2026-11-24T21:59", False),
        ({"start": "2026-11-24T22:00"}, {"timezone": "Asia/Kathmandu"}, "2026-11-24T16:15", True),
        ({"start": "2026-11-24T22:00"}, {"timezone": "Asia/Kathmandu"}, "2026-11-24T16:14", False),
        ({"start": "2026-11-24T22:00"}, {"timezone": "America/Los_Angeles"}, "2026-11-25T05:59", False),
        ({"start": "2026-11-24T22:00"}, {"timezone": "America/Los_Angeles"}, "2026-11-25T06:00", True),
        # with one: by its clock for everybody
        ({"start": "2026-11-24T22:00", "timezone": LONDON}, {"timezone": "Asia/Kathmandu"}, "2026-11-24T21:59", False),
        ({"start": "2026-11-24T22:00", "timezone": LONDON}, {"timezone": "Asia/Kathmandu"}, "2026-11-24T22:00", True),
        ({"start": "2026-11-24T22:00", "timezone": LONDON}, {}, "2027-07-01T21:00", True),
        ({"start": "2026-11-24T22:00", "timezone": LONDON}, {}, "2027-07-01T20:59", False),
        # a first start that does not exist there does not move the others
        ({"start": "2027-03-28T01:30", "timezone": LONDON}, {}, "2027-03-28T01:30", True),
        ({"start": "2027-03-28T01:30", "timezone": LONDON}, {}, "2027-03-29T00:30", True),
        ({"start": "2027-03-28T01:30", "timezone": LONDON}, {}, "2027-03-29T00:29", False),
        # the end of the series, by the same clocks
        ({"start": "2026-11-24T22:00", "until": "2026-11-25T23:00"}, {}, "2026-11-25T22:59", True),
        ({"start": "2026-11-24T22:00", "until": "2026-11-25T23:00"}, {}, "2026-11-25T23:00", False),
        (
            {"start": "2026-11-24T22:00", "until": "2026-11-25T23:00"},
            {"timezone": "America/Los_Angeles"},
            "2026-11-26T06:59",
            True,
        ),
        (
            {"start": "2026-11-24T22:00", "until": "2026-11-25T23:00"},
            {"timezone": "America/Los_Angeles"},
            "2026-11-26T07:00",
            False,
        ),
        # from now on, where nothing is said: at this instant everywhere
        ({}, {"timezone": "Asia/Kathmandu"}, "2026-11-24T12:00", True),
        ({}, {"timezone": "America/Los_Angeles"}, "2026-11-25T13:59", True),
        ({}, {"timezone": "America/Los_Angeles"}, "2026-11-25T14:00", False),
    ],
)
def test_again_and_again(words, labels, at, on):
    """A daily silence of two hours: when it holds what, by whose clock."""
    silence = made(rrule="FREQ=DAILY", lasts="2h", **words)
    assert holds(silence, AT_QUARRY | labels, utc(at)) is on


def test_a_series_is_what_it_was_asked_for():
    """Length, rule, zone and both ends; pending until its first time."""
    silence = made(rrule="RRULE:FREQ=WEEKLY;BYDAY=SA", lasts="9h", start="4d", until="60d", timezone=LONDON)
    assert (silence.rrule, silence.length, silence.timezone) == ("RRULE:FREQ=WEEKLY;BYDAY=SA", 9 * HOUR, LONDON)
    assert (silence.starts_at, silence.ends_at) == (NOW + timedelta(days=4), NOW + timedelta(days=60))
    assert state_of(silence, NOW) == "pending"


@pytest.mark.parametrize(
    ("text", "label", "operator", "value"),
    [
        ('site="Quarry A"', "site", "=", "Quarry A"),
        ("site=Quarry A", "site", "=", "Quarry A"),
        ("site=~Quarry.*", "site", "=~", "Quarry.*"),
        ("severity!=critical", "severity", "!=", "critical"),
        ('power!~"mains|"', "power", "!~", "mains|"),
        ("team=", "team", "=", ""),
        ("note=a=b", "note", "=", "a=b"),
    ],
)
def test_matchers(text, label, operator, value):
    """As they come from a shell, with quotes or without."""
    (matcher,) = read_matchers([text])
    assert (matcher.label, matcher.operator, matcher.value) == (label, operator, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "site",
        "=x",
        "1site=x",
        'site="x',
        "site=~[",
        "site=~*",
        "site=~a{2000}",
        "a b=c",
        "site=~a++",
        "site=~" + "(" * 6000 + ")" * 6000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_matcher(text):
    """One line, whatever the expression does to the library that reads it."""
    with pytest.raises(UsageError) as refused:
        read_matchers([text])
    assert "\n" not in str(refused.value)
