"""A healthy monitor, as the MyCirrus REST description 1.0.1 shows one in its examples.

Its example of a System Integrity Check is a failed one, so there is none here.
"""

from datetime import UTC, datetime

from alertd.fields import PREFIX_OF
from alertd.model import Source, Values
from alertd.rules.view import View

LABELS = {"instrument": "QT123456", "name": "", "model": "CR:900"}
"""What `match:` sees of it."""

EXAMPLES: dict[Source, Values] = {
    Source.STATUS: {"online": True, "measuring": True, "calibrationInProgress": False, "sicInProgress": False},
    Source.CURRENT: {
        "cpu": 12.2,
        "mem": 8.3,
        "temp": 51.1,
        "voltage": 11.5,
        "disk": 0.2,
        "network": 3.7,
        "simQuota": 0.0,
        "simUsage": 0.0,
        "uptime": 900.0,
    },
    Source.STATS: {
        "samplePeriod": 60.0,
        "cpu": 13.9,
        "mem": 285.8,
        "cache": 531.4,
        "temp": 36.0,
        "voltage": 11.671,
        "disk": 56.7,
        "netRx": 492.0,
        "netTx": 119.0,
        "mTot": 3793.0,
        "dTot": 24892.0,
        "ping": 0.0,
        "network": 10.183333333333334,
        "memoryPercent": 7.534932770893751,
        "diskPercent": 0.22778402699662545,
    },
    Source.CALIBRATIONS: {"status": "Success", "level": 93.7, "offset": 0.12},
}
"""Source → its record; fields that are null there are left out. Of status the page shows no values: these are those
of a monitor at work."""


def healthy_view() -> View:
    """The monitor at the time of its records."""
    at = datetime(2023, 6, 15, 23, 1, tzinfo=UTC)
    values = {PREFIX_OF[source]: record for source, record in EXAMPLES.items()}
    facts = {"serial": LABELS["instrument"], "name": LABELS["name"], "model": LABELS["model"], "subscription": "Active"}
    return View(now=at, instrument=facts, values=values, times=dict.fromkeys(values, at))
