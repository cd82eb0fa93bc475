"""What Prometheus would read of a running alertd."""

import re

from tests.support.processes import Running, Site
from tests.support.sockets import ask


class Scraped:
    """One alertd that told two alerts, and what it says of itself."""

    def __init__(self, site: Site, daemon: Running, port: int) -> None:
        self.site = site
        self.daemon = daemon
        self.port = port
        self.text = ask(port, "/metrics").text
        self.values = values(self.text)


def values(text: str) -> dict[str, float]:
    """Series → value."""
    rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {series: float(value) for series, _, value in rows}


def families(text: str) -> dict[str, str]:
    """Name → type."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
