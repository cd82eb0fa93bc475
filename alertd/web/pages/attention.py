"""What needs a hand now: the alerts that fire, each cause with what it explains below it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.model import Alert, Severity
from alertd.present import Json

SHOWN = 30
"""Entries at most; the rest is counted."""
OF_ONE_RULE = 8
"""Of these at most so many of one rule, so that a storm hides nothing else."""
BELOW = 12
"""Explained alerts that are named below their cause."""
_CAUSE = "cause "


@dataclass(slots=True)
class Entry:
    """One alert that fires, and those that it explains."""

    alert: Alert
    muted_by: Sequence[str]
    """What holds its messages back, but for what explains it."""
    ack: Mapping[str, object] | None
    flapping: bool
    explains: list["Entry"] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        """When it fired."""
        return self.alert.fired_at or self.alert.active_at

    @property
    def in_hand(self) -> bool:
        """Whether somebody has taken it up or asked not to hear of it."""
        return self.ack is not None or bool(self.muted_by)

    @property
    def below(self) -> list["Entry"]:
        """The first of those that it explains."""
        return self.explains[:BELOW]


@dataclass(frozen=True, slots=True)
class Attention:
    """All that fires."""

    entries: Sequence[Entry]
    """Those to be named, the most urgent first."""
    more: Sequence[tuple[str, int]]
    """Rule → how many of it are not named."""
    counts: Mapping[str, int]
    """Severity's word → how many fire."""

    @property
    def total(self) -> int:
        """How many fire."""
        return sum(self.counts.values())


def attention(alerts: Sequence[Alert], shown: Iterable[Json]) -> Attention:
    """The alerts that fire, with how each stands, as `alerts --json` says it in the same order."""
    entries: dict[str, Entry] = {}
    causes: dict[str, str] = {}
    for alert, each in zip(alerts, shown, strict=True):
        name = f"{alert.rule}/{alert.subject}"
        entries[name], causes[name] = _entry(alert, each)
    roots: list[Entry] = []
    for name, entry in entries.items():
        cause = entries.get(causes[name])
        (roots if cause is None or cause is entry else cause.explains).append(entry)
    for entry in entries.values():
        entry.explains.sort(key=_urgency)
    named, more = _bounded(sorted(roots, key=_urgency))
    counts = Counter(alert.severity for alert in alerts)
    return Attention(named, more, {each.word: counts[each] for each in sorted(Severity, reverse=True) if counts[each]})


def _entry(alert: Alert, shown: Json) -> tuple[Entry, str]:
    """An alert's entry, and the name of what explains it."""
    muted_by = [str(each) for each in _list(shown["muted_by"])]
    cause = next((each.removeprefix(_CAUSE) for each in muted_by if each.startswith(_CAUSE)), "")
    ack = shown["acknowledged"]
    others = [each for each in muted_by if not each.startswith(_CAUSE)]
    return Entry(alert, others, ack if isinstance(ack, dict) else None, shown["flapping"] is True), cause


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _bounded(roots: Sequence[Entry]) -> tuple[list[Entry], list[tuple[str, int]]]:
    named: list[Entry] = []
    of_rule, more = Counter[str](), Counter[str]()
    for entry in roots:
        rule = entry.alert.rule
        if len(named) < SHOWN and of_rule[rule] < OF_ONE_RULE:
            of_rule[rule] += 1
            named.append(entry)
        else:
            more[rule] += 1
    return named, more.most_common()


def _urgency(entry: Entry) -> tuple[bool, int, datetime, str]:
    return entry.in_hand, -entry.alert.severity, entry.since, entry.alert.id
