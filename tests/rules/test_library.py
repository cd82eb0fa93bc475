"""The shipped rules: they load, they know good from bad, and the vendor's own examples do not alarm."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from alertd.config.files import expand_patterns
from alertd.model import Sample, Severity, Source, Value, Verdict
from alertd.notify.letter import RuleTexts
from alertd.notify.render_context import alert_entry
from alertd.notify.render_texts import TextRenderer
from alertd.rules.evaluate import evaluate
from alertd.rules.freshness import Horizon
from alertd.rules.load import load_rules
from alertd.rules.pasts import Pasts, needs_of
from alertd.rules.rule import Rule, bind
from alertd.rules.view import View
from tests.notify.letters import alert
from tests.rules.seeing import FACTS, NOW, newest, sample, view

REPOSITORY = Path(__file__).parents[2]
PATHS, _ = expand_patterns(["rules/*.yaml"], REPOSITORY)
RULES = {rule.name: rule for rule in load_rules(PATHS)}
DAY = timedelta(days=1)


def verdicts(rule: Rule, seen: View, labels: dict[str, str] | None = None) -> dict[Severity, Verdict]:
    evaluation = evaluate(bind(rule, labels or {}), seen, NOW)
    return {severity: verdict.when for severity, verdict in evaluation.levels.items()}


def worst(rule: str, values: dict[str, Value | None], labels: dict[str, str] | None = None, **ages: timedelta) -> str:
    """The worst severity breached; "clear", or "unknown" where a level is."""
    seen = view(values, ages=ages, **(labels or {}))
    by_level = verdicts(RULES[rule], seen, labels)
    breached = [severity.word for severity, verdict in by_level.items() if verdict is Verdict.BREACHED]
    return breached[0] if breached else "unknown" if Verdict.UNKNOWN in by_level.values() else "clear"


VENDOR_EXAMPLES = [
    sample("status", online=True, measuring=True, calibrationInProgress=False, sicInProgress=False),
    sample(
        "current",
        cpu=12.2,
        mem=8.3,
        temp=51.1,
        voltage=11.5,
        disk=0.2,
        network=3.7,
        simQuota=0.0,
        simUsage=0.0,
        uptime=900.0,
    ),
    sample(
        "stats",
        samplePeriod=60.0,
        cpu=13.9,
        mem=285.8,
        cache=531.4,
        temp=36.0,
        voltage=11.671,
        disk=56.7,
        netRx=492.0,
        netTx=119.0,
        mTot=3793.0,
        dTot=24892.0,
        ping=0.0,
        lteRsrp=None,
        lteRsrq=None,
        lteSinr=None,
        lteSignal=None,
        network=10.183333333333334,
        memoryPercent=7.534932770893751,
        diskPercent=0.22778402699662545,
    ),
    sample("event", type="Connection", info="Ethernet", duration=75.014),
    sample("sic", status="Error", hz500=55.3829, khz8=35.7019, khz1=48.5379),
    sample("calibration", status="Success", level=93.7, offset=0.12),
    sample("note", user="Quantum Demo", message="Installed and working"),
]


def _seen(samples: list[Sample]) -> View:
    every = dict.fromkeys(Source, timedelta(minutes=1))
    return Horizon(NOW, every).see(FACTS, newest(*samples), {})


def test_the_vendors_examples_fire_nothing() -> None:
    """The API description's healthy example is healthy here too; whether its failed SIC counts is not known yet."""
    seen = _seen(VENDOR_EXAMPLES)
    by_rule = {name: set(verdicts(rule, seen).values()) for name, rule in RULES.items()}
    assert [name for name, found in by_rule.items() if Verdict.BREACHED in found] == []
    unknown = {name for name, found in by_rule.items() if Verdict.UNKNOWN in found}
    assert unknown <= {name for name, rule in RULES.items() if bind(rule, {}).windows}
    assert "SicFailed" in unknown


def test_an_offline_monitor_is_offline_and_nothing_else() -> None:
    """Of a monitor that is not there, nothing but that (and what it did before) can be said."""
    offline = sample("status", online=False, measuring=False)
    seen = _seen([offline, *VENDOR_EXAMPLES[1:2]])
    breached = [name for name, rule in RULES.items() if Verdict.BREACHED in verdicts(rule, seen).values()]
    assert breached == ["MonitorOffline"]
    for name in ("SupplyVoltage", "HighTemperature", "NotMeasuring", "Rebooted"):
        assert set(verdicts(RULES[name], seen).values()) == {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("SupplyVoltage", {"current.voltage": 11.671}, "clear"),
        ("SupplyVoltage", {"current.voltage": 11.29}, "warning"),
        ("SupplyVoltage", {"current.voltage": 10.79}, "critical"),
        ("SupplyVoltage", {"current.voltage": None}, "unknown"),
        ("HighTemperature", {"current.temp": 80.0}, "clear"),
        ("HighTemperature", {"current.temp": 81.0}, "warning"),
        ("HighTemperature", {"current.temp": 95.0}, "critical"),
        ("DiskNearlyFull", {"current.disk": 81.0}, "warning"),
        ("DiskNearlyFull", {"current.disk": 96.0}, "critical"),
        ("MemoryNearlyFull", {"current.mem": 91.0}, "warning"),
        ("Rebooted", {"current.uptime": 12.0}, "info"),
        ("Rebooted", {"current.uptime": 900.0}, "clear"),
        ("SimQuota", {"current.simUsage": 790.0, "current.simQuota": 1000.0}, "clear"),
        ("SimQuota", {"current.simUsage": 810.0, "current.simQuota": 1000.0}, "warning"),
        ("SimQuota", {"current.simUsage": 1200.0, "current.simQuota": 1000.0}, "critical"),
        ("SimQuota", {"current.simUsage": 1200.0, "current.simQuota": 0.0}, "clear"),
        ("SimQuota", {"current.simUsage": 1200.0, "current.simQuota": None}, "unknown"),
        ("SicFailed", {"sic.status": "Error"}, "unknown"),
        ("SicFailed", {"sic.status": "Success"}, "clear"),
        ("SicFailed", {"sic.status": "InProgress"}, "clear"),
        ("SicFailed", {"sic.status": None}, "unknown"),
        ("CalibrationFailed", {"calibration.status": "Failed"}, "critical"),
        ("CalibrationFailed", {"calibration.status": "InProgress"}, "clear"),
        ("CalibrationDrift", {"calibration.offset": 0.7}, "clear"),
        ("CalibrationDrift", {"calibration.offset": 0.71}, "warning"),
        ("CalibrationDrift", {"calibration.offset": -0.71}, "warning"),
        ("MonitorOffline", {"status.online": True}, "clear"),
        ("MonitorOffline", {"status.online": None}, "unknown"),
        ("NotMeasuring", {"status.measuring": False}, "critical"),
    ],
)
def test_tells_good_from_bad(rule: str, values: dict[str, Value | None], expected: str) -> None:
    """Each shipped rule on either side of its limits."""
    assert worst(rule, values) == expected


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ({0: "Error"}, "unknown"),
        ({14: "Failed"}, "unknown"),
        # Nobody looked into it.
        ({16: "Failed"}, "critical"),
        # The next one fails as well, or does not.
        ({10: "Error", 0: "Error"}, "critical"),
        ({10: "Error", 0: "Success"}, "clear"),
        ({10: "Success", 0: "Error"}, "clear"),
        # A failure of yesterday confirms nothing.
        ({1440: "Error", 0: "Error"}, "unknown"),
        # One that is under way is neither.
        ({10: "Error", 0: "InProgress"}, "clear"),
        ({10: "InProgress", 0: "Error"}, "clear"),
        ({16: "InProgress"}, "clear"),
    ],
)
def test_a_failed_check_counts_once_it_is_confirmed(checks: dict[float, str], expected: str) -> None:
    """By the next within a quarter of an hour, or by there being none; until then it begins nothing."""
    bound = bind(RULES["SicFailed"], {})
    pasts = Pasts(needs_of(bound.windows), {})
    samples = [sample("sic", timedelta(minutes=ago), status=word) for ago, word in checks.items()]
    pasts.add(samples)
    seen = Horizon(NOW, dict.fromkeys(Source, DAY)).see(FACTS, newest(*samples), {}, past=pasts.of("QT000001"))
    verdict = verdicts(RULES["SicFailed"], seen)[Severity.CRITICAL]
    assert {Verdict.BREACHED: "critical", Verdict.CLEAR: "clear", Verdict.UNKNOWN: "unknown"}[verdict] == expected


@pytest.mark.parametrize("rule", ["SicFailed", "CalibrationFailed"])
@pytest.mark.parametrize(("word", "ends"), [("InProgress", Verdict.CLEAR), ("Success", Verdict.BREACHED)])
def test_a_check_under_way_ends_no_alert(rule: str, word: str, ends: Verdict) -> None:
    """Only a pass ends a failure: “InProgress” is neither."""
    seen = view({"sic.status": word, "calibration.status": word})
    [level] = evaluate(bind(RULES[rule], {}), seen, NOW).levels.values()
    assert level.until is ends


@pytest.mark.parametrize(
    ("volts", "expected"), [(24.6, "clear"), (22.7, "clear"), (22.5, "warning"), (21.5, "critical"), (12.6, "critical")]
)
def test_a_24_v_supply_has_its_own_limits(volts: float, expected: str) -> None:
    """The label supply="24v" doubles the limits."""
    assert worst("SupplyVoltage", {"current.voltage": volts}, {"supply": "24v"}) == expected


@pytest.mark.parametrize(("days", "expected"), [(1, "clear"), (35, "clear"), (36, "warning")])
def test_a_calibration_is_overdue_after_its_time(days: int, expected: str) -> None:
    """Counted from the newest calibration on record; unknown without one."""
    assert worst("CalibrationOverdue", {}, calibration=days * DAY) == expected
    assert worst("CalibrationOverdue", {}) == "unknown"


@pytest.mark.parametrize(
    ("subscription", "expected"),
    [("Active", "clear"), ("Expired", "warning"), ("Cancelled", "warning"), ("", "unknown")],
)
def test_a_subscription_is_told_when_it_ends(subscription: str, expected: str) -> None:
    """Cancelled and Expired are told, one that MyCirrus does not tell is unknown."""
    assert worst("SubscriptionNotActive", {}, {"subscription": subscription}) == expected


@pytest.mark.parametrize(
    ("used", "quota", "expected"),
    [(4_500.0, 5_000.0, "90 % of the SIM's 5000 MB are used"), (4_500.0, 0.0, ""), (None, 5_000.0, "")],
)
def test_a_sim_is_told_in_per_cent(used: float | None, quota: float, expected: str) -> None:
    """How full it is, not only how many megabytes; nothing where that is not known, and no text that fails."""
    told = alert(rule="SimQuota", values={"current.simUsage": used, "current.simQuota": quota})
    entry, failures = TextRenderer().with_texts(
        alert_entry(told, UTC), RuleTexts(summary=RULES["SimQuota"].summary), NOW
    )
    assert (entry["summary"].strip(), failures) == (expected, [])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_says_what_to_do_and_keeps_its_limits_in_params(rule: Rule) -> None:
    """Whoever is woken learns the next step; whoever tunes a limit finds it in one place."""
    assert rule.description
    numbers = [expression.text for expression in rule.expressions if any(sign in expression.text for sign in "<>")]
    assert all("params." in text for text in numbers)


def test_levels_clear_with_hysteresis() -> None:
    """A voltage that hovers about a limit does not flap: what clears a level is beyond what breaches it."""
    params = RULES["SupplyVoltage"].params
    assert float(params["warning_clear"]) > float(params["warning"]) > float(params["critical_clear"])
    assert float(params["critical_clear"]) > float(params["critical"])
