"""The owed ending, held over random histories of the whole notification path.

Silences, acknowledgements, routes, quiet hours, causes, flapping, targets that fail, restarts and edits come at random;
in the end every target that was told an alert fires was told its end, once, and nobody heard an end of what it never
heard of, unless the alert outlasted group_wait unseen.
"""

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from alertd.model import NotifyReason, Says
from tests.support.world import LOW_VOLTAGE, START, World

TARGETS = ("mail", "chat", "sms")
OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "critical"}
HOURS = {"times": [{"start_time": "18:00", "end_time": "19:00"}]}
RECEIVERS = [
    {"name": f"for-{name}", "targets": [{"name": name, "url": f"json://127.0.0.1:9/{name}"}]} for name in TARGETS
]
RECEIVERS[1]["quiet_hours"] = {**HOURS, "mode": "defer"}
ROUTES = [
    {"receiver": "for-mail", "routes": [{"receiver": "for-chat", "continue": True}, {"receiver": "for-mail"}]},
    {"receiver": "for-mail", "escalate": [{"after": "10m", "receiver": "for-sms"}]},
    {"receiver": "for-chat", "group_by": ["alertname"]},
]
BAD, GOOD = 11.0, 12.4


class OwedEndings(RuleBasedStateMachine):
    """One monitor, two rules, three targets, one of them with quiet hours, one for escalation."""

    @initialize(flapping=st.booleans(), route=st.sampled_from(ROUTES))
    def begin(self, flapping: bool, route: dict[str, object]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="alertd-test-"))
        self.world = World(
            self.folder,
            LOW_VOLTAGE,
            OFFLINE,
            receivers=RECEIVERS,
            route={"repeat_interval": "30d", **route},
            flapping={"changes": 4, "within": "6h", "quiet": "20m"} if flapping else "off",
        )

    @rule(volts=st.sampled_from([BAD, GOOD, None]))
    def supply(self, volts: float | None) -> None:
        self.world.client.current["QT1"]["voltage"] = volts
        self.world.tick()

    @rule(online=st.booleans())
    def connection(self, online: bool) -> None:
        self.world.client.online["QT1"] = online
        self.world.tick()

    @rule(minutes=st.sampled_from([1, 5, 40, 150]))
    def time_passes(self, minutes: int) -> None:
        self.world.tick(minutes)
        for _ in range(3):
            self.world.tick()

    @rule(kind=st.sampled_from(["an hour", "until resolved"]))
    def silence(self, kind: str) -> None:
        elapsed = int((self.world.now - START).total_seconds() // 60)
        self.world.at(f"{elapsed}m").silence(
            'instrument="QT1"', until=f"{elapsed + 60}m" if kind == "an hour" else None
        )
        self.world._plan.pop()[1]()
        self.world.tick()

    @rule()
    def expire(self) -> None:
        for silence in self.world.store.standing.silences(now=self.world.now):
            self.world.store.standing.expire_silence(silence.id, self.world.now)
        self.world.tick()

    @rule(name=st.sampled_from(TARGETS), down=st.booleans())
    def channel(self, name: str, down: bool) -> None:
        (self.world.target_down if down else self.world.target_up)(name)
        self.world._plan.pop()[1]()
        self.world.tick()

    @rule(route=st.sampled_from(ROUTES))
    def reroute(self, route: dict[str, object]) -> None:
        self.world._config["route"] = {"repeat_interval": "30d", **route}
        self.world.write_config()
        self.world.start_again()
        self.world.tick()

    @rule()
    def acknowledge(self) -> None:
        if any(alert.rule == "LowVoltage" for alert in self.world.store.active_alerts()):
            self.world.ack("LowVoltage", "QT1", lasts="30m")
            self.world._plan.pop()[1]()
        self.world.tick()

    @rule(there=st.booleans())
    def rule_file(self, there: bool) -> None:
        self.world.write_rules(*([LOW_VOLTAGE, OFFLINE] if there else [OFFLINE]))
        self.world.start_again()
        self.world.tick()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self._all_is_well_again()
            for target in TARGETS:
                self._owed_nothing(target)
            assert [alert.id for alert in self.world.store.open_alerts()] == []
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    def _all_is_well_again(self) -> None:
        self.world.channels.down.clear()
        self.world.client.current["QT1"]["voltage"] = GOOD
        self.world.client.online["QT1"] = True
        self.expire()
        for minutes in (45, 1, 1, 60, 1, 1, 60, *[1] * 40, 60, 1, 1):
            self.world.tick(minutes)

    def _owed_nothing(self, target: str) -> None:
        fired: set[str] = set()
        ended: Counter[str] = Counter()
        for says, reason in self._heard(target):
            if not says.ended:
                fired.add(says.alert_id)
                ended.pop(says.alert_id, None)  # flapping that ended in a firing: its end is owed anew
            else:
                ended[says.alert_id] += 1
            assert ended[says.alert_id] <= 1, f"{target} was told twice that {says.alert_id} is over ({reason})"
        assert fired <= set(ended), f"{target} was never told the end of {fired - set(ended)}"

    def _heard(self, target: str) -> list[tuple[Says, NotifyReason]]:
        return [
            (says, attempt.delivery.reason)
            for attempt in self.world.attempts
            if attempt.delivered and attempt.delivery.target == target
            for says in attempt.delivery.says
        ]


OwedEndings.TestCase.settings = settings(
    max_examples=4,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestOwedEndings = pytest.mark.timeout(900)(OwedEndings.TestCase)
