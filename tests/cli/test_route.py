"""`alertd route test`: where labels lead, why, and what would hold an alert back there."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.daemon.pathfinder import look_down
from alertd.matchers import parse_matcher
from alertd.notify.routes import Policy, Route, reached
from tests.support.processes import LOW_VOLTAGE, Alertd, Site

FIRST, SECOND = "QT100000", "QT100001"
LEVELS = {
    "alert": "Supply",
    "levels": {"warning": {"when": "current.voltage < 12"}, "critical": {"when": "current.voltage < 11"}},
}


def night(**more: object) -> dict[str, object]:
    return {"times": [{"start_time": "22:00", "end_time": "07:00"}], **more}


@pytest.fixture
def tree(site: Site) -> Site:
    """Routes of three kinds, two receivers, times; nothing was polled yet."""

    def receiver(name: str, target: str, **more: object):
        return {"name": name, "targets": [{"name": target, "url": site.sink.target(target)}], **more}

    critical = {"matchers": ['severity="critical"'], "receiver": "on-call", "continue": True, "group_wait": "10s"}
    cliff = {
        "matchers": ['site="Cliff"'],
        "mute_time_intervals": ["nights"],
        "repeat_interval": "1d",
        "repeat_max": "2d",
        "routes": [{"matchers": ['team="north"'], "receiver": "on-call"}],
    }
    by_name = {
        "matchers": ['site=~"Cliff|Quarry A"', 'alertname="LowVoltage"'],
        "group_by": ["..."],
        "escalate": [{"after": "30m", "receiver": "on-call"}],
    }
    site.write(
        instruments={"labels": {FIRST: {"site": "Quarry A"}, SECOND: {"site": "Cliff", "timezone": "Asia/Kathmandu"}}},
        receivers=[receiver("team", "hook"), receiver("on-call", "duty", quiet_hours=night(location="Europe/London"))],
        route={"receiver": "team", "group_by": ["alertname", "site"], "routes": [critical, cliff, by_name]},
        time_intervals=[{"name": "nights", "time_intervals": [night()]}],
    )
    site.write_rules({**LOW_VOLTAGE, "labels": {"kind": "power"}}, LEVELS)
    return site


def route(alertd: Alertd, site: Site, *words: str):
    ran = alertd("route", "test", *words, "--json", "-c", site.path)
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == {"labels", "receivers", "routes", "muted_by"}
    return ran.json


def test_from_the_root_down(tree: Site, alertd: Alertd):
    """Each route that takes it, with all that it inherits, and whom it reaches."""
    found = route(alertd, tree, "alertname=LowVoltage", f"instrument={FIRST}")
    assert found["receivers"] == ["on-call", "team"]
    assert found["routes"] == [
        {
            "receiver": "team",
            "matchers": [],
            "group_by": ["alertname", "site"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
        },
        {
            "receiver": "on-call",
            "matchers": ['severity="critical"'],
            "group_by": ["alertname", "site"],
            "group_wait": "10s",
            "group_interval": "5m",
            "repeat_interval": "4h",
        },
        {
            "receiver": "team",
            "matchers": ['site=~"Cliff|Quarry A"', 'alertname="LowVoltage"'],
            "group_by": ["..."],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
        },
    ]


@pytest.mark.parametrize(
    ("words", "receivers", "matchers"),
    [
        (["severity=info"], ["team"], [[]]),
        (['site="Cliff"'], ["team"], [[], ['site="Cliff"']]),
        (["site=Cliff", "team=north"], ["on-call"], [[], ['site="Cliff"'], ['team="north"']]),
        (["site=Cliff", "severity=critical"], ["on-call", "team"], [[], ['severity="critical"'], ['site="Cliff"']]),
        (["alertname=ApiUnreachable"], ["on-call"], [[], ['severity="critical"']]),
        (["alertname=TargetFailing", "target=hook"], ["team"], [[]]),
    ],
)
def test_where_labels_lead(
    tree: Site, alertd: Alertd, words: list[str], receivers: list[str], matchers: list[list[str]]
):
    """Children first, the node itself where none takes it, `continue` goes on; alertd's own alerts too."""
    found = route(alertd, tree, *words)
    assert (found["receivers"], [each["matchers"] for each in found["routes"]]) == (receivers, matchers)


def test_labels(tree: Site, alertd: Alertd):
    """A monitor and a rule bring theirs, a rule of several levels its worst; what is given wins."""
    before = route(alertd, tree, "alertname=LowVoltage", f"instrument={FIRST}")["labels"]
    assert before == {
        "alertname": "LowVoltage",
        "instrument": FIRST,
        "name": "",
        "model": "",
        "severity": "critical",
        "site": "Quarry A",
        "kind": "power",
    }
    assert alertd("poll", "-c", tree.path).code == 0
    after = route(alertd, tree, "alertname=LowVoltage", f"instrument={FIRST}", "site=Cliff", "severity=info")["labels"]
    assert after == before | {"name": f"Monitor {FIRST}", "model": after["model"], "site": "Cliff", "severity": "info"}
    assert after["model"]
    assert route(alertd, tree, "alertname=Supply")["labels"] == {"alertname": "Supply", "severity": "critical"}
    own = route(alertd, tree, "alertname=TargetFailing", "target=hook")["labels"]
    assert (own["instrument"], own["source"], own["severity"], own["target"]) == ("", "alertd", "warning", "hook")


@pytest.mark.parametrize(
    ("words", "at", "held"),
    [
        (["severity=critical"], "2026-12-01T23:00", ["quiet_hours on-call"]),
        (["severity=critical"], "2026-12-01T12:00", []),
        (["severity=critical"], "2027-07-01T21:30", ["quiet_hours on-call"]),  # 22:30 in London
        (["severity=critical"], "2027-07-01T22:30+02:00", []),
        ([f"instrument={SECOND}"], "2026-12-01T16:30", ["interval nights"]),  # 22:15 in Kathmandu
        ([f"instrument={SECOND}"], "2026-12-01T23:00", ["interval nights"]),
        ([f"instrument={SECOND}"], "2026-12-01T02:00", []),
        (["site=Cliff"], "2026-12-01T16:30", []),
        ([f"instrument={SECOND}", "team=north"], "2026-12-01T18:00", []),  # a branch has its own times
    ],
)
def test_at_another_time(tree: Site, alertd: Alertd, words: list[str], at: str, held: list[str]):
    """Intervals and quiet hours as they are then, by the clock that counts."""
    assert route(alertd, tree, *words, "--at", at)["muted_by"] == held


def test_what_holds_it_now_and_then(tree: Site, alertd: Alertd):
    """Stored silences at that time, also over ones; without `--at` what fires now as well, but never its own alert."""
    offline = {"alert": "MonitorOffline", "when": "not status.online"}
    tree.write(route={"receiver": "team"}, time_intervals=[])
    tree.write_rules(LOW_VOLTAGE, offline)
    tree.simulator.pin(FIRST, online=False)
    assert alertd("poll", "-c", tree.path).code == 0

    def made(*words: str) -> str:
        return alertd("silence", "add", "site=Quarry A", *words, "--reason", "x", "-c", tree.path).out.strip()

    now, later = made("--for", "1h"), made("--start", "2h", "--for", "1h")
    low, off = ["alertname=LowVoltage", f"instrument={FIRST}"], ["alertname=MonitorOffline", f"instrument={FIRST}"]
    assert route(alertd, tree, *low)["muted_by"] == [f"silence {now}", f"cause MonitorOffline/{FIRST}"]
    assert route(alertd, tree, *off)["muted_by"] == [f"silence {now}"]
    assert route(alertd, tree, *low, "--at", "150m")["muted_by"] == [f"silence {later}"]
    assert route(alertd, tree, *low, "--at", "5h")["muted_by"] == []
    alertd("silence", "expire", later, "-c", tree.path)
    assert route(alertd, tree, *low, "--at", "150m")["muted_by"] == []


def test_in_words(tree: Site, alertd: Alertd):
    """The path, why each route did not take it, whom it reaches, who is next, and what holds it."""
    words = ["alertname=LowVoltage", f"instrument={FIRST}", "--at", "2026-12-01T12:00"]
    ran = alertd("route", "test", *words, "-c", tree.path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == [
        "the root: yes",
        '  severity="critical": yes, to on-call, grouped by alertname, site, group_wait 10s',
        '  site="Cliff": no, site is "Quarry A"',
        '  site=~"Cliff|Quarry A", alertname="LowVoltage": yes, to team, grouped by ..., group_wait 30s',
        "told: on-call, team; targets: duty, hook",
        "unless acknowledged, after 30m: on-call",
        "held back then by: nothing",
    ]
    second = alertd("route", "test", "site=Cliff", "alertname=LowVoltage", "severity=info", "-c", tree.path).out
    assert 'alertname="LowVoltage": no, a route above took it' in second


def test_unknown_names(tree: Site, alertd: Alertd):
    """Labels can be anything; a rule or a monitor that nobody knows is a line of warning."""
    ran = alertd("route", "test", "alertname=LowVoltge", "instrument=QT9", "--json", "-c", tree.path)
    assert (ran.code, ran.json["labels"]) == (0, {"alertname": "LowVoltge", "instrument": "QT9"})
    assert ran.errors == [
        "warning: no rule LowVoltge is known, so it brings no labels",
        "warning: no monitor QT9 is known, so it brings no labels",
    ]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["severity"],
        ["severity!=critical"],
        ["severity=~critical"],
        ["=critical"],
        ["severity=critical", "severity=info"],
        ['severity="critical'],
        ["severity=critical", "--at", "yesterday"],
        ["severity=critical", "--at", "9999-01-01"],
        ["\x1b[31m"],
    ],
)
def test_what_is_refused(tree: Site, alertd: Alertd, words: list[str]):
    """Exit 2 and one line."""
    ran = alertd("route", "test", *words, "-c", tree.path)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
    assert ran.err.rstrip("\n").isprintable()


def test_hostile_labels(tree: Site, alertd: Alertd):
    """Any text is a value, and reaches no terminal."""
    text = "\x1b[31m\n\u202e<!channel>" + "N" * 5000 + "\udc80=~!"
    for words in ([f"site={text}"], [f"site={text}", "--json"]):
        ran = alertd("route", "test", *words, "-c", tree.path)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.replace("\n", "").isprintable()


# ── the path is the way that alerts go ───────────────────────────────────────────────────────────────────────────────

matchers = st.lists(st.sampled_from(["a=1", "a=2", "a!=1", "b=~1|2", "b=", "c=3"]).map(parse_matcher), max_size=2)


def routes(children: st.SearchStrategy[Route] | None) -> st.SearchStrategy[Route]:
    return st.builds(
        Route,
        receiver=st.sampled_from(["x", "y", "z"]),
        policy=st.just(Policy(group_wait=timedelta(0))),
        matchers=matchers.map(tuple),
        continue_=st.booleans(),
        routes=st.just(()) if children is None else st.lists(children, max_size=3).map(tuple),
    )


@given(
    st.recursive(routes(None), routes, max_leaves=12),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2", "3"])),
)
def test_the_path_ends_where_alerts_do(root: Route, labels: dict[str, str]):
    """Whatever the tree, it ends at the routes that alerts with these labels reach, and says why of the others."""
    looks = list(look_down(root, labels))
    assert [look.route for look in looks if look.ends] == list(reached(root, labels))
    assert all(bool(look.why) != look.taken for look in looks)
