"""alertd's alerts about itself as timetables: a target that fails, a rule or a template that breaks at work."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from alertd.daemon.setup import Setup
from alertd.errors import NotAllowed
from alertd.model import Value
from alertd.rules.expression import BoundExpression, Expression
from alertd.rules.rule import Rule
from alertd.rules.view import View
from tests.support.world import LOW_VOLTAGE, NewWorld, World, told

TWO_TARGETS = [
    {"name": "team", "targets": [{"name": name, "url": f"json://127.0.0.1:9/{name}"} for name in ("mail", "chat")]}
]
DIVIDES = {**LOW_VOLTAGE, "summary": "{{ 1 / (value - 11.25) }} of it"}
"""Its summary fails on just one value."""


class Trap(Expression):
    """A condition that raises where the processor is at 66 °C: a stand-in for whatever no rule foresees."""

    def bind(self, params: Mapping[str, Value] = MappingProxyType({})) -> BoundExpression:
        bound = Expression.bind(self, params)

        def answer(view: View) -> Value | None:
            if view.values["current"]["temp"] == 66.0:
                raise ZeroDivisionError("a trap")
            return bound.answer(view)

        return replace(bound, answer=answer)


def set_traps(setup: Setup) -> Setup:
    """The set-up with every condition of the rule `Odd` a trap."""

    def trapped(rule: Rule) -> Rule:
        level = rule.levels[0]
        facts = {name: getattr(level.when, name) for name in level.when.__slots__}
        return replace(rule, levels=(replace(level, when=Trap(**facts)),)) if rule.name == "Odd" else rule

    return replace(setup, rules=tuple(map(trapped, setup.rules)))


def template(world: World, text: str) -> None:
    path = world.folder / "templates" / "text" / "body.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_ten_minutes_of_failures_count_over_a_restart(world: NewWorld) -> None:
    """Two failed attempts far apart, alertd started anew between them: the target is failing, and that is told."""
    w = world(receivers=TWO_TARGETS)
    w.at("5m").target_down("chat").voltage("QT1", 11.2).at("6m").stopped_for("20m").at("26m").restart()
    w.at("40m").target_up("chat").voltage("QT1", 12.5)
    w.expect(told("mail", "first", at="5m"), told("mail", "first", at="26m", contains="TargetFailing · chat"))
    w.expect(told("mail", "all_resolved", at="40m", contains="LowVoltage"))
    w.expect(told("chat", "all_resolved", at="50m"), told("mail", "all_resolved", at="50m", contains="TargetFailing"))
    w.run(until="1h")


def test_two_failing_targets_are_two_alerts(world: NewWorld) -> None:
    """One of them works again: its alert ends, the other's goes on."""
    targets = [{"name": name, "url": f"json://127.0.0.1:9/{name}"} for name in ("mail", "chat", "text")]
    w = world(receivers=[{"name": "team", "targets": targets}])
    w.at("5m").target_down("chat").target_down("text").voltage("QT1", 11.2).at("30m").target_up("chat")
    w.run_to(until="50m")
    assert w.states()["TargetFailing", "chat"] == "resolved"
    assert w.states()["TargetFailing", "text"] == "firing"


def test_a_target_that_was_taken_away_fails_no_more(world: NewWorld) -> None:
    """Nobody can mend a target that is not in the config: its alert ends, and that is told."""
    w = world(receivers=TWO_TARGETS)
    w.at("5m").target_down("chat").voltage("QT1", 11.2)
    w.at("30m").config(receivers=[{**TWO_TARGETS[0], "targets": TWO_TARGETS[0]["targets"][:1]}])  # type: ignore[index]
    w.expect(told("mail", "first", at="5m"), told("mail", "first", at="10m", contains="TargetFailing"))
    w.expect(told("mail", "all_resolved", at="30m", contains="TargetFailing"))
    w.run(until="1h")


@pytest.mark.parametrize(
    ("what", "status", "title"),
    [
        ("instruments", 403, "[CRITICAL] ApiKeyRefused · instruments"),
        ("*", 404, "[CRITICAL] ApiUnreachable · MyCirrus API"),
    ],
)
def test_no_way_in_is_told(world: NewWorld, what: str, status: int, title: str) -> None:
    """No right to list the monitors is a refused key; 404 for everything, a wrong address, is no usable answer."""
    w = world()
    w.at("5m").fails(what, NotAllowed(f"HTTP {status}", status)).at("30m").heals(what)
    w.expect(told("mail", "first", at="5m" if status == 403 else "8m", contains=title))
    w.expect(told("mail", "all_resolved", at="30m"))
    w.run(until="40m")


def test_a_source_that_is_read_no_more_refuses_no_key(world: NewWorld) -> None:
    """Refused for one source, which the config then leaves out: the alert ends."""
    w = world(poll={"stats": "1m"})
    w.at("5m").fails("stats", NotAllowed("stats: HTTP 403", 403)).at("20m").config(poll={"stats": "off"})
    w.expect(told("mail", "first", at="5m", contains="[CRITICAL] ApiKeyRefused · stats"))
    w.expect(told("mail", "all_resolved", at="20m", contains="ApiKeyRefused"))
    w.run(until="40m")


def test_words_of_a_rule_that_fail_are_told_once(world: NewWorld) -> None:
    """The shipped text stands in for them; restarts tell nothing again; an edited file ends it."""
    w = world(DIVIDES)
    w.at("5m").voltage("QT1", 11.25).at("10m").restart().at("20m").voltage("QT1", 12.5).at("30m").voltage("QT1", 11.0)
    w.at("40m").rules({**LOW_VOLTAGE, "summary": "{{ value }} V"})
    w.expect(
        told("mail", "first", at="5m", contains=("LowVoltage · Monitor QT1 (QT1) 11.25 V", "11.25 V < 11.3 V")),
        told("mail", "first", at="5m", contains=("[WARNING] RuleBroken · LowVoltage", "world.yaml:6:", "division")),
        told("mail", "all_resolved", at="20m"),
        told("mail", "first", at="30m", contains="-4 of it"),
        told("mail", "all_resolved", at="40m", contains="RuleBroken"),
    )
    w.run(until="1h")


def test_a_template_that_fails_is_told_once(world: NewWorld) -> None:
    """The shipped one stands in; its alert ends when the template renders for another alert."""
    body = "{% if firing and value == 11.25 %}{{ 1 / 0 }}{% endif %}all well: {{ rule }}"
    w = world(serials=("QT1", "QT2"))
    template(w, body)
    w.at("0m").config(templates="templates").at("5m").voltage("QT1", 11.25).at("10m").restart()
    w.at("20m").voltage("QT1", 12.5).at("30m").voltage("QT2", 11.0)
    w.expect(
        told("mail", "first", at="5m", contains=("LowVoltage · Monitor QT1", "11.25 V < 11.3 V")),
        told("mail", "first", at="5m", contains=("[WARNING] TemplateBroken · text/body.j2", "division by zero")),
        told("mail", "all_resolved", at="20m", contains="all well"),
        told("mail", "first", at="30m", contains="all well: LowVoltage"),
        told("mail", "all_resolved", at="30m", contains="TemplateBroken"),
    )
    w.run(until="1h")


def test_an_edited_template_is_whole_again(world: NewWorld) -> None:
    """So is one that was taken away."""
    w = world()
    template(w, "{% if value == 11.25 %}{{ 1 / 0 }}{% endif %}x")
    w.at("0m").config(templates="templates").at("5m").voltage("QT1", 11.25)
    w.at("20m").does(lambda: template(w, "{{ rule }}")).restart()
    w.expect(told("mail", "first", at="5m"), told("mail", "first", at="5m", contains="TemplateBroken"))
    w.expect(told("mail", "all_resolved", at="20m", contains="TemplateBroken"))
    w.run(until="1h")


def test_a_rule_that_raises_stops_no_other(world: NewWorld) -> None:
    """It is told with its place, once, over restarts; it ends when the rule is judged again without an error."""
    w = world({"alert": "Odd", "when": "current.temp > 90"}, LOW_VOLTAGE, serials=("QT1", "QT2"))
    w.edit = set_traps
    w.at("0m").restart().at("5m").value("QT2", "temp", 66.0)
    w.at("10m").restart().voltage("QT1", 11.0).at("20m").value("QT2", "temp", 50.0)
    w.expect(
        told("mail", "first", at="5m", contains=("[WARNING] RuleBroken · Odd", "world.yaml:2:", "on QT2")),
        told("mail", "first", at="10m", contains="LowVoltage"),
        told("mail", "all_resolved", at="20m", contains="RuleBroken"),
    )
    w.run(until="40m")
