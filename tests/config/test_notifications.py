"""What config.yaml says of when messages go: right ones with what they mean, wrong ones with their place."""

from datetime import timedelta

import pytest

from alertd.config.settings import Settings
from alertd.config.times import Cron, Rate
from alertd.matchers import parse_matcher
from tests.support.configs import SMALLEST

WHOLE = """\
mycirrus: {api_key: k}
causes:
  site_label: quarry
  site_down: {share: 1, at_least: 2, within: 5m}
flapping: {changes: 2, within: 1h, quiet: 30m}
receivers:
  - name: field-team
    targets:
      - {name: field-mail, url: "json://127.0.0.1", rate: 20/m}
      - {name: field-slack, url: "json://127.0.0.1", rate: off}
    quiet_hours:
      times: [{start_time: "22:00", end_time: "07:00"}, {start_time: 12:00, end_time: 24:00}]
      weekdays: ["monday:friday"]
      location: Europe/London
      mode: digest
      bypass: ['severity="critical"']
    digest: {cron: "0 7 * * mon-fri", location: Europe/London}
  - {name: on-call, targets: [{name: duty, url: "json://127.0.0.1"}]}
route:
  receiver: field-team
  escalate: [{after: 30m, receiver: on-call}, {after: 1h, receiver: field-team}]
  routes:
    - matchers: ['severity="critical"']
      mute_time_intervals: [nights]
      active_time_intervals: [work]
      escalate: []
inhibit_rules:
  - {source_matchers: ['alertname="MainsLost"'], target_matchers: ['alertname="LowVoltage"'], equal: [quarry, name]}
time_intervals:
  - name: nights
    time_intervals: [{times: [{start_time: "22:00", end_time: "07:00"}], location: Asia/Kathmandu}]
  - name: work
    time_intervals:
      - {days_of_month: ["1:5", -1, 15], months: ["january:march", 5, "11:2"], years: ["2026:2027", 2030]}
      - {weekdays: [Saturday, "sunday:monday"]}
"""


def test_defaults(load):
    """Without a word on it: sites and flapping are looked at, times and escalations are none."""
    settings = load(SMALLEST).settings
    assert (settings.causes.site_label, settings.causes.site_down.share) == ("site", 0.8)
    assert (settings.causes.site_down.at_least, settings.causes.site_down.within) == (3, timedelta(minutes=10))
    flapping = settings.flapping
    assert (flapping.changes, flapping.within, flapping.quiet) == (4, timedelta(hours=6), timedelta(hours=6))
    assert settings.receivers[0].quiet_hours is None
    assert settings.receivers[0].digest is None
    assert settings.receivers[0].targets[0].rate is None
    assert settings.route.escalate == []
    assert settings.inhibit_rules == settings.time_intervals == []


def test_the_whole_form(load):
    """Every key, with its value; a whole number does for a share, as do times without quotes."""
    settings = load(WHOLE).settings
    team, on_call = settings.receivers
    assert [target.rate for target in team.targets] == [Rate(count=20, per=timedelta(minutes=1)), "off"]
    assert [each.minutes for each in team.quiet_hours.times] == [(1320, 420), (720, 1440)]
    assert team.quiet_hours.weekdays == [(0, 4)]
    assert team.quiet_hours.mode == "digest"
    assert team.quiet_hours.bypass == [parse_matcher('severity="critical"')]
    assert team.digest.cron == Cron(minute="0", hour="7", day="*", month="*", day_of_week="mon,tue,wed,thu,fri")
    assert on_call.quiet_hours is None
    assert [step.after for step in settings.route.escalate] == [timedelta(minutes=30), timedelta(hours=1)]
    assert settings.route.routes[0].mute_time_intervals == ["nights"]
    assert settings.route.routes[0].escalate == []
    assert settings.inhibit_rules[0].equal == ["quarry", "name"]
    nights, work = settings.time_intervals
    assert nights.time_intervals[0].location == "Asia/Kathmandu"
    first, second = work.time_intervals
    assert first.days_of_month == [(1, 5), (-1, -1), (15, 15)]
    assert first.months == [(1, 3), (5, 5), (11, 2)]
    assert first.years == [(2026, 2027), (2030, 2030)]
    assert second.weekdays == [(5, 5), (6, 0)]


@pytest.mark.parametrize("key", ["flapping", "site_down"])
def test_off(load, key):
    """Both can be switched off; off is no false and no null."""
    settings = load(SMALLEST + {"flapping": "flapping: off\n", "site_down": "causes: {site_down: off}\n"}[key]).settings
    assert (settings.flapping is None) == (key == "flapping")
    assert (settings.causes.site_down is None) == (key == "site_down")


def test_a_receiver_that_only_an_escalation_names_is_reached(load):
    """on-call is told when nobody acknowledged: no warning."""
    assert not [mistake for mistake in load(WHOLE).mistakes({}) if mistake.warning]


def test_editors_are_told_of_off():
    """The schema takes the word where the config does, and no null."""
    schema = Settings.model_json_schema()
    assert schema["properties"]["flapping"]["anyOf"][1] == {"const": "off"}
    assert schema["$defs"]["Causes"]["properties"]["site_down"]["anyOf"][1] == {"const": "off"}


CRON = "0 7 * * mon-fri"
NIGHT = '{start_time: "22:00", end_time: "07:00"}, {'
MATCHER = "source_matchers: ['alertname=\"MainsLost\"']"

# what stands in WHOLE, what it becomes, and the place and words of the one mistake
BROKEN = [
    ("share: 1,", "share: 0,", "4:22", "share: a part is wanted, more than 0 and at most 1"),
    ("share: 1,", "share: 1.1,", "4:22", "share: a part is wanted, more than 0 and at most 1"),
    ("share: 1,", "share: .nan,", "4:22", "share: a number is wanted, neither NaN"),
    ("share: 1,", "share: 80%,", "4:22", "share: a number is wanted, not text"),
    ("at_least: 2", "at_least: 0", "4:35", "at_least: at least 1 is wanted"),
    ("within: 5m", "within: 0s", "4:46", "within: 0s is too short"),
    ("{share: 1, at_least: 2, within: 5m}", "no", "4:14", "site_down: a mapping (key: value) is wanted, not text"),
    (
        " {share: 1, at_least: 2, within: 5m}",
        "",
        "4:13",
        "site_down: off or a mapping (key: value) is wanted, and nothing",
    ),
    ("site_label: quarry", "site_label: the-site", "3:15", "site_label: a label has letters"),
    ("changes: 2", "changes: 1", "5:21", "changes: at least 2 is wanted: each alert begins once"),
    ("changes: 2", "changes: many", "5:21", "changes: a whole number is wanted, not text"),
    ("changes: 2", "change: 2", "5:12", 'unknown key "change": did you mean "changes"?'),
    ("20/m", "20", "9:59", "rate: a rate is wanted, such as 1/s, 20/m or 100/h; or off"),
    ("20/m", "0/m", "9:59", "rate: a rate is wanted"),
    ("20/m", "20/d", "9:59", "rate: a rate is wanted"),
    ("20/m", "1.5/s", "9:59", "rate: a rate is wanted"),
    (NIGHT, NIGHT.replace("22:00", "25:00"), "12:28", "start_time: a time of day is wanted, such as 07:00 or 22:30"),
    (NIGHT, NIGHT.replace("22:00", "24:01"), "12:28", "start_time: a time of day is wanted"),
    (NIGHT, NIGHT.replace('"22:00"', "22"), "12:28", "start_time: a time of day is wanted"),
    (NIGHT, NIGHT.replace("22:00", "10pm"), "12:28", "start_time: a time of day is wanted"),
    (
        NIGHT,
        NIGHT.replace("22:00", "07:00"),
        "12:15",
        "times, item 1: it starts when it ends; a whole day is 00:00 to 24:00",
    ),
    (NIGHT, NIGHT.replace("22:00", "24:00"), "12:15", "times, item 1: 24:00 is an end only: start at 00:00"),
    (NIGHT, NIGHT.replace("end_time", "end_tim"), "12:37", 'unknown key "end_tim": did you mean "end_time"?'),
    ("mode: digest", "mode: hold", "15:13", "mode: 'defer', 'digest' or 'drop' is wanted"),
    (
        '\n    digest: {cron: "' + CRON + '", location: Europe/London}',
        "",
        "15:13",
        "mode: this receiver has no digest: give it one",
    ),
    (CRON, "0 7 * *", "17:20", 'cron: five fields are wanted, as in "0 7 * * mon-fri"'),
    (CRON, "@daily", "17:20", "cron: five fields are wanted"),
    (CRON, "60 7 * * *", "17:20", 'cron: minute: "60" is not within 0 and 59'),
    (CRON, "0 24 * * *", "17:20", 'cron: hour: "24" is not within 0 and 23'),
    (CRON, "0 7 * * mon-fry", "17:20", 'cron: weekday: "fry" is not within 0 and 7'),
    (CRON, "0 7 * * 8", "17:20", 'cron: weekday: "8" is not within 0 and 7'),
    (CRON, "0 7 * mar-jan *", "17:20", 'cron: month: "mar-jan" is no range'),
    (CRON, "0 */0 * * *", "17:20", 'cron: hour: "*/0" is no range, nor a step of one'),
    (CRON, "0 7 30 2 *", "17:20", "cron: this day never comes"),
    (CRON, "0 7 1 * mon", "17:20", "cron: a day of the month and a weekday together"),
    (CRON, "x 7 * * *", "17:20", 'cron: minute: "x" is no minute'),
    ("receiver: on-call}", "receiver: on-cal}", "21:37", 'there is no receiver "on-cal": did you mean "on-call"?'),
    ("after: 30m", "after: 1h", "21:54", "after: each step must come later than the one above it"),
    ("after: 30m", "after: 0s", "21:22", "after: 0s is too short"),
    ("{after: 30m, receiver: on-call}, ", "{after: 30m}, ", "21:14", '"receiver" is missing'),
    (
        "_intervals: [nights]",
        "_intervals: [night]",
        "24:29",
        'there is no time interval "night": did you mean "nights"?',
    ),
    ("_intervals: [work]", "_intervals: [wrk]", "25:31", 'there is no time interval "wrk": did you mean "work"?'),
    (MATCHER, "source_matchers: []", "28:23", "source_matchers: must hold at least 1"),
    (MATCHER + ", ", "", "28:5", '"source_matchers" is missing'),
    ("equal: [quarry,", "equal: [the-quarry,", "28:103", "equal, item 1: a label has letters"),
    ("location: Asia/Kathmandu", "location: Asia/Kathmandoo", "31:84", 'no time zone "Asia/Kathmandoo": did you mean'),
    ('"1:5", -1', "0, -1", "34:26", "days_of_month, item 1: a day of the month is from 1 to 31"),
    ('"1:5", -1', '"1:32", -1', "34:26", "days_of_month, item 1: a day of the month is from 1 to 31"),
    ('"1:5", -1', '"5:1", -1', "34:26", "days_of_month, item 1: the day 5 is always after 1"),
    ('"1:5", -1', '"-1:5", -1', "34:26", "days_of_month, item 1: a range that begins from the month's end"),
    ('"1:5", -1', '"-1:-3", -1', "34:26", "days_of_month, item 1: the day -1 is always after -3"),
    ('"1:5", -1', "last, -1", "34:26", "days_of_month, item 1: a day of the month is wanted"),
    ('"january:march"', "janury", "34:51", 'a month is wanted, such as january, 1 or 1:3: did you mean "january"?'),
    ('"january:march"', "13", "34:51", "months, item 1: a month is from 1 to 12"),
    ('"2026:2027"', '"2027:2026"', "34:88", "years, item 1: the year 2027 is after 2026"),
    (
        "[Saturday,",
        "[Caturday,",
        "35:21",
        'a weekday is wanted, such as monday or monday:friday: did you mean "saturday"?',
    ),
    (
        "[Saturday,",
        "[6,",
        "35:21",
        "weekdays, item 1: a weekday is wanted, such as monday or monday:friday: numbers mean",
    ),
    ('{weekdays: [Saturday, "sunday:monday"]}', "{location: UTC}", "35:9", "time_intervals, item 2: times, weekdays,"),
]


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN, ids=[f"{row[1].strip()[:40]}" for row in BROKEN])
def test_each_mistake_is_named_at_its_place(mistakes, old, new, place, words):
    """One change, one message, where the change was."""
    assert WHOLE.count(old) == 1
    [(line, column, message)] = mistakes(WHOLE.replace(old, new))
    assert words in message
    assert f"{line}:{column}" == place


def test_all_at_once(mistakes):
    """Form, names, references and order in one go."""
    text = (
        WHOLE.replace("changes: 2", "changes: 1").replace("[nights]", "[night]").replace("mode: digest", "mode: hold")
    )
    text = text.replace("after: 30m", "after: 2h").replace("name: on-call", "name: duty").replace("22:00", "22.00")
    assert [line for line, _, _ in mistakes(text)] == [5, 12, 15, 18, 21, 21, 24, 31]


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("0 7 * * 0", "sun"),
        ("0 7 * * 7", "sun"),
        ("0 7 * * 1-5", "mon,tue,wed,thu,fri"),
        ("0 7 * * 5-7", "sun,fri,sat"),
        ("0 7 * * */2", "sun,tue,thu,sat"),
        ("0 7 * * MON,3", "mon,wed"),
        ("0 7 * * *", "*"),
    ],
)
def test_cron_counts_weekdays_from_sunday(load, text, cron):
    """As cron does; whoever computes the times is given names, which mean the same everywhere."""
    assert load(WHOLE.replace(CRON, text)).settings.receivers[0].digest.cron.day_of_week == cron


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("*/20 6-8 1,15 jan-mar *", ("0,20,40", "6,7,8", "1,15", "1,2,3", "*")),
        ("5 0-23/6 * 12 *", ("5", "0,6,12,18", "*", "12", "*")),
        ("0 7 29 2 *", ("0", "7", "29", "2", "*")),
    ],
)
def test_cron_fields(load, text, fields):
    """Lists, ranges, steps and names."""
    cron = load(WHOLE.replace(CRON, text)).settings.receivers[0].digest.cron
    assert (cron.minute, cron.hour, cron.day, cron.month, cron.day_of_week) == fields
