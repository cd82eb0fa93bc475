"""`alertd replay`: over MyCirrus's past, through a real socket, and over a store's."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from alertd.model import Instrument, Sample, Source
from alertd.mycirrus.simulator.script import Fleet, Monitor, Story, What
from alertd.mycirrus.simulator.simulator import Simulator
from alertd.store.store import Store
from tests.support.api import Request, ScriptedApi, records, refusal
from tests.support.processes import LOW_VOLTAGE, Alertd

HOUR = timedelta(hours=1)
OFFLINE = {"alert": "Offline", "when": "not status.online", "for": "10m"}
STRICT = LOW_VOLTAGE | {"when": "current.voltage < 10"}
DIPS = Story(what=What.READING, at=HOUR, lasts=HOUR, field="voltage", to=10.9)
GOES = Story(what=What.OFFLINE, at=2 * HOUR, lasts=HOUR, upload=False)
HOSTILE = '<script>alert(1)</script> & "co"'


class Place:
    """A folder with a config, and a simulated MyCirrus with six hours of past."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime.now(UTC)
        monitors = (
            Monitor(serial="QT1", name=HOSTILE, stories=(DIPS,)),
            Monitor(serial="QT2", name="Quay", stories=(GOES,)),
            Monitor(serial="QT3", name="Gate"),
        )
        self.simulator = Simulator(Fleet(monitors=monitors), start_at=self.now - 6 * HOUR)
        self.path = folder / "config.yaml"
        self.write(LOW_VOLTAGE, OFFLINE)

    def write(self, *rules: dict[str, object], base_url: str = "") -> None:
        every = dict.fromkeys(("events", "calibrations"), "off") | {"status": "1m", "current": "1m", "stats": "5m"}
        config = {
            "mycirrus": {
                "base_url": base_url or self.simulator.base_url,
                "api_key": self.simulator.key,
                "max_requests_per_minute": 6000,
            },
            "poll": every,
            "rules": ["rules.yaml"],
            "receivers": [{"name": "team", "targets": [{"name": "mail", "url": "json://127.0.0.1:9/x"}]}],
            "route": {"receiver": "team", "group_by": ["..."], "group_wait": "30s"},
            "http": {"listen": "off"},
        }
        self.path.write_text(yaml.safe_dump(config))
        self.rules("rules.yaml", *rules)

    def rules(self, name: str, *rules: dict[str, object]) -> Path:
        path = self.folder / name
        path.write_text(yaml.safe_dump({"rules": list(rules)}, sort_keys=False))
        return path

    def asked(self) -> list[str]:
        """What was asked for, without the listing."""
        return [request.source for request in self.simulator.requests if request.source != "instruments"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.simulator:
        yield made


def test_from_mycirrus(place: Place, alertd: Alertd):
    """What fired, for how long, its course, and who would have been told; nothing is recorded or sent."""
    ran = alertd("replay", "-c", place.path, "--since", "6h", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    low, offline = found["rules"]["LowVoltage"], found["rules"]["Offline"]
    assert (low["fired"], offline["fired"]) == (1, 1)
    assert 3400 <= low["firing_for"] <= 3700
    assert 2700 <= offline["firing_for"] <= 3600
    (alert,) = [each for each in found["alerts"] if each["alertname"] == "LowVoltage"]
    assert low["alerts"] == [alert["id"]]
    assert (alert["instrument"], alert["state"], alert["resolved_reason"]) == ("QT1", "resolved", "recovered")
    assert [step["kind"] for step in found["timelines"][alert["id"]]] == ["fired", "resolved"]
    mine = [message for message in found["messages"] if message["alerts"] == [alert["id"]]]
    assert [(message["target"], message["reason"]) for message in mine] == [("mail", "first"), ("mail", "all_resolved")]
    assert mine[0]["title"].startswith("[CRITICAL] LowVoltage")
    assert found["source"] == "api"
    assert "no past of monitor/current" in found["notes"][0]
    assert not (place.folder / "alertd.db").exists()


def test_what_was_read_is_kept(place: Place, alertd: Alertd):
    """A second replay asks only for what is missing; a key is in none of the files."""
    since, until = (f"{place.now - hours * HOUR:%Y-%m-%dT%H:%M:%SZ}" for hours in (6, 1))
    words = ("replay", "-c", place.path, "--since", since, "--until", until, "--json")
    first = alertd(*words)
    assert len(place.asked()) >= 1
    place.simulator.requests.clear()
    again = alertd(*words)
    assert place.asked() == []
    assert again.json["alerts"] == first.json["alerts"]
    assert again.json["messages"] == first.json["messages"]
    for file in (place.folder / "replay-cache").rglob("*"):
        assert place.simulator.key not in str(file)
        assert not file.is_file() or place.simulator.key.encode() not in file.read_bytes()


def test_two_rule_sets(place: Place, alertd: Alertd):
    """Of two rule files: what only the one before would tell, and what only the one after."""
    after = place.rules("after.yaml", STRICT, OFFLINE, {"alert": "Warm", "when": "current.temp > 1"})
    ran = alertd(
        "replay",
        "-c",
        place.path,
        "--since",
        "6h",
        "--rules",
        after,
        "--against",
        place.folder / "rules.yaml",
        "--json",
    )
    assert ran.code == 0, ran.err
    assert [(each["alertname"], each["instrument"]) for each in ran.json["only_before"]] == [("LowVoltage", "QT1")]
    assert {each["alertname"] for each in ran.json["only_after"]} == {"Warm"}
    words = alertd("replay", "-c", place.path, "--since", "6h", "--against", place.folder / "rules.yaml")
    assert "both rule sets give the same alerts" in words.out


def test_only_some(place: Place, alertd: Alertd):
    """Monitors are named one after the other, or by a pattern."""
    ran = alertd("replay", "-c", place.path, "--since", "2h", "--instruments", "QT2", "QT3", "--json")
    assert ran.json["instruments"] == ["QT2", "QT3"]
    ran = alertd("replay", "-c", place.path, "--since", "2h", "--instruments", "QT*", "--json")
    assert len(ran.json["instruments"]) == 3


def test_page_and_drawings(place: Place, alertd: Alertd):
    """One file that needs nothing else, with nothing in it that a name could smuggle in; a drawing of each metric."""
    page, folder = place.folder / "report.html", place.folder / "plots"
    ran = alertd("replay", "-c", place.path, "--since", "6h", "--html", page, "--plot", folder)
    assert (ran.code, ran.err) == (0, "")
    assert "LowVoltage" in ran.out
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"""(?:src|href)=|url\(|@import|https?:""", text)
    assert text.count("<svg") == 3
    assert "prefers-color-scheme:dark" in text
    drawn = sorted(path.name for path in folder.iterdir())
    assert drawn == [f"LowVoltage-QT{number}-current.voltage.svg" for number in (1, 2, 3)]
    assert "firing-band" in (folder / drawn[0]).read_text()
    assert "firing-band" not in (folder / drawn[2]).read_text()


def test_from_the_store(place: Place, alertd: Alertd):
    """Where the store has a history of that time it is taken: of current and status, too."""
    start = place.now - 2 * HOUR
    with Store.open("sqlite:///alertd.db", base=place.folder, work=True) as store:
        store.record_fleet([Instrument(serial="QT9", name="Stored")], start)
        for minute in range(100):
            at = start + minute * timedelta(minutes=1)
            volts = 11.0 if 20 <= minute < 50 else 12.5
            store.record_round(
                samples=[],
                history=[
                    Sample(instrument="QT9", source=Source.STATUS, at=at, values={"online": True, "measuring": True}),
                    Sample(instrument="QT9", source=Source.CURRENT, at=at, values={"voltage": volts}),
                ],
                cursors={},
                alerts=[],
                transitions=[],
                now=at,
            )
        before = store.alerts()
        ran = alertd("replay", "-c", place.path, "--since", "3h", "--json")  # beside whoever works on it
        assert store.alerts() == before
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["source"] == "store"
    assert ran.json["rules"]["LowVoltage"] | {"alerts": 0} == {"fired": 1, "firing_for": 1800.0, "alerts": 0}
    assert place.simulator.requests == type(place.simulator.requests)()
    none = alertd("replay", "-c", place.path, "--since", "30d", "--until", "29d", "--source", "store")
    assert (none.code, none.err) == (2, "the store has no history of that time: ask MyCirrus with --source api\n")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["--since", "30x"],
            '--since: "30x" is no time: write 2026-12-01T22:00, with an offset such as Z or +01:00, or 2h ago',
        ),
        (["--since", "99999999w"], "--since: "),
        (["--since", "1h", "--until", "2h"], "--since: it has to be before --until, and before now"),
        (["--since", "900d"], "--since: 366 days are the most that is replayed"),
        (["--since", "1h", "--instruments", "QT77"], "--instruments QT77: no such monitor is watched"),
        (["--since", "1h", "QT1"], "QT1: serials follow --instruments"),
        (["--since", "1h", "--rules", "missing.yaml"], "missing.yaml: cannot be read: No such file or directory"),
        (
            ["--since", "1h", "--html", "/nowhere/x.html"],
            "/nowhere/x.html: cannot be written: No such file or directory",
        ),
    ],
)
def test_what_cannot_be(place: Place, alertd: Alertd, words: list[str], line: str):
    """One line on stderr, exit 2."""
    ran = alertd("replay", "-c", place.path, *words)
    assert ran.code == 2
    assert len(ran.errors) == 1
    assert ran.err.startswith(line)


def test_a_broken_rule_file(place: Place, alertd: Alertd):
    """Every mistake, each on its line with its place."""
    broken = place.rules("broken.yaml", LOW_VOLTAGE | {"when": "current.voltge < 3"})
    ran = alertd("replay", "-c", place.path, "--since", "1h", "--rules", broken)
    assert ran.code == 2
    assert len(ran.errors) == 1
    assert "broken.yaml:" in ran.err
    assert "did you mean voltage?" in ran.err or "did you mean current.voltage?" in ran.err


def test_a_refused_key(place: Place, alertd: Alertd):
    """MyCirrus does not even say what there is: one line, exit 1."""
    place.simulator.key = "mycirrus-000000-FFFFFFFFFFFFFFFF"
    ran = alertd("replay", "-c", place.path, "--since", "1h", "--json")
    assert ran.code == 1
    assert len(ran.errors) == 1
    assert "401" in ran.err


def test_one_source_fails(place: Place, alertd: Alertd):
    """What could be read is still replayed; one line says what is missing, exit 1."""
    at = (place.now - HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    sic = {"time": at, "instrument": "QT1", "status": "Error", "_500Hz": 1.0}

    def script(request: Request) -> bytes:
        if "control/instruments" in request.path:
            return records({"serialNumber": "QT1", "type": "Noise", "name": "Quay", "model": "CR:900"})
        return records(sic) if "sic" in request.path else refusal(500, "Broken")

    api = ScriptedApi(script)
    try:
        place.write({"alert": "SicFailed", "when": 'sic.status != "Success"'}, base_url=api.base_url)
        config = yaml.safe_load(place.path.read_text())
        config["poll"] = dict.fromkeys(("current", "status", "events", "calibrations"), "off") | {"stats": "5m"}
        place.path.write_text(yaml.safe_dump(config))
        ran = alertd("replay", "-c", place.path, "--since", "2h", "--json")
    finally:
        api.stop()
    assert ran.code == 1
    assert len(ran.errors) == 1
    assert ran.err.startswith("stats: ")
    assert ran.json["rules"]["SicFailed"]["fired"] == 1
    assert ran.json["failures"] == [ran.err.rsplit(": what is missing", 1)[0]]
