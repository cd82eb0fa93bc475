"""Names over the whole config, and the routes that lead to them: one name, one thing; no dead ends."""

import pytest

from alertd.daemon.setup import read_setup
from tests.support.configs import SMALLEST

CONFIG = """\
mycirrus: {api_key: k}
time_intervals:
  - {name: nights, time_intervals: [{weekdays: [sunday]}]}
receivers:
  - {name: team, targets: [{name: mail, url: "json://127.0.0.1"}]}
  - {name: duty, targets: [{name: sms, url: "json://127.0.0.1"}]}
route: {receiver: team, routes: [{matchers: ['site="A"'], receiver: duty}]}
"""

RULES = """\
rules:
  - {alert: LowVoltage, was: [Low], when: current.voltage < 11, labels: {team: field}}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("name: duty", "name: team", "6:12", 'two receivers are called "team"; the first is in line 5'),
        ("name: sms", "name: mail", "6:35", 'two targets are called "mail"; the first is in line 5'),
        ("name: sms", "name: team", "6:35", 'a receiver is called "team" already, in line 5: choose another name'),
        ("name: sms", "name: nights", "6:35", 'a time interval is called "nights" already, in line 3'),
        ("name: sms", "name: SiteDown", "6:35", '"SiteDown" is an alert of alertd about itself'),
        ("name: nights", "name: ClockStepped", "3:12", '"ClockStepped" is an alert of alertd about itself'),
    ],
)
def test_a_name_is_one_things(mistakes, old, new, place, words):
    """Over receivers, targets, time intervals and alertd's own alerts; the first one's line is named."""
    text = CONFIG.replace(old, new).replace("receiver: duty", "receiver: team")
    found = [(f"{line}:{column}", message) for line, column, message in mistakes(text)]
    assert [each for each in found if each[0] == place and words in each[1]], found
    assert len(found) == 1


def read(tmp_path, config: str, rules: str = RULES) -> list[str]:
    """Every mistake and warning of a whole set-up, as "file:line:column: message"."""
    (tmp_path / "config.yaml").write_text(config)
    (tmp_path / "rules").mkdir(exist_ok=True)
    (tmp_path / "rules" / "a.yaml").write_text(rules)
    return [str(mistake).replace(f"{tmp_path}/", "") for mistake in read_setup(tmp_path / "config.yaml", {})[1]]


def test_a_set_up_without_a_mistake(tmp_path):
    """What the others change."""
    assert read(tmp_path, CONFIG) == []


@pytest.mark.parametrize(
    ("name", "place"), [("team", "5, a receiver"), ("sms", "6, a target"), ("nights", "3, a time interval")]
)
@pytest.mark.parametrize(("key", "at"), [("LowVoltage", "2:13"), ("Low]", "2:31")])
def test_a_rule_has_no_name_of_the_config(tmp_path, name, place, key, at):
    """Nor had it one: `was` counts too. The config's line is named."""
    rules = RULES.replace(key, key.replace("LowVoltage", name).replace("Low]", f"{name}]"))
    assert read(tmp_path, CONFIG, rules) == [
        f"rules/a.yaml:{at}: the name {name} is taken: first in config.yaml:{place}"
    ]


def test_names_are_checked_beside_other_mistakes(tmp_path):
    """A config with a mistake of its own still takes its names."""
    found = read(tmp_path, CONFIG + "pol: {}\n", RULES.replace("LowVoltage", "team"))
    assert [each.split(": ")[0] for each in found] == ["config.yaml:8:1", "rules/a.yaml:2:13"]


INHIBIT = """\
inhibit_rules:
  - {source_matchers: [alertname=A], target_matchers: [alertname=B], equal: [LABEL]}
instruments: {labels: {QT1: {power: solar}}}
"""


@pytest.mark.parametrize("label", ["site", "instrument", "source", "power", "team", "target"])
def test_labels_that_can_be_equal(tmp_path, label):
    """Built-in, of an instrument, of a rule, of alertd's own alerts, and the one that says where a monitor is."""
    assert read(tmp_path, CONFIG + INHIBIT.replace("LABEL", label)) == []


def test_a_label_that_nothing_has(tmp_path):
    """It would never be equal, or always: a mistake, with the nearest one that there is."""
    (found,) = read(tmp_path, CONFIG + INHIBIT.replace("LABEL", "sites"))
    assert found == 'config.yaml:9:78: no alert has a label "sites": did you mean "site"?'
    (found,) = read(tmp_path, CONFIG + INHIBIT.replace("LABEL", "site") + "causes: {site_label: quarry}\n")
    assert "config.yaml:9:78: no alert has a label" in found


def test_labels_are_not_judged_by_half(tmp_path):
    """Where a rule has a mistake its labels are not known: one mistake, not two."""
    found = read(tmp_path, CONFIG + INHIBIT.replace("LABEL", "team"), RULES.replace("voltage", "voltge"))
    assert len(found) == 1


# ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def routes(*branches: str) -> str:
    lines = "".join(f"    - {branch}\n" for branch in branches)
    return (
        SMALLEST.replace("route: {receiver: team}", f"route:\n  receiver: team\n  routes:\n{lines}").rstrip("\n") + "\n"
    )


A, B = "'site=\"A\"'", "'severity=\"critical\"'"


@pytest.mark.parametrize(
    "branches",
    [
        (f"{{matchers: [{A}]}}", f"{{matchers: [{A}, {B}]}}"),
        (f"{{matchers: [{A}]}}", f"{{matchers: [{A}]}}"),
        (f"{{matchers: [{A}, {B}]}}", f"{{matchers: [{B}, {A}]}}"),
        (f"{{matchers: [{A}]}}", f"{{matchers: ['site = A', {B}]}}"),
        ("{matchers: []}", f"{{matchers: [{A}]}}"),
        ("{group_wait: 1m}", f"{{matchers: [{A}]}}"),
        ("{matchers: ['site=~\"A|B\"']}", f"{{matchers: ['site=~\"A|B\"', {A}]}}"),
    ],
)
def test_a_route_that_gets_nothing(mistakes, branches):
    """One above it without `continue` takes all that would come: its matchers are all among this one's."""
    assert mistakes(routes(*branches)) == [
        (
            7,
            7,
            "nothing comes here: the route in line 6 takes it all; put this one above it, or let it continue",
        )
    ]


@pytest.mark.parametrize(
    "branches",
    [
        (f"{{matchers: [{A}], continue: true}}", f"{{matchers: [{A}, {B}]}}"),
        (f"{{matchers: [{A}, {B}]}}", f"{{matchers: [{A}]}}"),
        (f"{{matchers: [{A}]}}", f"{{matchers: [{B}]}}"),
        (f"{{matchers: ['site=\"B\"'], routes: [{{matchers: [{A}]}}]}}", f"{{matchers: [{A}]}}"),
        (f"{{matchers: [{B}]}}", f"{{matchers: [{A}], routes: [{{matchers: [{B}]}}]}}"),
    ],
)
def test_routes_that_get_something(load, branches):
    """Narrow ones above wide ones, others beside them, or below another."""
    load(routes(*branches))


def test_a_taken_route_is_named_below_too(mistakes):
    """In every part of the tree, and each one once."""
    nested = f"{{matchers: [{B}], routes: [{{matchers: [{A}]}}, {{matchers: [{A}, {B}]}}, {{matchers: [{A}]}}]}}"
    assert [line for line, _, _ in mistakes(routes(nested))] == [6, 6]
