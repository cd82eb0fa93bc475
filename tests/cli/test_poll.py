"""`alertd poll`: one whole cycle against the simulator over HTTP; what is told, what is said, and how it ends."""

import json
import time

import pytest

from alertd.mycirrus.simulator.desk import INSTRUMENTS_READ
from alertd.mycirrus.simulator.script import Fleet, Monitor
from alertd.store.store import Store
from tests.support.processes import LOW_VOLTAGE, Alertd, Site, wait_until
from tests.support.sinks import HANG, RESET, Answer

FIRST = "QT100000"


def group_interval_over() -> None:
    """One second, the shortest that can be configured."""
    time.sleep(1.05)


def poll(alertd: Alertd, site: Site, *words: str):
    return alertd("poll", *words, "-c", site.path)


def test_one_cycle(site: Site, alertd: Alertd):
    """Reads, judges, tells at once in spite of group_wait, and says so; the second time there is nothing to tell."""
    site.write(route=site.config["route"] | {"group_wait": "10m", "group_interval": "10m"})
    site.simulator.pin(FIRST, voltage=11.0)
    ran = poll(alertd, site)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "instruments: 3 listed",
        "status: 3 of 3 answered",
        "current: 3 of 3 answered",
        f"hook told: [CRITICAL] LowVoltage · Monitor {FIRST} ({FIRST}) 11.00 V",
        "1 firing, 0 pending",
    ]
    assert len(site.told()) == 1
    again = poll(alertd, site)
    assert (again.code, again.out.splitlines()[-1]) == (0, "1 firing, 0 pending")
    assert len(site.told()) == 1


def test_json(site: Site, alertd: Alertd):
    """Everything that happened, as one object: sources, transitions, alerts, deliveries, and what waits."""
    site.simulator.pin(FIRST, voltage=11.0)
    report = poll(alertd, site, "--json").json
    assert [(each["source"], each["failure"]) for each in report["sources"]] == [
        ("instruments", None),
        ("status", None),
        ("current", None),
    ]
    assert [step["kind"] for step in report["transitions"]] == ["fired"]
    assert [alert["instrument"] for alert in report["alerts"]] == [FIRST]
    (delivery,) = report["deliveries"]
    assert (delivery["target"], delivery["delivered"], delivery["error"]) == ("hook", True, "")
    assert report["waiting"] == 0
    site.simulator.pin(FIRST, voltage=12.5)
    group_interval_over()
    report = poll(alertd, site, "--json").json
    assert ([step["kind"] for step in report["transitions"]], report["alerts"]) == (["resolved"], [])
    assert report["deliveries"][0]["reason"] == "all_resolved"


def test_pending_is_told_to_nobody(site: Site, alertd: Alertd):
    """An alert whose `for` is not over is pending: on record, and told to nobody."""
    site.write_rules({**LOW_VOLTAGE, "for": "10m"})
    site.simulator.pin(FIRST, voltage=11.0)
    ran = poll(alertd, site)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "0 firing, 1 pending")
    assert site.told() == []
    assert poll(alertd, site, "--json").json["alerts"][0]["state"] == "pending"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "status": 500}, "500"),
        ({"kind": "status", "status": 429, "retry_after": "3600"}, "429"),
        ({"kind": "truncated"}, "current"),
        ({"kind": "html", "status": 200}, "no JSON"),
        ({"kind": "garbage"}, "no JSON"),
        ({"kind": "reset"}, "current"),
        ({"kind": "hang"}, "current"),
        ({"kind": "redirect", "location": "http://127.0.0.1:9/"}, "redirected"),
        ({"kind": "status", "status": 401}, "401"),
    ],
    ids=lambda value: str(value.get("kind")) if isinstance(value, dict) else None,
)
def test_a_source_that_fails(site: Site, alertd: Alertd, fault: dict[str, object], said: str):
    """A source that fails as a whole is exit 1 and one line on stderr that says why; no Retry-After is waited for."""
    site.write(mycirrus=site.config["mycirrus"] | {"timeout": "1s"})
    site.simulator.faults.add(source="current", **fault)
    ran = poll(alertd, site)
    assert ran.code == 1
    assert {line.split(": ")[0] for line in ran.errors} <= {"current", "instruments"}, ran.err
    (line,) = [line for line in ran.errors if line.startswith("current: ")]
    assert said in line
    assert "status: 3 of 3 answered" in ran.out
    assert "current: failed" in ran.out.splitlines()


@pytest.mark.parametrize(("status", "word"), [(403, "403"), (404, "404")])
def test_one_instrument_that_is_refused(site: Site, alertd: Alertd, status: int, word: str):
    """One monitor's 403 or 404 is a warning and exit 0; the others are judged."""
    site.simulator.faults.add("status", status=status, serial=FIRST, source="current")
    site.simulator.pin("QT100001", voltage=11.0)
    ran = poll(alertd, site)
    assert ran.code == 0, ran
    (warning,) = ran.errors
    assert warning.startswith(f"warning: current of {FIRST}: ")
    assert word in warning
    assert len(site.told()) == 1


def test_a_garbage_record(site: Site, alertd: Alertd):
    """A record that makes no sense is no reason to fail."""
    site.simulator.pin(FIRST, voltage="a dozen")
    site.simulator.pin("QT100001", voltage=11.0)
    ran = poll(alertd, site)
    assert ran.code == 0, ran
    assert len(site.told()) == 1


def test_a_refused_key(site: Site, alertd: Alertd):
    """Every 401 is said, the alert ApiKeyRefused is told, exit 1; it ends with the first answer."""
    key = site.simulator.key
    site.simulator.key = "another"
    ran = poll(alertd, site)
    assert ran.code == 1
    assert all("401" in line for line in ran.errors)
    assert site.told() == ["[CRITICAL] ApiKeyRefused · MyCirrus API"]
    site.simulator.key = key
    group_interval_over()
    assert poll(alertd, site).code == 0
    assert site.told()[1:] == ["[RESOLVED] ApiKeyRefused · MyCirrus API"]


def test_a_scope_that_the_key_lacks(site: Site, alertd: Alertd):
    """403 for every monitor of a source is a refused key as well: told with the endpoint, exit 1."""
    poll(alertd, site)
    site.simulator.scopes = frozenset({INSTRUMENTS_READ})
    ran = poll(alertd, site)
    assert ran.code == 1
    assert "current: " in ran.err
    assert [title for title in site.told() if "ApiKeyRefused" in title] == ["[CRITICAL] ApiKeyRefused · current"]


def test_no_api_at_all(site: Site, alertd: Alertd):
    """Nobody there: one line for each source, exit 1, and nothing ends for want of an answer."""
    site.simulator.pin(FIRST, voltage=11.0)
    poll(alertd, site)
    site.simulator.stop()
    ran = poll(alertd, site)
    assert ran.code == 1
    assert [line.split(":")[0] for line in ran.errors] == ["instruments", "status", "current"]
    assert ran.out.splitlines()[-1].startswith("1 firing")
    assert not [title for title in site.told() if "RESOLVED" in title]


@pytest.mark.parametrize(
    ("answer", "said"),
    [(Answer(status=500), "HTTP 500"), (Answer(status=404), "HTTP 404"), (RESET, "broke off"), (HANG, "time-out")],
    ids=["500", "404", "reset", "hang"],
)
def test_a_target_that_fails(site: Site, alertd: Alertd, answer: Answer, said: str):
    """A message that was not taken is exit 1 and one line; it waits, and the next poll tries again at once."""
    targets = [{"name": "hook", "url": site.sink.target("hook"), "timeout": "1s"}]
    site.write(receivers=[{"name": "team", "targets": targets}])
    site.simulator.pin(FIRST, voltage=11.0)
    site.sink.answer = answer
    ran = poll(alertd, site)
    assert ran.code == 1
    assert any(line.startswith("hook: ") and said in line for line in ran.errors), ran.err
    assert "1 message waits in the outbox for the next poll" in ran.err
    site.sink.answer = Answer()
    assert poll(alertd, site).code == 0
    assert site.told()[-1].startswith("[CRITICAL] LowVoltage")


def test_one_target_does_not_stop_another(site: Site, alertd: Alertd):
    """Two targets, one of which is dead: the other is told, exit 1."""
    dead = {"name": "dead", "url": "json://127.0.0.1:9/dead"}
    site.write(receivers=[{"name": "team", "targets": [dead, *site.config["receivers"][0]["targets"]]}])
    site.simulator.pin(FIRST, voltage=11.0)
    ran = poll(alertd, site)
    assert ran.code == 1
    assert [line for line in ran.errors if line.startswith("dead: ")]
    assert len(site.told()) == 1


def test_endings_owed_to_a_target_that_is_gone(site: Site, alertd: Alertd):
    """poll and check say in one line what is owed to a target that the config no longer has; it gets it when back."""
    site.simulator.pin(FIRST, voltage=11.0)
    poll(alertd, site)
    before = site.config["receivers"]
    site.write(receivers=[{"name": "team", "targets": [{"name": "other", "url": site.sink.target("other")}]}])
    ran = poll(alertd, site)
    assert ran.code == 0
    assert ran.errors == ["warning: 1 ending is owed to target hook, which is not in the config"]
    assert alertd("check", "-c", site.path).err == ran.err
    site.write(receivers=before)
    site.simulator.pin(FIRST, voltage=12.5)
    group_interval_over()
    assert poll(alertd, site).code == 0
    assert [title.split()[0] for title in site.told()] == ["[CRITICAL]", "[RESOLVED]"]


def test_the_heartbeat(site: Site, alertd: Alertd):
    """Pinged at the end of a poll that went well, and not by one that did not."""
    site.write(heartbeat={"url": f"http://127.0.0.1:{site.sink.port}/beat/secret-token-1", "every": "1m"})
    assert poll(alertd, site).code == 0
    assert [each.path for each in site.sink.received] == ["/beat/secret-token-1"]
    site.simulator.faults.add("status", status=500, source="status")
    assert poll(alertd, site).code == 1
    assert len(site.sink.received) == 1


@pytest.mark.parametrize("how", ["repeat", "comma"])
@pytest.mark.parametrize("offline_as", ["null", "nan", "omit", "404", "last"])
def test_odd_answers(tmp_path, alertd: Alertd, how: str, offline_as: str):
    """However the API answers where its documentation leaves it open, an offline monitor alarms nobody."""
    oddities = {"array_style": how, "offline_as": offline_as, "duplicates": 1, "order": "shuffle"}
    fleet = Fleet(monitors=tuple(Monitor(serial=f"QT10000{n}") for n in range(3)), oddities=oddities)
    every = dict.fromkeys(("status", "current", "stats", "events", "sic", "calibrations"), "1m")
    with Site(tmp_path, fleet=fleet, every=every) as site:
        site.write(mycirrus=site.config["mycirrus"] | {"array_style": how})
        site.simulator.pin("QT100000", online=False, voltage=9.0)
        site.simulator.pin("QT100001", voltage=11.0)
        ran = poll(alertd, site, "--json")
        assert ran.code == 0, ran
        assert [alert["instrument"] for alert in ran.json["alerts"]] == ["QT100001"]
        assert json.loads(alertd("instruments", "--json", "-c", site.path).out)


def test_the_public_mock(tmp_path, alertd: Alertd):
    """The vendor's mock answers with examples whatever is asked: no alert comes of it, and nothing falls."""
    fleet = Fleet(monitors=(Monitor(serial="QT100000"), Monitor(serial="QT100001")), oddities={"example": True})
    with Site(tmp_path, fleet=fleet, rules=[LOW_VOLTAGE]) as site:
        ran = poll(alertd, site)
        assert ran.code in (0, 1)
        assert site.told() == []


def test_two_at_once(site: Site, alertd: Alertd):
    """While another process works on the database: exit 2 and one line that names it; looking goes on."""
    site.simulator.faults.add("hang", source="status")
    site.write(mycirrus=site.config["mycirrus"] | {"timeout": "20s"})
    other = site.start("poll")
    wait_until(lambda: any(each.source == "status" for each in site.simulator.requests))
    ran = poll(alertd, site)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.errors) == 1
    assert f"{site.database} is in use by process {other.pid} since " in ran.err
    assert alertd("run", "-c", site.path).err.replace("run", "poll") == ran.err
    assert alertd("db", "migrate", "-c", site.path).code == 2
    assert alertd("alerts", "--json", "-c", site.path).json == []
    other.kill()
    with Store.open(f"sqlite:///{site.database}", base=site.folder, work=True) as store:
        assert store.sole_owner
