"""A store with a past: rules from a file, records of one field, for tests of what is told from the history."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from alertd.model import Sample, Source, Value
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule
from alertd.store.store import Store
from tests.notify.letters import AT

RULES = """
rules:
  - alert: LowVoltage
    when: current.voltage < params.low
    severity: critical
    params: {low: 11.3}
  - alert: Hot
    when: 85 < current.temp
  - alert: Disk
    levels:
      warning: {when: not current.disk <= 80 and status.online}
      critical: {when: current.disk > 95}
  - alert: MonitorOffline
    when: not status.online
  - alert: SimQuota
    when: current.simUsage * 100 / current.simQuota > 80
  - alert: SicFailed
    when: sic.status != "Success"
"""


def rules(folder: Path) -> dict[str, Rule]:
    """The rules of RULES, by name."""
    path = folder / "rules.yaml"
    path.write_text(RULES)
    return {rule.name: rule for rule in load_rules([path])}


@contextmanager
def store(folder: Path) -> Iterator[Store]:
    """An empty one."""
    with Store.open("sqlite:///alertd.db", base=folder, work=True) as opened:
        yield opened


def record(to: Store, serial: str, field: str, values: Mapping[float, Value] | Sequence[Value]) -> None:
    """Values of a field of `current`: by hours before AT, or a list that ends at AT, an hour apart."""
    hours = values if isinstance(values, Mapping) else dict(enumerate(reversed(values)))
    samples = [
        Sample(instrument=serial, source=Source.CURRENT, at=AT - timedelta(hours=before), values={field: value})
        for before, value in sorted(hours.items(), reverse=True)
    ]
    to.record_round(samples=[], cursors={}, alerts=[], transitions=[], history=samples, now=AT)
