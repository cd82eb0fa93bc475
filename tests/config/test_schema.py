"""The schemas say of a file what the loader says: tried on the shipped files, and on each small change to full ones."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from alertd.config.load import load_config
from alertd.config.yaml import load_document
from alertd.daemon.schemas import FOLDER, schemas
from alertd.errors import ConfigError
from alertd.rules.load import load_rules
from alertd.rules.testing.load import load_tests
from tests.support.docs import FENCE, ROOT, page

SCHEMAS = schemas()
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}

CONFIG = """
mycirrus:
  {base_url: https://api.mycirrus.cloud/v1, api_key: {env: KEY}, timeout: 10s, max_requests_per_minute: 120,
   batch_size: 50, array_style: repeat, unreachable_after: 3m}
instruments:
  discover: true
  include: ["QT*"]
  exclude: ["QT9*"]
  labels: {QT123456: {site: Quarry A, power: solar, timezone: Europe/London}}
poll: {status: 1m, current: 1m, stats: 5m, events: 5m, sic: 5m, calibrations: 15m, calibration_log: "off"}
rules: [rules/*.yaml]
templates: templates
receivers:
  - name: field
    targets:
      - {name: mail, url: {file: mail.url}, timeout: 30s, rate: 20/m}
      - {name: hook, url: "json://127.0.0.1:9"}
    quiet_hours:
      times: [{start_time: "22:00", end_time: "07:00"}]
      location: Europe/London
      mode: defer
      bypass: ['severity="critical"']
    digest: {cron: "0 7 * * mon-fri", location: Europe/London}
route:
  receiver: field
  group_by: [alertname, site]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  repeat_max: 24h
  mute_time_intervals: [nights]
  active_time_intervals: [work]
  escalate: [{after: 30m, receiver: field}]
  routes:
    - matchers: ['severity="critical"']
      receiver: field
      continue: true
      group_by: ["..."]
      group_wait: 0s
      routes: [{receiver: field, matchers: [a=b]}]
causes: {site_label: site, site_down: {share: 0.8, at_least: 3, within: 10m}}
flapping: {changes: 4, within: 6h, quiet: 6h}
inhibit_rules:
  - {source_matchers: ['alertname="A"'], target_matchers: ['alertname="B"'], equal: [site]}
time_intervals:
  - name: nights
    time_intervals: [{times: [{start_time: "22:00", end_time: "07:00"}], weekdays: ["monday:friday"], location: UTC}]
  - name: work
    time_intervals: [{days_of_month: ["1:-1"], months: ["1:12", may], years: ["2026:2036"]}]
storage: {url: sqlite:///alertd.db, retention: 90d}
http:
  listen: "127.0.0.1:9321"
  external_url: https://alertd.example.com
  users: [{name: ada, password: "scrypt$16384$8$1$c2FsdA==$aGFzaA==", role: operator}]
  tokens: [{name: probe, hash: "abababababababababababababababababababababababababababababababab",
     scope: viewer, until: "2027-01-31"}]
  proxy: {from: [127.0.0.1, "fd00::/8"], header: X-Remote-User, role: viewer, operators: [ada]}
heartbeat: {url: {credential: beat}, every: 1m}
logging: {level: info, format: console}
"""
RULES = """
rules:
  - alert: Low
    was: [Old]
    for: 10m
    keep_firing_for: 10m
    when: current.voltage < params.low
    until: current.voltage >= params.clear
    severity: critical
    params: {low: 11.3, clear: 11.6, word: x, flag: true, span: 6h}
    overrides: [{match: ['supply="24v"'], params: {low: 22.6}}]
    match: ['power=~"battery|solar"']
    labels: {team: field}
    summary: x
    description: y
    runbook: https://wiki.example.com
    flapping: {changes: 4, within: 6h, quiet: 6h}
    cause: none
  - alert: Supply
    levels:
      info: {when: current.voltage < 11.9}
      warning: {when: current.voltage < 11.8, until: current.voltage >= 12.1, for: 15m}
      critical: {when: current.voltage < 11.3, keep_firing_for: 1m}
    flapping: "off"
"""
TESTS = """
rules: [power.yaml]
tests:
  - name: a dip
    start: "2026-01-10T15:00:00Z"
    instruments: {QT000001: {site: quarry-a, power: 7, timezone: Europe/London}}
    samples:
      - {instrument: QT000001, field: current.voltage, every: 15m, at: 0, values: "12.6-0.05x12 11.7x8 _x4 12.4x6"}
      - {instrument: QT000001, at: -3h, sic: {status: Error, hz500: 55.4}}
      - {instrument: QT000001, at: 4h, status: {online: false}}
    silences: [{matchers: ['instrument="QT000001"'], start: 1h, end: 2h, reason: x}]
    expect:
      - {at: 4h, alert: Low, instrument: QT000001, state: firing, severity: critical, stale: true}
    messages:
      - {at: 3h15m, target: default, reason: first, contains: [QT000001, "11.70 V"]}
      - {at: 8h, target: default, reason: all_resolved, contains: x}
"""
FULL = {"config": yaml.safe_load(CONFIG), "rules": yaml.safe_load(RULES)}
INTERVALS = [{"name": name, "time_intervals": [{"months": ["may"]}]} for name in ("nights", "work")]
LEAST_CONFIG = {
    "mycirrus": {"api_key": "key"},
    "receivers": [{"name": "field", "targets": []}],
    "route": {"receiver": "field"},
    "time_intervals": INTERVALS,
}

INSTEAD: list[object] = [
    *(None, [], {}, "x", " x", 7, 0, -1, 1.5, True, "5m", "500ms", "24:00", "off", ["x"], [1], {"x": 1}),
]
ONLY_THE_LOADER = re.compile(
    "there is no (receiver|time interval|time zone)|is after|no expression|unknown (name|param|field)"
    "|no rule file matches|there is no (file|instrument|alert|target|rule)|is no number|no value is there"
    "|ends before it starts|in the order of their times|name the rule files|has no past"
    "|cannot be compared|is wanted, as in the rule's params|the name .* is taken"
)
"""What lies between two places of a file, or in an expression: no schema can say it."""


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    keys: list[str | int] = (
        [*value] if isinstance(value, dict) else [*range(len(value))] if isinstance(value, list) else []
    )
    for key in keys:
        yield from places(value[key], (*at, key))  # type: ignore[index]


def changed(document: Any, at: tuple[str | int, ...]) -> Iterator[object]:
    """The document with something else at one place, with nothing there, and with a key too many."""
    if not at:
        yield {**document, "surprise": 1}
        return
    for instead in (*INSTEAD, "nothing", "more"):
        whole = copy.deepcopy(document)
        home = whole
        for step in at[:-1]:
            home = home[step]
        if instead == "nothing":
            del home[at[-1]]
        elif instead == "more":
            if isinstance(home[at[-1]], dict):
                home[at[-1]]["surprise"] = 1
        else:
            home[at[-1]] = instead
        yield whole


def refusal(kind: str, path: Path) -> str | None:
    """What the loader says first; None where it takes the file."""
    try:
        if kind == "config":
            load_config(path)
        elif kind == "rules":
            load_rules([path])
        else:
            load_tests(path)
    except ConfigError as error:
        return str(error.mistakes[0])
    return None


def agree(kind: str, path: Path) -> None:
    said = refusal(kind, path)
    wrong = [error.message for error in VALIDATORS[kind].iter_errors(load_document(path).value)]
    if said is None:
        assert not wrong, path.read_text()
    else:
        assert wrong or ONLY_THE_LOADER.search(said), f"{said}\n{path.read_text()}"


@pytest.mark.parametrize("kind", SCHEMAS)
def test_is_a_schema(kind: str):
    """Draft 2020-12, by its own rules."""
    assert SCHEMAS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[kind])


def one_by_one() -> Iterator[object]:
    """Each part of the full files, alone in a file that has no more than it must have."""
    for key, part in FULL["config"].items():
        yield pytest.param("config", key, LEAST_CONFIG | {key: part}, id=key)
    for rule in FULL["rules"]["rules"]:
        yield pytest.param("rules", "rules", {"rules": [rule]}, id=rule["alert"])
    tests = yaml.safe_load(TESTS)
    [case] = tests["tests"]
    for key in sorted(case.keys() - {"name", "instruments"}):
        part = {name: case[name] for name in ("name", "instruments", key)}
        yield pytest.param("tests", "tests", {**tests, "tests": [part]}, id=f"tests-{key}")


@pytest.mark.parametrize(("kind", "key", "full"), list(one_by_one()))
def test_each_change(tmp_path: Path, kind: str, key: str, full: dict[str, object]):
    """What the loader takes the schema takes, what it refuses the schema refuses, at each place of a full file."""
    path = tmp_path / f"{kind}.yaml"
    if kind == "tests":
        (tmp_path / "power.yaml").write_text(yaml.safe_dump({"rules": [{**RULE, "alert": "Low"}]}))
    for at in ((), *places(full[key], (key,))):
        for document in changed(full, at):
            path.write_text(json.dumps(document))  # which is YAML too, and quicker to write
            agree(kind, path)


def _kind_of(path: Path) -> str:
    return "tests" if ".test." in path.name else "rules"


SHIPPED = [
    ("config", ROOT / "config.example.yaml"),
    *((_kind_of(path), path) for path in sorted((ROOT / "rules").glob("[!.]*.yaml"))),
]


@pytest.mark.parametrize(("kind", "path"), SHIPPED)
def test_shipped_files(kind: str, path: Path):
    """What ships is taken by both."""
    assert refusal(kind, path) is None
    agree(kind, path)


def test_examples_of_the_documentation(tmp_path: Path):
    """Whole files that the pages show are taken."""
    shown = [fence["text"] for fence in FENCE.finditer(page("rules.md")) if fence["kind"] == "yaml"]
    whole = [text for text in shown if re.search(r"^rules:", text, re.MULTILINE)]
    assert len(whole) > 3
    path = tmp_path / "shown.yaml"
    for text in whole:
        path.write_text(text)
        kind = "tests" if re.search(r"^tests:", text, re.MULTILINE) else "rules"
        assert [*VALIDATORS[kind].iter_errors(load_document(path).value)] == []


RULE = {"alert": "X", "when": "status.online"}
LEVEL = {"when": "current.temp > 1"}


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        (RULE, True),
        ({"alert": "X"}, False),
        ({**RULE, "levels": {"warning": LEVEL}}, False),
        ({"alert": "X", "levels": {"warning": LEVEL}, "severity": "warning"}, False),
        ({"alert": "X", "levels": {"warning": LEVEL}, "severity": None}, True),
        ({"alert": "X", "levels": {}}, False),
        ({"alert": "X", "levels": {"critical": None}}, False),
        ({"alert": "X", "levels": {"critical": None, "info": LEVEL}}, True),
        ({**RULE, "alert": "ApiUnreachable"}, False),
        ({**RULE, "alert": "a" * 101}, False),
        ({**RULE, "labels": {"severity": "x"}}, False),
        ({**RULE, "params": {"a b": 1}}, False),
        ({**RULE, "params": {"a": 1e16}}, False),
        ({**RULE, "params": {"a": None}}, False),
        ({**RULE, "for": 0}, True),
        ({**RULE, "for": "0"}, True),
        ({**RULE, "for": "15m1h"}, False),
        ({**RULE, "for": 15}, False),
        ({**RULE, "match": ['a="b']}, False),
        ({**RULE, "match": ["a = b"]}, True),
        ({**RULE, "flapping": {"changes": 1}}, False),
        ({**RULE, "flapping": "on"}, False),
        ({**RULE, "flapping": None}, False),
        ({**RULE, "when": "x" * 2001}, False),
    ],
)
def test_rules(tmp_path: Path, rule: dict[str, object], good: bool):
    """What of a rule excludes, needs or limits what."""
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"rules": [rule]}))
    assert (refusal("rules", path) is None) is good
    assert VALIDATORS["rules"].is_valid(load_document(path).value) is good


@pytest.mark.parametrize(
    ("key", "value", "good"),
    [
        ("instruments", {"discover": False, "include": ["A"]}, True),
        ("instruments", {"discover": False}, False),
        ("instruments", {"discover": False, "include": ["A*"]}, False),
        ("instruments", {"labels": {"A": {"site": 7, "b": True}}}, True),
        ("instruments", {"labels": {"A": {"alertname": "x"}}}, False),
        ("mycirrus", {"api_key": "x", "base_url": "http://mycirrus.example.com"}, False),
        ("mycirrus", {"api_key": "x", "base_url": "http://127.0.0.1:80/v1"}, True),
        ("mycirrus", {"api_key": {"credential": "a/b"}}, False),
        ("mycirrus", {"api_key": {"env": "A", "file": "b"}}, False),
        ("http", {"listen": "off"}, True),
        ("http", {"listen": ":9321"}, False),
        ("http", {"listen": "10.0.0.1:9321", "proxy": {"from": ["10.0.0.2"]}}, False),
        ("http", {"listen": "10.0.0.1:9321", "proxy": {"from": ["10.0.0.2"], "header": "X-User"}}, True),
        ("http", {"listen": "[::1]:9321"}, True),
        ("http", {"listen": "::1:9321"}, False),
        ("poll", {"status": "off"}, True),
        ("poll", {"status": "999ms"}, False),
        ("poll", {"status": "1000ms"}, True),
        ("poll", {"status": "0h1m"}, True),
        ("storage", {"url": "mysql://h/d"}, False),
        ("storage", {"url": "sqlite:///:memory:"}, False),
        ("storage", {"url": {"env": "URL"}}, True),
        ("causes", {"site_down": "off"}, True),
        ("causes", {"site_down": {"share": 1}}, True),
        ("causes", {"site_down": {"share": 0}}, False),
        ("flapping", "off", True),
        ("receivers", [{"name": "team", "targets": []}], True),
        ("receivers", [{"name": "team", "targets": [], "quiet_hours": {"months": [1], "mode": "digest"}}], False),
        ("receivers", [{"name": "team", "targets": [], "quiet_hours": {"mode": "drop"}}], False),
        ("receivers", [{"name": "team", "targets": [], "quiet_hours": {"weekdays": ["Monday:sunday"]}}], True),
        ("receivers", [{"name": "team", "targets": [], "digest": {"cron": "0 7 * *"}}], False),
        ("receivers", [{"name": "team", "targets": [{"name": "a", "url": "json://h", "rate": "0/m"}]}], False),
    ],
)
def test_configs(tmp_path: Path, key: str, value: object, good: bool):
    """What of a config excludes, needs or limits what."""
    base = {
        "mycirrus": {"api_key": "x"},
        "receivers": [{"name": "team", "targets": []}],
        "route": {"receiver": "team"},
    }
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({**base, key: value}))
    assert (refusal("config", path) is None) is good
    assert VALIDATORS["config"].is_valid(load_document(path).value) is good


MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def test_each_shipped_file_names_its_schema():
    """By a relative path that `alertd init` puts a file at, so that no editor asks the network."""
    for kind, path in SHIPPED:
        named = MODELINE.match(path.read_text())
        assert named is not None, path
        assert (path.parent / named[1]).resolve() == ROOT / FOLDER / f"{kind}.json"


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_checkouts_own(kind: str):
    """Those beside the shipped files are the present ones; `alertd schema KIND > .schema/KIND.json` makes them so."""
    assert json.loads((ROOT / FOLDER / f"{kind}.json").read_text()) == SCHEMAS[kind]
