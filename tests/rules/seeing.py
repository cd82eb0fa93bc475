"""Views and samples for the rules' tests, as short as their stories."""

from datetime import UTC, datetime, timedelta

from alertd.fields import SOURCE_OF
from alertd.model import Sample, Source, Value
from alertd.rules.view import View

NOW = datetime(2026, 1, 10, 15, 30, tzinfo=UTC)
FACTS = {"serial": "QT000001", "name": "Quarry A north", "model": "CR:900", "subscription": "Active"}


def view(
    values: dict[str, Value | None] | None = None,
    *,
    ages: dict[str, timedelta] | None = None,
    why: dict[str, str] | None = None,
    **facts: str,
) -> View:
    """A view with `values` such as {"current.voltage": 11.2}; `ages` are those of records by prefix."""
    by_prefix: dict[str, dict[str, Value | None]] = {}
    for name, value in (values or {}).items():
        prefix, _, field = name.partition(".")
        by_prefix.setdefault(prefix, {})[field] = value
    times = {prefix: NOW - age for prefix, age in (ages or {}).items()}
    return View(now=NOW, instrument={**FACTS, **facts}, values=by_prefix, times=times, why=why or {})


def sample(prefix: str, ago: timedelta = timedelta(0), **values: Value | None) -> Sample:
    """A record of the source of that name, so long before now."""
    return Sample(instrument="QT000001", source=SOURCE_OF[prefix], at=NOW - ago, values=values)


def newest(*samples: Sample) -> dict[Source, Sample]:
    """The newest records by source."""
    return {each.source: each for each in samples}
