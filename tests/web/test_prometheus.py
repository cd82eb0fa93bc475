"""What ships for Prometheus and Grafana: rules that hold, and no query of a metric or label that alertd has not."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.docs import DOCS, section
from tests.support.scrapes import Scraped, families

RULES = DOCS / "prometheus" / "alertd.rules.yml"
DASHBOARD = DOCS / "prometheus" / "alertd-dashboard.json"
STORIES = Path(__file__).parent / "alertd.rules.test.yml"

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")

pytestmark = pytest.mark.xdist_group("metrics")

OF_PROMETHEUS = {"job", "instance", "le"}
"""Labels that a scrape adds, and the one of buckets."""


def promtool(*words: str | Path) -> str:
    """What it says; it has to be content."""
    ran = subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def queries() -> Iterator[tuple[str, str]]:
    """(where, expression) of all that ships."""
    yield from ((name, rule["expr"]) for name, rule in rules().items())
    shown = dashboard()
    yield from ((panel["title"], target["expr"]) for panel in shown["panels"] for target in panel["targets"])
    yield from ((note["name"], note["expr"]) for note in shown["annotations"]["list"])


@pytest.fixture
def served(scraped: Scraped) -> dict[str, str]:
    """Every metric of a running alertd, with its type."""
    return families(scraped.text)


def labels_of() -> dict[str, set[str]]:
    """Metric → its labels, as operations.md has them (and a test of the metrics holds those to what is served)."""
    rows = re.findall(r"^\| `(\w+)(?:\{([\w,]+)\})?` \|", section("operations.md", "Metrics"), re.MULTILINE)
    return {name: set(filter(None, labels.split(","))) for name, labels in rows}


def family(series: str, served: dict[str, str]) -> str:
    """A series' metric: a histogram has several."""
    for ending in ("_bucket", "_count", "_sum"):
        if served.get(series.removesuffix(ending)) == "histogram":
            return series.removesuffix(ending)
    return series


@pytest.mark.parametrize(("where", "expression"), list(queries()))
def test_every_query_is_of_what_there_is(where: str, expression: str, served: dict[str, str]):
    """A query names metrics that alertd serves, and labels that these have."""
    named = re.findall(r"\b((?:alertd|process)_\w+)", expression)
    assert named or where == "AlertdDown"
    known = labels_of()
    allowed = OF_PROMETHEUS.union(*(known[family(series, served)] for series in named))
    assert {family(series, served) for series in named} <= served.keys()
    used = set(re.findall(r'(\w+)(?:=|!=|=~|!~)"', expression))
    used |= {label for inner in re.findall(r"\b(?:by|on) \(([\w, ]+)\)", expression) for label in inner.split(", ")}
    assert used <= allowed


def test_every_metric_is_drawn(served: dict[str, str]):
    """The dashboard leaves out but what has another form there."""
    drawn = {
        family(series, served)
        for panel in dashboard()["panels"]
        for target in panel["targets"]
        for series in re.findall(r"\b((?:alertd|process)_\w+)", target["expr"])
    }
    others = {
        "alertd_build_info",  # its variables
        "alertd_source_failing",  # the age of the last good round shows it
        "alertd_instrument_up",
        "alertd_instrument_seen_age_seconds",
        "process_start_time_seconds",  # an annotation
        "process_open_fds",
    }
    assert served.keys() - drawn == others


def test_panels():
    """Each panel has a number, a title and a word of its own, and none covers another."""
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


@needs_promtool
def test_queries_are_in_prometheus_own_words(tmp_path: Path):
    """Prometheus can read each query of the dashboard, once Grafana has put in its variables."""
    filled = [query.replace("$__rate_interval", "5m") for _, query in queries()]
    records = [{"record": f"a:query{number}", "expr": query} for number, query in enumerate(filled)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}))
    assert f"{len(records)} rules found" in promtool("check", "rules", file)


@needs_promtool
def test_rules_are_sound():
    """Prometheus's own check finds no mistake in the rules."""
    assert f"{len(rules())} rules found" in promtool("check", "rules", RULES)


@needs_promtool
def test_stories():
    """Each rule fires in its story, and not in the one beside it."""
    assert "SUCCESS" in promtool("test", "rules", STORIES)


def test_every_rule_has_a_story():
    """A rule of which no story tells that it fires is not proved."""
    stories = yaml.safe_load(STORIES.read_text())["tests"]
    fired = {check["alertname"] for story in stories for check in story["alert_rule_test"] if check.get("exp_alerts")}
    assert fired == rules().keys()


@pytest.mark.parametrize("name", rules())
def test_rules_are_documented(name: str):
    """operations.md says of each rule what it means, and each has a severity and two texts."""
    assert f"| `{name}` |" in section("operations.md", "Watch alertd with Prometheus")
    rule = rules()[name]
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description"}
