"""What `check` warns of: each thing that cannot be meant, at its place; and nothing about what may well be meant."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from alertd.config.files import expand_patterns
from alertd.config.settings import Settings
from alertd.daemon.lint import fleet_listed, fleet_on_record, lint
from alertd.errors import Mistake
from alertd.fields import FIELDS
from alertd.model import Instrument, Sample, Source
from alertd.rules.healthy import EXAMPLES
from alertd.rules.lint_fleet import Fleet
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule
from alertd.store.store import Store
from tests.support.docs import ROOT

NOW = datetime(2026, 11, 25, tzinfo=UTC)
STEADY = {"for": "5m", "until": "current.voltage >= 11.6"}


def settings(**changes: object) -> Settings:
    team = {"name": "team", "targets": [{"name": "hook", "url": "json://127.0.0.1:9"}]}
    base = {"mycirrus": {"api_key": "key"}, "receivers": [team], "route": {"receiver": "team"}}
    return Settings.model_validate(base | changes)


def load(folder: Path, *rules: dict[str, object], tested: bool = True) -> list[Rule]:
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump({"rules": list(rules)}, sort_keys=False))
    if tested:
        expect = [{"at": "1h", "alert": rule["alert"]} for rule in rules]
        (folder / "site.test.yaml").write_text(yaml.safe_dump({"tests": [{"name": "all", "expect": expect}]}))
    return load_rules([path])


def said(mistakes: list[Mistake]) -> list[str]:
    assert all(each.warning for each in mistakes)
    return [each.text for each in mistakes]


LEVELS = "levels"
CASES: list[tuple[str, dict[str, object], str]] = [
    ("never", {"when": "current.voltage < 10 and current.voltage > 11", "until": "status.online"}, "can never hold"),
    ("always", {"when": 'age(sic) >= "0s"'}, "always fires"),
    ("until never", {"when": "current.temp > 80", "until": "current.temp < 70 and current.temp > 75"}, "never ends"),
    ("until where when is over", {"when": "current.voltage < 11.3", "until": "current.voltage < 11"}, "never ends"),
    (
        "until on the wrong side",
        {"when": "current.voltage < 11.3", "until": "current.voltage < 12"},
        "holds already where when does",
    ),
    ("no distance", {"when": "current.temp > 80", "until": "current.temp <= 80"}, "adds nothing"),
    ("overlap", {"when": "current.voltage < 11.3", "until": "current.voltage > 11"}, "adds nothing"),
    (
        "inside out",
        {
            LEVELS: {
                "warning": {"when": "current.temp > 90", "until": "current.temp < 70"},
                "critical": {"when": "current.temp > 80", "until": "current.temp < 60"},
            }
        },
        "the wrong way round",
    ),
    (
        "inside out by params",
        {
            "params": {"warning": 10.8, "critical": 11.3},
            LEVELS: {
                "warning": {"when": "current.voltage < params.warning", "until": "current.voltage > 12"},
                "critical": {"when": "current.voltage < params.critical", "until": "current.voltage > 12"},
            },
        },
        "warning can only hold where critical does",
    ),
    (
        "one of three levels",
        {
            LEVELS: {
                "info": {"when": "current.temp > 60", "until": "current.temp < 50"},
                "warning": {"when": "current.temp > 60", "until": "current.temp < 50"},
                "critical": {"when": "current.temp > 90", "until": "current.temp < 80"},
            }
        },
        "info can only hold where warning does",
    ),
    ("a healthy monitor", {"when": "current.voltage < 11.8", "until": "current.voltage > 12"}, "11.5 V < 11.8 V"),
    (
        "healthy by stats",
        {"when": "stats.voltage < 11.7 and status.online", "until": "stats.voltage > 12"},
        "a healthy monitor",
    ),
    ("for", {"when": "current.voltage < 11", **STEADY, "for": "30s"}, "for is shorter than the 1m"),
    ("for on checks", {"when": 'sic.status == "Error"', "for": "10m"}, "less than 15m apart"),
    ("hovering", {"when": "current.temp > 80"}, "crosses the limit"),
    ("hovering in a sum", {"when": "current.cpu + current.mem > 150"}, "whenever current.cpu crosses"),
    ("not polled", {"when": 'note.user == "x"'}, "give poll.calibration_log an interval"),
    (
        "override",
        {
            "when": "current.temp > params.limit",
            "until": "current.temp < 70",
            "params": {"limit": 80},
            "overrides": [{"match": ["site=X"], "params": {"limit": 60}}],
        },
        "with these params, until adds nothing",
    ),
]


@pytest.mark.parametrize(("rule", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_cannot_be_meant(tmp_path: Path, rule: dict[str, object], expected: str):
    """One warning, which says what is wrong."""
    [text] = said(lint(load(tmp_path, {"alert": "Odd", **rule}), settings(), None))
    assert expected in text


FINE: list[dict[str, object]] = [
    {"when": "current.voltage < 11.3", **STEADY},
    {"when": "current.voltage < 11.3", "keep_firing_for": "10m"},
    {"when": "not status.online", "for": "1h"},
    {
        LEVELS: {
            "warning": {"when": "not status.online", "for": "1h"},
            "critical": {"when": "not status.online", "for": "2h"},
        }
    },
    {"when": 'sic.status not in ["Success", "InProgress"]', "until": 'sic.status == "Success"'},
    # ends only where the monitor is there again
    {"when": "current.voltage < 11.3 and status.online", "until": "status.online and current.voltage > 11"},
    {"when": "current.voltage < 11.3", "until": 'min(current.voltage, "10m") > 11'},
    {"when": "calibration.offset > 0.7 or calibration.offset < -0.7"},
    {"when": "current.uptime < 600", "severity": "info"},
    {"when": 'age(calibration) > "35d"', "for": "1s"},
    {"when": "stats.temp > 80", "until": "stats.temp < 70", "for": "2m"},
    {"when": "status.measuring", "severity": "info"},
    {"match": ['supply="24v"'], "when": "current.voltage < 22", "until": "current.voltage > 23"},
    {"when": "current.simUsage / current.simQuota > 0.9 and current.simQuota > 0"},
    {
        LEVELS: {
            "warning": {"when": "11 <= current.voltage < 11.3", **STEADY},
            "critical": {"when": "current.voltage < 11", **STEADY},
        }
    },
]


@pytest.mark.parametrize("rule", FINE)
def test_what_may_be_meant(tmp_path: Path, rule: dict[str, object]):
    """No warning where there may be a reason."""
    assert said(lint(load(tmp_path, {"alert": "Fine", **rule}), settings(), None)) == []


def test_places(tmp_path: Path):
    """Each warning stands at the key or value that has to be mended."""
    levels = {
        "warning": {"when": "current.temp > 90", "until": "current.temp < 70", "for": "10s"},
        "critical": {"when": "current.temp > 80", "until": "current.temp <= 80", "for": "10s"},
    }
    rules = load(
        tmp_path, {"alert": "Hot", "levels": levels}, {"alert": "Off", "for": "1s", "when": "not status.online"}
    )
    lines = rules[0].file.read_text().splitlines()
    found = [
        (lines[each.line - 1].strip().split(":")[0], each.text.split()[0]) for each in lint(rules, settings(), None)
    ]
    assert found == [("when", "warning"), ("for", "for"), ("until", "until"), ("for", "for"), ("for", "for")]


def test_names_alike(tmp_path: Path):
    """Two names that differ in their capitals are taken for one by people."""
    rules = load(tmp_path, {"alert": "Off", "when": "not status.online"}, {"alert": "OFF", "when": "not status.online"})
    [text] = said(lint(rules, settings(), None))
    assert "site.yaml:2" in text


def test_untested(tmp_path: Path):
    """A rule that no test beside it expects anything of; a test that cannot be read is said instead."""
    rules = load(tmp_path, {"alert": "Off", "when": "not status.online"}, tested=False)
    [found] = lint(rules, settings(), None)
    assert "Off has no test" in found.text
    assert (found.line, found.column) == (2, 10)
    told = [{"at": "1h", "contains": ["[CRITICAL] Off · Site", "x"]}]
    (tmp_path / "told.test.yaml").write_text(yaml.safe_dump({"tests": [{"name": "told", "messages": told}]}))
    assert lint(rules, settings(), None) == []
    (tmp_path / "told.test.yaml").unlink()
    (tmp_path / "broken.test.yml").write_text("tests: [")
    [found] = lint(rules, settings(), None)
    assert found.file.name == "broken.test.yml"
    assert found.warning


# -- against a fleet ---------------------------------------------------------------------------------------------------

MODEM = {"when": "stats.lteRsrp < -110", "until": "stats.lteRsrp > -100"}


def fleet(**seen: set[str]) -> Fleet:
    """Monitors of one site, with the fields of stats that were seen of each."""
    instruments = tuple(
        Instrument(serial=serial, name=f"Site {serial}", model="CR:900", labels={"power": "mains"}) for serial in seen
    )
    return Fleet(
        instruments=instruments,
        described=True,
        answered=dict.fromkeys(seen, frozenset({Source.STATS, Source.CURRENT})),
        seen={
            serial: frozenset((source, name) for source in (Source.STATS, Source.CURRENT) for name in names)
            for serial, names in seen.items()
        },
    )


def against(folder: Path, fleet: Fleet, **rule: object) -> list[str]:
    return said(lint(load(folder, {"alert": "Odd", **rule}), settings(), fleet))


def test_matches_nobody(tmp_path: Path):
    """A rule for a kind of monitor that there is not."""
    [text] = against(tmp_path, fleet(A={"temp"}, B={"temp"}), match=["power=solar"], **MODEM)
    assert "matches none of the 2 monitors" in text
    assert against(tmp_path, fleet(A={"lteRsrp"}), match=["power=mains"], **MODEM) == []


def test_override_for_nobody(tmp_path: Path):
    """An override counts among the monitors of its rule only."""
    rule = {
        "when": "current.temp > params.limit",
        "until": "current.temp < 50",
        "params": {"limit": 80},
        "overrides": [
            {"match": ["power=mains"], "params": {"limit": 90}},
            {"match": ["site=X"], "params": {"limit": 70}},
        ],
    }
    found = lint(load(tmp_path, {"alert": "Hot", **rule}), settings(), fleet(A={"temp"}))
    assert "this override matches none of the 1 monitor" in found[0].text
    assert [each.line for each in found] == [13]


def test_params_that_nobody_has(tmp_path: Path):
    """Limits that every monitor overrides are not looked at."""
    rule = {
        "when": "current.voltage < params.limit",
        "until": "current.voltage > 23",
        "params": {"limit": 24},
        "overrides": [{"match": ["power=mains"], "params": {"limit": 22}}],
        "match": ["power=mains"],
    }
    assert against(tmp_path, fleet(A={"voltage"}), **rule) == []
    assert len(against(tmp_path, Fleet(instruments=(), described=True), **rule)) == 1


def test_never_seen(tmp_path: Path):
    """A field that none of the rule's monitors ever had; one of them is enough to say nothing."""
    [when, until] = against(tmp_path, fleet(A={"temp"}, B={"temp"}), **MODEM)
    assert when == until
    assert "stats.lteRsrp was never seen on any of the 2 monitors" in when
    assert against(tmp_path, fleet(A={"temp"}, B={"lteRsrp"}), **MODEM) == []
    silent = Fleet(instruments=(Instrument(serial="A"),), described=True)
    assert against(tmp_path, silent, **MODEM) == []


def test_without_a_modem(tmp_path: Path):
    """MyCirrus's list of features says who has a modem; an empty list says nothing."""
    with_sic = Fleet(instruments=(Instrument(serial="A", features=("SIC",)),), described=True)
    assert all("needs a modem" in text for text in against(tmp_path, with_sic, **MODEM))
    with_modem = Fleet(instruments=(Instrument(serial="A", features=("SIC", "Modem")),), described=True)
    assert against(tmp_path, with_modem, **MODEM) == []


def test_listed_in_the_config(tmp_path: Path):
    """Without a store, the config's serials and labels are what is known; their models are not."""
    listed = settings(instruments={"discover": False, "include": ["A"], "labels": {"A": {"power": "mains"}}})
    known = fleet_listed(listed.instruments)
    assert known is not None
    assert len(against(tmp_path, known, match=["power=solar"], **MODEM)) == 1
    assert against(tmp_path, known, match=["power=mains", "model=CR:900"], **MODEM) == []
    assert fleet_listed(settings().instruments) is None


def test_fleet_on_record(tmp_path: Path):
    """What newest records lack may be in the history; an allowance of 0 is none."""
    rules = load(
        tmp_path,
        {"alert": "Lte", **MODEM},
        {"alert": "Sim", "when": "current.simUsage > 90"},
        {"alert": "Ping", "when": "stats.ping > 900", "keep_firing_for": "1h"},
    )
    old, new = NOW - timedelta(days=2), NOW - timedelta(minutes=1)
    records = [
        Sample(instrument="A", source=Source.STATS, at=old, values={"lteRsrp": -95.0, "ping": None}),
        Sample(instrument="A", source=Source.STATS, at=new, values={"lteRsrp": None, "ping": None}),
        Sample(instrument="A", source=Source.CURRENT, at=new, values={"simUsage": 0.0, "voltage": 12.4}),
    ]
    with Store.open("sqlite:///alertd.db", base=tmp_path, work=True) as store:
        store.record_fleet([Instrument(serial="A")], NOW)
        store.record_round(samples=records[1:], cursors={}, alerts=[], transitions=[], now=NOW, history=records)
        found = fleet_on_record(store, settings().instruments, rules, NOW)
    assert found.seen == {"A": {(Source.STATS, "lteRsrp"), (Source.CURRENT, "voltage")}}
    assert [text.split()[0] for text in said(lint(rules, settings(), found))] == ["current.simUsage", "stats.ping"]


def test_the_healthy_example_is_of_the_catalogue():
    """Each field of the example is one that rules can name."""
    for source, record in EXAMPLES.items():
        assert record.keys() <= FIELDS[source].keys()


def test_the_library_has_no_warning():
    """What ships is as it tells others to be: each rule meant, tested, and steady about its limits."""
    paths, _ = expand_patterns(["rules/*.yaml"], ROOT)
    assert said(lint(load_rules(paths), settings(), None)) == []
