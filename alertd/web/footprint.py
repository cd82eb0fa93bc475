"""What alertd itself takes of the machine, under the names that Prometheus's clients give it everywhere.

prometheus_client's own collector reads /proc/stat, which the hardened service cannot see (ProcSubset=pid).
"""

import os
import resource
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_PROC = Path("/proc/self")


class Footprint(Collector):
    """Collects at each scrape; what a system does not say is left out."""

    def __init__(self, began_at: datetime) -> None:
        self._began_at = began_at

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = used.ru_utime + used.ru_stime
        yield CounterMetricFamily("process_cpu_seconds", "CPU time of alertd, of user and system.", cpu)
        began = self._began_at.timestamp()
        yield GaugeMetricFamily("process_start_time_seconds", "When alertd was started, in Unix time.", began)
        yield from _from_proc()


def _from_proc() -> Iterator[Metric]:
    try:
        pages = int((_PROC / "statm").read_text().split()[1])
        files = len(list((_PROC / "fd").iterdir()))
    except (OSError, ValueError, IndexError):
        return
    memory = pages * os.sysconf("SC_PAGE_SIZE")
    yield GaugeMetricFamily("process_resident_memory_bytes", "Memory of alertd that is in use.", memory)
    yield GaugeMetricFamily("process_open_fds", "Files and connections that alertd has open.", files)
