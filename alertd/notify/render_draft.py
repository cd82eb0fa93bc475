"""One letter while it is rendered: what its templates see with this many alerts in full and that many by name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from alertd.errors import RenderError
from alertd.notify.letter import Letter, RuleTexts
from alertd.notify.plain_text import one_line
from alertd.notify.render_context import TEXT_NAMES, Entry, Labels, letter_context, told_entry
from alertd.notify.render_sentences import counted
from alertd.notify.render_texts import TextRenderer

SINGLE_NAMES = (*TEXT_NAMES, "rule", "who", "reading", "summary", "description", "runbook")
"""What templates see of the worst alert without its list."""

_NO_TEXTS = RuleTexts()
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NO_ALERT: Mapping[str, Any] = {
    **dict.fromkeys(SINGLE_NAMES, ""),
    "instrument": {"serial": "", "name": "", "model": "", "labels": Labels()},
    "value": None,
    "values": {},
    "params": {},
    "labels": Labels(),
    "severity": "info",
    "active_at": _NEVER,
    "fired_at": None,
    "resolved_at": None,
}
"""A message that is about no alert."""


class Draft:
    """A letter's items: its alerts, worst first, or the lines of its digest."""

    def __init__(self, letter: Letter, texts: TextRenderer) -> None:
        self.alerts = (*letter.firing, *letter.resolved)
        self.own = any(alert.own for alert in self.alerts)
        self.failures: dict[str, RenderError] = {}
        self.good: list[str] = []
        self.letter = letter
        sections = letter.digest.sections if letter.digest is not None else ()
        self._lines = [(section.title, line) for section in sections for line in section.lines]
        self._texts = texts
        self._common = letter_context(letter)
        self._entries: dict[int, Entry] = {}
        self._rules = counted(letter) if letter.digest is None else []
        self._names = [(one_line(alert.rule), one_line(alert.subject)) for alert in self.alerts]

    @property
    def about_alerts(self) -> bool:
        """Whether it tells of alerts, not a digest or a bare drill."""
        return bool(self.alerts) and self.letter.digest is None

    @property
    def total(self) -> int:
        """How many items there are."""
        return len(self._lines) if self.letter.digest is not None else len(self.alerts)

    def ids(self, start: int, count: int) -> list[str]:
        """Which alerts these items name."""
        if self.letter.digest is not None:
            return [line.alert_id for _, line in self._lines[start : start + count] if line.alert_id]
        return [alert.id for alert in self.alerts[start : start + count]]

    def context(self, start: int, full: int, named: int, *, last: bool = True) -> Entry:
        """What a template sees from this item on; `last`: what is not named now is named in no further message."""
        firing = len(self.letter.firing)
        first = self._entry(0) if self.about_alerts else _NO_ALERT
        until = min(start + full, len(self.alerts))
        entries = [self._entry(index) for index in range(start, until)] if self.about_alerts else []
        return {
            **{name: first[name] for name in SINGLE_NAMES},
            **self._common,
            "alerts": entries,
            "firing": entries[: max(firing - start, 0)],
            "resolved": entries[max(firing - start, 0) :],
            "digest": self._digest(start, full),
            "more": self._more(start + full, named, last=last),
            "continued": start > 0,
        }

    def _entry(self, index: int) -> Entry:
        """One alert, with its rule's words; made when it is first told in full."""
        if index not in self._entries:
            alert = self.alerts[index]
            texts = self.letter.texts.get(alert.rule, _NO_TEXTS)
            entry, failures = self._texts.with_texts(told_entry(alert, self.letter), texts, self.letter.now)
            self._entries[index] = entry
            for failure in failures:
                self.failures.setdefault(f"rule {failure.rule}", failure)
        return self._entries[index]

    def _digest(self, start: int, full: int) -> list[Entry]:
        """The lists of a digest: a title and lines each."""
        some = self._lines[start : start + full]
        return [
            {"title": title, "lines": [one_line(line.text, 500) for _, line in those]}
            for title, those in groupby(some, key=lambda pair: pair[0])
        ]

    def _more(self, done: int, named: int, *, last: bool) -> Entry:
        """Those that are not told in full: a line of serials for each rule, and how many are not even named here."""
        rest = max(self.total - done, 0)
        return {
            "count": rest,
            "rules": self._rules if rest else [],
            "lines": _by_rule(self._names[done : done + named]),
            "unnamed": rest - named if last else 0,
            "later": 0 if last else rest - named,
        }


def _by_rule(names: Sequence[tuple[str, str]]) -> list[str]:
    serials: dict[str, list[str]] = {}
    for rule, subject in names:
        serials.setdefault(rule, []).append(subject)
    return [f"{rule}: {', '.join(those)}" for rule, those in serials.items()]
