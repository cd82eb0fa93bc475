"""`alertd drill`: what really arrives, over HTTP and SMTP, and that nothing is left of it."""

import pytest

from alertd.model import Source
from alertd.store.store import Store
from tests.support.processes import LOW_VOLTAGE, Alertd, Site
from tests.support.sinks import HANG, RESET, Answer, SmtpSink

FIRST, SECOND = "QT100000", "QT100001"


def always() -> dict[str, object]:
    return {"times": [{"start_time": "00:00", "end_time": "24:00"}]}


@pytest.fixture
def two(site: Site) -> Site:
    """Two receivers, critical ones going to the second; nothing was polled yet."""

    def receiver(name: str, *targets: str):
        return {"name": name, "targets": [{"name": each, "url": site.sink.target(each)} for each in targets]}

    site.write(
        receivers=[receiver("team", "hook", "pager"), receiver("on-call", "duty")],
        route=site.config["route"] | {"routes": [{"matchers": ["severity=critical"], "receiver": "on-call"}]},
    )
    return site


def drill(alertd: Alertd, site: Site, *words: str):
    return alertd("drill", *words, "-c", site.path)


def state(site: Site) -> list[object]:
    """All that a drill could leave in the store."""
    with Store.open(f"sqlite:///{site.database}", base=site.folder, work=False) as store:
        alerts = store.alerts()
        return [alerts, store.deliveries(), store.health(), store.told([alert.id for alert in alerts]), store.timings()]


def test_every_target(two: Site, alertd: Alertd):
    """Without a rule each target of the config gets one message that says that nothing is wrong."""
    ran = drill(alertd, two)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["hook: delivered", "pager: delivered", "duty: delivered"]
    for name in ("hook", "pager", "duty"):
        assert two.told(name) == [f"[DRILL] a test message · {name}"]
    assert all(each.json["message"].startswith("This is a drill: nothing is wrong.") for each in two.sink.received)
    assert all(each.json["type"] == "info" for each in two.sink.received)


def test_where_a_rule_leads(two: Site, alertd: Alertd):
    """With a rule only where its alert would go, about the first monitor that it watches, with its newest value."""
    two.simulator.pin(FIRST, voltage=12.34)
    assert alertd("poll", "-c", two.path).code == 0
    before = state(two)
    two.simulator.pin(FIRST, voltage=9.0)  # what is stored counts
    asked = len(two.simulator.requests)
    ran = drill(alertd, two, "--rule", "LowVoltage")
    assert (ran.code, ran.out, ran.err) == (0, "duty: delivered\n", "")
    assert two.told("duty") == [f"[DRILL] LowVoltage · Monitor {FIRST} ({FIRST}) 12.34 V"]
    body = two.sink.received[-1].json["message"].splitlines()
    assert body[0] == "This is a drill: nothing is wrong."
    assert "voltage 12.34 V ≥ 11.3 V" in "\n".join(body)
    assert (two.told(), state(two), len(two.simulator.requests)) == ([], before, asked)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--receiver", "team"], {"hook": "a test message · hook", "pager": "a test message · pager"}),
        (
            ["--receiver", "team", "--rule", "LowVoltage", "--instrument", SECOND],
            dict.fromkeys(("hook", "pager"), f"LowVoltage · Monitor {SECOND} ({SECOND}) 12.50 V"),
        ),
        (
            ["--instrument", SECOND],
            dict.fromkeys(("hook", "pager", "duty"), f"LowVoltage · Monitor {SECOND} ({SECOND}) 12.50 V"),
        ),
        (["--rule", "TargetFailing"], dict.fromkeys(("hook", "pager"), "TargetFailing")),
        (["--rule", "ApiUnreachable"], {"duty": "ApiUnreachable"}),
    ],
)
def test_who_gets_it(two: Site, alertd: Alertd, words: list[str], told: dict[str, str]):
    """A receiver's targets where one is named; a monitor alone goes to every one; alertd's own rules have routes."""
    two.simulator.pin(SECOND, voltage=12.5)
    alertd("poll", "-c", two.path)
    ran = drill(alertd, two, *words)
    assert (ran.code, ran.err) == (0, "")
    found = {name: two.told(name) for name in ("hook", "pager", "duty")}
    assert found == {name: [f"[DRILL] {told[name]}"] if name in told else [] for name in found}


def test_before_anything_was_polled(two: Site, alertd: Alertd):
    """Monitors and values that are not stored are asked for; no database comes of it."""
    two.simulator.pin(FIRST, voltage=12.34)
    assert drill(alertd, two, "--rule", "LowVoltage", "--instrument", FIRST).code == 0
    assert two.told("duty") == [f"[DRILL] LowVoltage · Monitor {FIRST} ({FIRST}) 12.34 V"]
    assert not two.database.exists()


def test_no_value_yet(two: Site, alertd: Alertd):
    """Where MyCirrus does not say either, the message says so and arrives all the same."""
    two.simulator.faults.add("status", status=500, source="current")
    assert drill(alertd, two, "--rule", "LowVoltage", "--instrument", FIRST).code == 0
    assert two.told("duty") == [f"[DRILL] LowVoltage · Monitor {FIRST} ({FIRST}) no value yet"]
    assert "no value yet" in two.sink.received[-1].json["message"]


def test_nothing_known_at_all(two: Site, alertd: Alertd):
    """With MyCirrus down and nothing stored, the routes and the channels can be tried still."""
    two.write(mycirrus=two.config["mycirrus"] | {"base_url": "http://127.0.0.1:9/v1"})
    ran = drill(alertd, two, "--rule", "LowVoltage")
    assert (ran.code, ran.out) == (0, "duty: delivered\n")
    assert ran.errors == ["warning: no monitor that LowVoltage watches is known: it goes by the rule's own labels"]
    assert two.told("duty") == ["[DRILL] LowVoltage no value yet"]
    ran = drill(alertd, two, "--rule", "LowVoltage", "--instrument", FIRST)
    assert (ran.code, len(ran.errors)) == (2, 1)
    assert "connection refused" in ran.err


def test_a_monitor_that_the_rule_does_not_watch(two: Site, alertd: Alertd):
    """It is tried, and a warning says that nothing else will come from there."""
    two.write_rules(LOW_VOLTAGE | {"match": [f"instrument={FIRST}"]})
    ran = drill(alertd, two, "--rule", "LowVoltage", "--instrument", SECOND)
    assert (ran.code, ran.errors) == (
        0,
        [f"warning: LowVoltage does not watch {SECOND}: only a drill comes from there"],
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [(Answer(status=500), "HTTP 500"), (Answer(status=404), "HTTP 404"), (HANG, "time-out"), (RESET, "")],
    ids=["500", "404", "hang", "reset"],
)
def test_a_target_that_does_not_take_it(two: Site, alertd: Alertd, answer: Answer, said: str):
    """One attempt, the failure in a line, exit 1; the others have theirs, and nothing counts against the target."""
    assert alertd("poll", "-c", two.path).code == 0
    for receiver in two.config["receivers"]:
        for target in receiver["targets"]:
            target["timeout"] = "2s"
    two.write()
    before = state(two)
    two.sink.answers = [answer]
    ran = drill(alertd, two)
    assert (ran.code, ran.errors) == (1, ["1 of 3 targets did not take it"])
    lines = ran.out.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["hook", "pager", "duty"]
    assert sum(line.endswith(": delivered") for line in lines) == 2
    (failed,) = [line for line in lines if not line.endswith(": delivered")]
    assert said in failed
    assert len(two.sink.received) == 3
    assert state(two) == before
    two.sink.answers = [answer]
    found = drill(alertd, two, "--receiver", "on-call", "--json")
    assert (found.code, len(found.errors)) == (1, 1)
    assert [(each["target"], each["delivered"], bool(each["error"])) for each in found.json] == [("duty", False, True)]


def test_what_would_have_held_it(two: Site, alertd: Alertd):
    """Silences, intervals and quiet hours hold no drill; each target's own are named, in the message too."""
    two.config["receivers"][0]["quiet_hours"] = always()
    critical = {"matchers": ["severity=critical"], "receiver": "on-call", "mute_time_intervals": ["always"]}
    two.write(
        route=two.config["route"] | {"routes": [critical]},
        time_intervals=[{"name": "always", "time_intervals": [always()]}],
    )
    alertd("poll", "-c", two.path)
    made = alertd("silence", "add", "alertname=LowVoltage", "--for", "1h", "--reason", "x", "-c", two.path).out.strip()
    named = {each["target"]: each for each in drill(alertd, two, "--json").json}
    assert {name: each["muted_by"] for name, each in named.items()} == {
        "hook": ["quiet_hours team"],
        "pager": ["quiet_hours team"],
        "duty": [],
    }
    assert set(named["hook"]) == {"target", "receiver", "delivered", "error", "muted_by"}
    ran = drill(alertd, two, "--rule", "LowVoltage")
    held = f"silence {made}, interval always"
    assert ran.out.splitlines() == ["duty: delivered", f"  a real message would be held back now: {held}"]
    first_line = two.sink.received[-1].json["message"].splitlines()[0]
    assert first_line == f"This is a drill: nothing is wrong. A real message would be held back now: {held}."


def test_by_mail(site: Site, alertd: Alertd):
    """Through real SMTP, in both parts, and in no thread."""
    mail = site.stack.enter_context(SmtpSink())
    site.write(receivers=[{"name": "team", "targets": [{"name": "mail", "url": mail.target()}]}])
    assert drill(alertd, site, "--rule", "LowVoltage", "--instrument", FIRST).code == 0
    (got,) = mail.wait_for(1)
    assert str(got.message["Subject"]).startswith(f"[DRILL] LowVoltage · Monitor {FIRST}")
    assert got.message["References"] is None
    assert "This is a drill: nothing is wrong." in got.part("text/plain").splitlines()[:3]
    assert "This is a drill: nothing is wrong." in got.part("text/html")


def test_beside_a_daemon(two: Site, alertd: Alertd):
    """It shares the database with a daemon at work, whose messages go on as ever."""
    daemon = two.run()
    two.simulator.pin(FIRST, voltage=11.0)
    two.wait_told(1, "duty")
    assert drill(alertd, two, "--rule", "LowVoltage", "--instrument", FIRST).code == 0
    two.simulator.pin(FIRST, voltage=12.6)
    assert [title.split()[0] for title in two.wait_told(3, "duty")] == ["[CRITICAL]", "[DRILL]", "[RESOLVED]"]
    assert daemon.stop().err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "LowVoltge"], "there is no rule LowVoltge"),
        (["--receiver", "teem"], "there is no receiver teem: there are team, on-call"),
        (["--rule", "LowVoltage", "--instrument", "QT9"], "there is no monitor QT9"),
        (["--instrument", "\x1b[31m"], "there is no monitor"),
        (["--target", "hook"], "No such option"),
        (["hook"], "unexpected extra argument"),
    ],
)
def test_unknown_names(two: Site, alertd: Alertd, words: list[str], said: str):
    """Exit 2, one line, and nobody is told."""
    ran = drill(alertd, two, *words)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
    assert said in ran.err
    assert two.sink.received == []


def test_nobody_to_tell(two: Site, alertd: Alertd):
    """A receiver without a target, on purpose, is no failure, and no proof."""
    two.write(receivers=[*two.config["receivers"], {"name": "nobody", "targets": []}])
    ran = drill(alertd, two, "--receiver", "nobody")
    assert (ran.code, ran.out, ran.errors) == (0, "", ["warning: there is no target to try"])
    assert drill(alertd, two, "--receiver", "nobody", "--json").json == []


def test_a_text_that_fails(two: Site, alertd: Alertd):
    """The shipped text stands in, and one line says for what."""
    two.write_rules(LOW_VOLTAGE | {"summary": "{{ 1 / (value - 12.5) }}"})
    two.simulator.pin(FIRST, voltage=12.5)
    alertd("poll", "-c", two.path)
    ran = drill(alertd, two, "--rule", "LowVoltage")
    assert (ran.code, ran.out) == (0, "duty: delivered\n")
    (line,) = ran.errors
    assert line.startswith("warning: the shipped text stood in: LowVoltage: summary: ")


def test_many_targets_at_once(two: Site, alertd: Alertd):
    """None waits for another: twenty that hang take no longer than one."""
    targets = [{"name": f"t{n}", "url": two.sink.target(f"t{n}"), "timeout": "2s"} for n in range(20)]
    two.write(receivers=[{"name": "team", "targets": targets}], route={"receiver": "team"})
    two.sink.answer = HANG
    ran = drill(alertd, two)
    assert (ran.code, len(ran.out.splitlines())) == (1, 20)
    assert ran.errors == ["20 of 20 targets did not take it"]


def test_what_a_rule_reads_is_asked_for(two: Site, alertd: Alertd):
    """Of whatever source, where it is not stored; a text that needs a value is no failure where there is none."""
    summary = "{{ value | upper }} {{ 1 / values['sic.hz500'] }}"
    sic = {"alert": "SicFailed", "when": "sic.status != 'Success' or sic.hz500 < 1", "severity": "critical"}
    two.write_rules(LOW_VOLTAGE, sic | {"summary": summary})
    two.simulator.faults.add("status", status=500, source="sic")
    assert drill(alertd, two, "--rule", "SicFailed", "--instrument", SECOND).err == ""
    assert two.told("duty") == [f"[DRILL] SicFailed · Monitor {SECOND} ({SECOND}) no value yet"]
    two.simulator.faults.clear()
    two.simulator.add_record(Source.SIC, SECOND, {"status": "Error", "_500Hz": 55.5})
    assert drill(alertd, two, "--rule", "SicFailed", "--instrument", SECOND).err == ""
    assert two.told("duty")[1] == f"[DRILL] SicFailed · Monitor {SECOND} ({SECOND}) Error"
