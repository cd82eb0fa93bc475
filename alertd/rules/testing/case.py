"""A rule test as values: what MyCirrus would say when, and what is expected of alertd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alertd.config.load import Config
from alertd.matchers import Matcher
from alertd.model import Instrument, NotifyReason, Severity, Source, Value
from alertd.rules.rule import Rule

DEFAULT_TARGET = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one field at equal distances; None is a missing one."""

    instrument: str
    source: Source
    field: str
    at: timedelta
    """Of the first value, after the start; negative before it."""
    every: timedelta
    values: Sequence[Value | None]

    @property
    def ends(self) -> timedelta:
        """The time of the last value."""
        return self.at + self.every * (len(self.values) - 1)

    def standing(self, at: timedelta) -> Value | None:
        """The value that stands at a time: the last one until the next is due; None before, after and where missing."""
        place = (at - self.at) // self.every
        return self.values[place] if 0 <= place < len(self.values) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of one source; of `status` it holds until the next."""

    instrument: str
    source: Source
    at: timedelta
    values: Mapping[str, Value | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """What somebody silences from the start on."""

    matchers: tuple[Matcher, ...]
    start: timedelta
    end: timedelta | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How an alert is to stand at a time."""

    at: timedelta
    alert: str
    instrument: str
    state: str
    severity: Severity | None
    stale: bool | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMessage:
    """One message that is to come."""

    at: timedelta
    target: str
    reason: NotifyReason
    contains: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test."""

    name: str
    line: int
    start: datetime
    instruments: tuple[Instrument, ...]
    series: tuple[Series, ...]
    records: tuple[Record, ...]
    silences: tuple[Silenced, ...]
    expect: tuple[Expected, ...]
    messages: tuple[ExpectedMessage, ...]

    @property
    def lasts(self) -> timedelta:
        """From the start to the last thing that is said of it."""
        ends = [
            *(each.ends for each in self.series),
            *(record.at for record in self.records),
            *(expected.at for expected in self.expect),
            *(message.at for message in self.messages),
            *(each.end for each in self.silences if each.end is not None),
        ]
        return max(ends, default=timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFile:
    """One file of tests with what they are about."""

    __test__ = False  # for pytest: no test of ours

    path: Path
    rules: tuple[Rule, ...]
    config: Config | None
    cases: tuple[Case, ...]
