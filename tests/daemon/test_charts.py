"""Charts for mails."""

import struct
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from alertd.daemon.charts import Charts
from alertd.rules.rule import Rule
from alertd.store.store import Store
from tests.daemon import past
from tests.notify.letters import AT, alert, ended, own

FALLING = [12.0 - hour * 0.04 for hour in range(24)]


def test_a_chart(tmp_path: Path) -> None:
    """A picture of at least 500 and at most 100 KB, with its words for those who do not see it."""
    with past.store(tmp_path) as store:
        past.record(store, "QT123456", "voltage", FALLING)
        (image,) = Charts(store, past.rules(tmp_path)).of([alert()], "UTC", AT).values()
    assert image.cid == "chart-alert-0@alertd"
    assert image.png.startswith(b"\x89PNG")
    width, _ = struct.unpack(">II", image.png[16:24])
    assert width >= 500
    assert len(image.png) <= 100_000
    assert image.alt.startswith("Voltage · Quarry A north from 12 V to 11.08 V in 24 h; limit 11.3 V")


def test_the_worst_three(tmp_path: Path) -> None:
    """At most three, in the letter's order; not of own alerts, nor where there are fewer than three values."""
    with past.store(tmp_path) as store:
        for index in (0, 2, 3, 4, 5):
            past.record(store, f"QT{123456 + index}", "voltage", FALLING)
        past.record(store, "QT123457", "voltage", {1: 11.0, 0: 11.0, 40: 12.0})
        alerts = [own(id="own"), alert(0), alert(1), ended(2), alert(3, rule="MonitorOffline"), alert(4), alert(5)]
        found = Charts(store, past.rules(tmp_path)).of(alerts, "UTC", AT)
    assert list(found) == ["alert-0", "alert-2", "alert-4"]


class Slow(Charts):
    """Reads a history that does not answer until it may."""

    def __init__(self, store: Store, rules: Mapping[str, Rule], may: threading.Event) -> None:
        super().__init__(store, rules, timedelta(seconds=0.2))
        self._may = may

    def _chart(self, *given: object) -> None:
        self._may.wait(30)


def test_a_drawing_that_takes_too_long_is_left_out(tmp_path: Path) -> None:
    """The message goes without its picture, and nothing piles up behind a drawing that hangs."""
    may = threading.Event()
    with past.store(tmp_path) as store:
        charts = Slow(store, past.rules(tmp_path), may)
        assert charts.of([alert()], "UTC", AT) == {}
        threads = threading.active_count()
        assert charts.of([alert()], "UTC", AT) == {}
        assert threading.active_count() == threads
        may.set()


def test_a_drawing_that_fails_is_left_out(tmp_path: Path) -> None:
    """Where the history cannot be read, the message goes without its picture."""
    with past.store(tmp_path) as store:
        charts = Charts(store, past.rules(tmp_path))
    assert charts.of([alert()], "UTC", AT) == {}
