"""The web server on a real socket, over a real store in which a fleet, its past, alerts and messages are on record.

Nothing polls or sends: what is in the store is what the test put there.

with WebSite(tmp_path) as site:
    answer = site.get("/api/v1/alerts")
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from alertd.config.forms import Address
from alertd.daemon.house import House
from alertd.daemon.service import Service
from alertd.daemon.setup import load_setup
from alertd.daemon.stores import open_for_work
from alertd.daemon.tally import Tally
from alertd.model import (
    Alert,
    Delivery,
    DeliveryState,
    EndReason,
    Instrument,
    Message,
    NotifyReason,
    Sample,
    Says,
    Severity,
    Source,
    State,
    TargetHealth,
    Told,
    Transition,
    TransitionKind,
)
from alertd.notify.known import Plan
from alertd.web.access import SAFE
from alertd.web.app import application
from alertd.web.server import WebServer, bind
from alertd.web.signing import Signing
from tests.support.sinks import HttpSink

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script> \u202eevil\u202c \'";-- ' + "é" * 200
"""The name of one monitor of the fleet."""

RULES: tuple[Mapping[str, object], ...] = (
    {
        "alert": "LowVoltage",
        "when": "current.voltage < params.low",
        "until": "current.voltage >= params.clear",
        "severity": "critical",
        "for": "5m",
        "params": {"low": 11.3, "clear": 11.6},
        "overrides": [{"match": ['power="solar"'], "params": {"low": 11.0}}],
        "labels": {"team": "field"},
        "runbook": "https://wiki.example.com/low-voltage",
    },
    {"alert": "Hot", "when": "current.temp > 80", "severity": "warning", "for": "10m"},
    {"alert": "MonitorOffline", "when": "not status.online", "severity": "critical"},
    {"alert": "SicFailed", "when": 'sic.status != "Success"', "severity": "warning", "mode": "shadow"},
)
LABELS = {
    "QT100000": {"site": "Quarry A", "power": "battery", "timezone": "Europe/London"},
    "QT100001": {"site": "Quarry A", "power": "solar"},
    "QT100002": {"site": '<b>"B"</b>'},
}


def minutes(count: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(minutes=count)


class WebSite:
    """A folder with config, rules and a store, a House over them, and a web server on a free port."""

    def __init__(self, folder: Path, *, rules: Sequence[Mapping[str, object]] = RULES, **changes: object) -> None:
        self.folder = folder
        self.now = NOW
        """What alertd's clock says."""
        self.sends_proof = True
        """Whether a request that changes something carries what alertd's own pages' do."""
        self.sink = HttpSink()
        self._rules = rules
        self._changes = changes

    def config(self) -> dict[str, Any]:
        """The config file's text as Python."""
        return {
            "mycirrus": {"base_url": "http://127.0.0.1:9/v1", "api_key": "a-secret-key"},
            "instruments": {"labels": LABELS},
            "poll": {"status": "1m", "current": "1m", "stats": "off", "events": "off", "calibrations": "off"},
            "rules": ["rules/*.yaml"],
            "receivers": [
                {"name": "team", "targets": [{"name": "hook", "url": self.sink.target("hook/a-secret-path")}]},
                {"name": "on-call", "targets": [{"name": "phone", "url": self.sink.target("phone")}]},
            ],
            "route": {
                "receiver": "team",
                "routes": [{"matchers": ['severity="critical"'], "receiver": "on-call", "continue": True}],
            },
            "http": {"listen": "127.0.0.1:9321", "external_url": "http://alertd.example.com"},
        } | self._changes

    def get(self, path: str, **asked: Any) -> requests.Response:
        """GET."""
        return self.ask("GET", path, **asked)

    def post(self, path: str, **asked: Any) -> requests.Response:
        """POST."""
        return self.ask("POST", path, **asked)

    def ask(self, method: str, path: str, **asked: Any) -> requests.Response:
        """Any request, over the socket; redirects are not followed."""
        if self.sends_proof and method not in SAFE:
            csrf = Signing(self.store.signing_key(), self.house.now).csrf("open")
            asked["headers"] = {"x-csrf-token": csrf} | dict(asked.get("headers") or {})
        return requests.request(method, self.url + path, **{"timeout": 20, "allow_redirects": False, **asked})

    def record(self, *alerts: Alert, transitions: Sequence[Transition] = (), samples: Sequence[Sample] = ()) -> None:
        """What one round would have brought."""
        self.store.record_round(
            samples=samples, cursors={}, alerts=alerts, transitions=transitions, now=self.now, history=samples
        )

    def tell(self, alert: Alert, target: str = "hook", **given: Any) -> Delivery:
        """A message about an alert on record: delivered, or with the outcome that is given."""
        says = Says(alert_id=alert.id, severity=alert.severity, ended=alert.state is State.RESOLVED)
        message = Message(title=f"[{alert.severity.name}] {alert.rule} · {alert.name}", body="It is low.")
        delivery = Delivery(
            id=0,
            target=target,
            group_key=f"g/{alert.id}",
            reason=given.pop("reason", NotifyReason.FIRST),
            message=message,
            says=(says,),
            state=DeliveryState.QUEUED,
            decided_at=self.now,
            due_at=self.now,
        )
        (queued,) = self.store.record_decisions(Plan(), [(delivery, ())], self.now)
        outcome = {"state": DeliveryState.DELIVERED, **given}
        if outcome["state"] is DeliveryState.QUEUED:
            return queued
        claimed = self.store.claim(target, self.now, timedelta(seconds=60), hasten=True)
        assert claimed is not None
        heard = Told(alert_id=alert.id, target=target, severity=alert.severity, firing_at=self.now)
        told = [heard] if outcome["state"] is DeliveryState.DELIVERED else []
        health = TargetHealth(target=target)
        self.store.record_outcome(claimed, now=self.now, health=health, told=told, **outcome)
        return replace(claimed, state=outcome["state"])

    def __enter__(self) -> Self:
        self.sink.__enter__()
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config(), allow_unicode=True))
        (self.folder / "rules").mkdir()
        rules = yaml.safe_dump({"rules": [dict(rule) for rule in self._rules]}, sort_keys=False)
        (self.folder / "rules" / "site.yaml").write_text(rules)
        setup = load_setup(self.folder / "config.yaml")
        self.store = open_for_work(setup.config)
        self.tally = Tally()
        # A service that knows its set-up and was not started: nothing polls, decides or sends by itself.
        self.service = Service(self.store, lambda: self.now, lambda: 0.0, tally=self.tally)
        self.service._setup = setup
        self.house = House(self.service, self.store, self.tally, lambda: self.now, lambda: 0.0)
        self._fill()
        listener = bind(Address("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = WebServer(application(self.house), listener)
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self.store.close()
        self.sink.close()

    # -- what is on record ---------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        names = ("Quarry A north", "Quarry A south", HOSTILE, "", "Depot")
        fleet = [
            Instrument(serial=f"QT10000{index}", name=name, model="CR:900", subscription="Live", features=("Noise",))
            for index, name in enumerate(names)
        ]
        self.store.record_fleet(fleet, NOW)
        history = [sample for each in fleet for sample in _past(each.serial)]
        newest = {(sample.instrument, sample.source): sample for sample in history}
        self.firing = alert("low", "LowVoltage", "QT100000", State.FIRING, Severity.CRITICAL, name=names[0])
        self.pending = alert("hot", "Hot", "QT100001", State.PENDING, Severity.WARNING, name=names[1])
        self.strange = alert("strange", "LowVoltage", "QT100002", State.FIRING, Severity.CRITICAL, name=HOSTILE)
        self.resolved = alert("over", "LowVoltage", "QT100004", State.RESOLVED, Severity.CRITICAL, name="Depot")
        self.own = replace(alert("own", "TargetFailing", "phone", State.FIRING, Severity.WARNING), own=True)
        alerts = (self.firing, self.pending, self.strange, self.resolved, self.own)
        self.store.record_round(
            samples=list(newest.values()),
            cursors={},
            alerts=alerts,
            transitions=[each for known in alerts for each in _life(known)],
            now=NOW,
            history=sorted(history, key=lambda sample: sample.source),
        )
        self.delivered = self.tell(self.firing)
        self.dead = self.tell(self.firing, "phone", state=DeliveryState.DEAD, error="the peer answered 500")
        self.waiting = self.tell(self.strange, "phone", state=DeliveryState.QUEUED)


def alert(id_: str, rule: str, subject: str, state: State, severity: Severity, **given: Any) -> Alert:
    """One of the fleet's alerts; a firing one fires for half an hour."""
    labels = {"alertname": rule, "instrument": subject, "severity": severity.word, **LABELS.get(subject, {})}
    usual: dict[str, Any] = {
        "values": {"current.voltage": 11.21},
        "explanation": "voltage 11.21 V < 11.3 V",
        "model": "CR:900",
        "params": {"low": 11.3, "clear": 11.6},
        "active_at": minutes(-40 if state is not State.RESOLVED else -600),
        "fired_at": None if state is State.PENDING else minutes(-35 if state is State.FIRING else -590),
        "recorded_at": minutes(-35),
    }
    if state is State.RESOLVED:
        usual |= {"resolved_at": minutes(-300), "closed_at": minutes(-300), "resolved_reason": EndReason.RECOVERED}
    known = {"id": id_, "rule": rule, "subject": subject, "state": state, "severity": severity, "labels": labels}
    return Alert(**{**known, **usual, **given})


def _life(known: Alert) -> list[Transition]:
    steps = [(TransitionKind.PENDING, known.active_at), (TransitionKind.FIRED, known.fired_at)]
    steps.append((TransitionKind.RESOLVED, known.resolved_at))
    return [
        Transition(
            alert_id=known.id, kind=kind, at=at, severity=known.severity, reason="it is so", explanation="11.21 V"
        )
        for kind, at in steps
        if at is not None
    ]


def _past(serial: str) -> list[Sample]:
    """A day, every five minutes; the first monitor's battery runs flat, one value in twenty is missing."""
    falls = serial == "QT100000"
    found: list[Sample] = []
    for step in range(288, -1, -1):
        at = minutes(-5 * step)
        voltage = round(12.6 - (1.39 * (288 - step) / 288 if falls else 0.1), 3)
        current = {"voltage": None if step % 20 == 7 else voltage, "temp": 21.5, "memory": 40.0}
        found.append(Sample(instrument=serial, source=Source.CURRENT, at=at, values=current))
        found.append(Sample(instrument=serial, source=Source.STATUS, at=at, values={"online": True, "measuring": True}))
    sic = {"status": "Success", "hz500": 0.1, "khz1": 0.0, "khz8": -0.2}
    found.append(Sample(instrument=serial, source=Source.SIC, at=minutes(-700), values=sic))
    return found
