"""/metrics of a real alertd: names, labels, values, and what Prometheus itself thinks of them."""

import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from alertd.daemon.tally import STEPS
from alertd.model import Severity
from alertd.mycirrus.simulator.script import plain_fleet
from tests.support.docs import section
from tests.support.processes import Site, wait_until
from tests.support.scrapes import Scraped, families, values
from tests.support.sockets import ask, free_port

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")

pytestmark = pytest.mark.xdist_group("metrics")


def labels(text: str) -> dict[str, set[str]]:
    """Name of a series → names of its labels."""
    found: dict[str, set[str]] = {}
    for series in values(text):
        name, _, inner = series.partition("{")
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', inner))
    return found


DESIGNED = {
    "alertd_polls_total": {"source", "outcome"},
    "alertd_poll_age_seconds": {"source"},
    "alertd_evaluations_total": {"verdict"},
    "alertd_alerts": {"state", "severity"},
    "alertd_notifications_total": {"target", "reason"},
    "alertd_deliveries_total": {"target", "outcome"},
    "alertd_outbox_messages": {"state"},
    "alertd_outbox_oldest_seconds": set(),
}


@pytest.mark.parametrize("name", DESIGNED)
def test_names_and_labels(scraped: Scraped, name: str):
    """The metrics that dashboards were promised have these names and labels."""
    assert labels(scraped.text)[name] == DESIGNED[name]


@pytest.mark.parametrize(
    ("series", "least"),
    [
        ('alertd_polls_total{outcome="good",source="status"}', 1),
        ('alertd_polls_total{outcome="good",source="instruments"}', 1),
        ('alertd_polls_total{outcome="failed",source="current"}', 0),
        ('alertd_evaluations_total{verdict="breached"}', 1),
        ('alertd_evaluations_total{verdict="clear"}', 1),
        ('alertd_evaluations_total{verdict="unknown"}', 1),
        ('alertd_notifications_total{reason="first",target="hook"}', 1),
        ('alertd_poll_duration_seconds_count{source="status"}', 1),
        ('alertd_delivery_duration_seconds_count{target="hook"}', 1),
        ('alertd_alerts{severity="critical",state="firing"}', 1),
        ("alertd_instruments", 3),
        ("alertd_requests_per_minute_limit", 6000),
        ("alertd_requests_free", 1),
        ('alertd_check_ok{check="store"}', 1),
        ("process_resident_memory_bytes", 1e6),
        ("process_open_fds", 3),
        ('alertd_instrument_up{instrument="QT100000"}', 1),
        ('alertd_instrument_voltage_volts{instrument="QT100000"}', 11),
        ('alertd_instrument_seen_age_seconds{instrument="QT100000"}', 0),
    ],
)
def test_values(scraped: Scraped, series: str, least: float):
    """What happened is in the figures."""
    assert scraped.values[series] >= least


@pytest.mark.parametrize(
    "series",
    [
        'alertd_source_failing{source="status"}',
        'alertd_target_failing{target="hook"}',
        'alertd_deliveries_total{outcome="failed",target="hook"}',
        'alertd_outbox_messages{state="leased"}',
        'alertd_alerts{severity="info",state="firing"}',
    ],
)
def test_what_is_not_so_is_zero(scraped: Scraped, series: str):
    """A figure that may rise is there before it does, or Prometheus would not see the first one."""
    assert scraped.values[series] == 0


def test_every_severity_has_its_series(scraped: Scraped):
    """Also of severities of which nothing fires."""
    found = {series for series in scraped.values if series.startswith("alertd_alerts{")}
    assert len(found) == 2 * len(Severity)


def test_buckets_add_up(scraped: Scraped):
    """The last bucket of a histogram holds all."""
    counts = [
        value
        for series, value in scraped.values.items()
        if series.startswith("alertd_poll_duration_seconds_bucket") and 'source="status"' in series
    ]
    assert len(counts) == len(STEPS) + 1
    assert counts == sorted(counts)
    assert counts[-1] == scraped.values['alertd_poll_duration_seconds_count{source="status"}']


@needs_promtool
def test_promtool_finds_nothing(scraped: Scraped):
    """Prometheus's own linter has no word to say."""
    ran = subprocess.run(
        ["promtool", "check", "metrics"], input=scraped.text, capture_output=True, text=True, timeout=20, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_documented(scraped: Scraped):
    """operations.md has a row for each metric, with its labels, and for no other."""
    rows = re.findall(r"^\| `(\w+)(?:\{([\w,]+)\})?` \|", section("operations.md", "Metrics"), re.MULTILINE)
    found = families(scraped.text)
    assert {name for name, _ in rows} == set(found)
    served = labels(scraped.text)
    for name, inner in rows:
        series = f"{name}_count" if found[name] == "histogram" else name
        if series in served:
            assert set(filter(None, inner.split(","))) == served[series], name


def test_openmetrics(scraped: Scraped):
    """Who asks for OpenMetrics gets it."""
    reply = ask(scraped.port, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    assert reply.text.endswith("# EOF\n")


def test_no_secret(scraped: Scraped):
    """Neither the key nor a target's address is in a scrape."""
    assert scraped.site.simulator.key not in scraped.text
    assert scraped.site.sink.target("hook") not in scraped.text


def test_size_does_not_grow_with_the_fleet(tmp_path: Path):
    """As it comes, a large fleet's scrape has as few series as a small one's, and no serial."""
    port = free_port()
    with Site(tmp_path, fleet=plain_fleet(40), http={"listen": f"127.0.0.1:{port}"}) as site:
        site.run()
        wait_until(lambda: values(ask(port, "/metrics").text)["alertd_instruments"] == 40)
        text = ask(port, "/metrics").text
        assert "QT1" not in text
        histograms = [series for series in values(text) if "_duration_" in series]
        assert len(values(text)) - len(histograms) < 60


def test_a_store_that_does_not_answer(scraped: Scraped):
    """A scrape that would be half of one is a 503 with one line, and the next is whole again."""
    aside = sqlite3.connect(scraped.site.database, isolation_level=None)
    aside.execute("ALTER TABLE alerts RENAME TO elsewhere")
    broken = ask(scraped.port, "/metrics")
    aside.execute("ALTER TABLE elsewhere RENAME TO alerts")
    aside.close()
    assert broken.status == 503
    assert len(broken.text.splitlines()) == 1
    assert "Traceback" not in broken.text + scraped.daemon.text
    wait_until(lambda: ask(scraped.port, "/metrics").status == 200)
