"""The promises, held over random histories: three answers, every ending told, nothing twice.

A machine moves one monitor, the API, the targets, the rule file and alertd itself at random, over the real config,
rules, decisions and store, and keeps a model of its own that is simple enough to be believed.
"""

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alertd.model import Says, State
from tests.support.fakes import UNREACHABLE
from tests.support.world import LOW_VOLTAGE, World

TARGETS = ("mail", "chat")
RECEIVERS = [{"name": "team", "targets": [{"name": name, "url": f"json://127.0.0.1:9/{name}"} for name in TARGETS]}]
BAD, BETWEEN, GOOD = 11.0, 11.4, 12.4


class Promises(RuleBasedStateMachine):
    """One monitor, one rule without `for`, two targets."""

    @initialize(group_wait=st.sampled_from(["0s", "3m"]))
    def begin(self, group_wait: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="alertd-test-"))
        self.world = World(
            self.folder,
            LOW_VOLTAGE,
            receivers=RECEIVERS,
            route={"group_wait": group_wait, "repeat_interval": "30d"},
            flapping="off",
        )
        self.volts: float | None = GOOD
        self.is_online, self.api_answers = True, True
        self.fires = False
        self.texts = 0

    # -- what may happen -------------------------------------------------------------------------------------------

    @rule(volts=st.sampled_from([BAD, BETWEEN, GOOD, None]))
    def supply(self, volts: float | None) -> None:
        self.volts = volts
        self.world.client.current["QT1"]["voltage"] = volts
        self._poll()

    @rule(is_online=st.booleans())
    def connection(self, is_online: bool) -> None:
        self.is_online = is_online
        self.world.client.online["QT1"] = is_online
        self._poll()

    @rule(answers=st.booleans())
    def api(self, answers: bool) -> None:
        self.api_answers = answers
        if answers:
            self.world.client.failing.pop("*", None)
        else:
            self.world.client.failing["*"] = UNREACHABLE
        self._poll()

    @rule(name=st.sampled_from(TARGETS), how=st.sampled_from(["up", "down", "breaks off"]))
    def channel(self, name: str, how: str) -> None:
        self.world.channels.down.pop(name, None)
        if how != "up":
            self.world.target_down(name, maybe=how == "breaks off")
            self.world._plan.pop()[1]()
        self._poll()

    @rule(minutes=st.sampled_from([1, 2, 45, 600]))
    def time_passes(self, minutes: int) -> None:
        self._poll(minutes)

    @rule(edit=st.sampled_from(["nothing", "text", "severity", "grouping"]))
    def restart(self, edit: str) -> None:
        self.texts += 1
        if edit == "text":
            self.world.write_rules({**LOW_VOLTAGE, "summary": f"text {self.texts}"})
        elif edit == "severity":
            self.world.write_rules({**LOW_VOLTAGE, "severity": "warning"})
        elif edit == "grouping":
            self.world._config["route"] = {
                **self.world._config["route"],
                "group_by": ["alertname", "site"][: self.texts % 3],
            }  # type: ignore[dict-item]
            self.world.write_config()
        self.world.start_again()
        self._poll()

    @rule()
    def killed_while_sending(self) -> None:
        """The process dies with every due message claimed and not answered for."""
        for target in TARGETS:
            while self.world.store.claim(target, self.world.now, self.world.channels.timeout(target), hasten=True):
                pass
        self.world.start_again()
        self._poll()

    # -- the model -------------------------------------------------------------------------------------------------

    def _poll(self, minutes: int = 1) -> None:
        self.world.tick(minutes)
        known = self.api_answers and self.is_online and self.volts is not None
        if known and self.volts == BAD:
            self.fires = True
        elif known and self.volts == GOOD:
            self.fires = False

    @invariant()
    def silence_is_not_good_news(self) -> None:
        """Promise 1: only a known, good value ends it; only a known, bad one begins it."""
        if hasattr(self, "world"):
            firing = [a for a in self.world.store.alerts(states=[State.FIRING]) if a.rule == "LowVoltage"]
            assert bool(firing) == self.fires

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self._everything_heals()
            self._nothing_twice()
            self._every_ending_told()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    def _everything_heals(self) -> None:
        self.world.channels.down.clear()
        self.supply(GOOD)
        self.connection(True)
        self.api(True)
        for _ in range(4):
            self._poll(45)

    def _deliveries(self, target: str) -> list[tuple[Says, bool]]:
        return [
            (says, attempt.delivery.maybe_sent)
            for attempt in self.world.attempts
            if attempt.delivered and attempt.delivery.target == target
            for says in attempt.delivery.says
        ]

    def _nothing_twice(self) -> None:
        """Promise 4: what was surely delivered is not delivered again, unless it is marked as a possible repeat."""
        for target in TARGETS:
            sure = Counter(
                (says.alert_id, says.ended, says.severity) for says, marked in self._deliveries(target) if not marked
            )
            assert all(count == 1 for count in sure.values()), f"{target} was told twice: {sure}"

    def _every_ending_told(self) -> None:
        """Promise 2: told it fires, told its end, in that order; never heard of it, never hears of its end alone."""
        for target in TARGETS:
            ended: set[str] = set()
            fired: set[str] = set()
            for says, marked in self._deliveries(target):
                assert marked or says.ended or says.alert_id not in ended, "a firing after its ending"
                (ended if says.ended else fired).add(says.alert_id)
            assert fired <= ended, f"{target} was never told the end of {fired - ended}"
        unsettled = [a.id for a in self.world.store.open_alerts()]
        assert not unsettled, f"still owed: {unsettled}"


Promises.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestPromises = pytest.mark.timeout(900)(Promises.TestCase)
