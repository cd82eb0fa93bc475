"""A silence while it is being filled in: what was written, and the labels that can be clicked. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from alertd.errors import UsageError
from alertd.matchers import Matcher
from alertd.web.desk import SilenceWish

MATCHERS_AT_MOST = 30
LONGEST_MATCHER = 1000
"""Characters."""
VALUES_SHOWN = 12
"""Of one label."""
LONG_LABELS = frozenset({"name"})
"""Not to be clicked: the serial says the same."""

FIELDS = {
    "--for": "for how long",
    "--until": "until",
    "--until-resolved": "until resolved",
    "--start": "from",
    "--rrule": "recurrence",
    "--timezone": "time zone",
    "--reason": "reason",
    "--author": "name",
}
"""An option of `alertd silence add` → what the form calls it."""
_OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was written into the form; an empty text is nothing."""

    matchers: tuple[str, ...] = ()
    lasts: str = ""
    until: str = ""
    ends: str = "lasts"
    """What ends it: lasts | until | resolved."""
    start: str = ""
    rrule: str = ""
    timezone: str = ""
    reason: str = ""

    def wish(self, author: str) -> SilenceWish:
        """What is asked for."""
        return SilenceWish(
            matchers=self.matchers,
            reason=self.reason,
            author=author,
            lasts=self.lasts or None if self.rrule or self.ends == "lasts" else None,
            until=self.until or None if self.rrule or self.ends == "until" else None,
            until_resolved=self.ends == "resolved",
            start=self.start or None,
            rrule=self.rrule or None,
            timezone=self.timezone or None,
        )

    def address(self, *, adds: str = "", without: str = "") -> str:
        """The form with one matcher more, or one less."""
        chosen = [each for each in self.matchers if each != without] + ([adds] if adds else [])
        return "/silences/new" + (f"?{urlencode([('matcher', each) for each in chosen])}" if chosen else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One value of a label, to be clicked."""

    value: str
    matcher: str
    alerts: int
    monitors: int


@dataclass(slots=True)
class _Counts:
    alerts: Counter[str] = field(default_factory=Counter)
    monitors: Counter[str] = field(default_factory=Counter)


def filled(texts: Iterable[str], **words: str) -> Filled:
    """What somebody wrote, without blanks around it; what is there twice counts once.

    Raises:
        UsageError: for more than anybody means.
    """
    matchers = tuple(dict.fromkeys(stripped for text in texts if (stripped := text.strip())))
    if len(matchers) > MATCHERS_AT_MOST:
        raise UsageError(f"{len(matchers)} matchers; {MATCHERS_AT_MOST} are the most")
    if any(len(each) > LONGEST_MATCHER for each in matchers):
        raise UsageError(f"a matcher may have {LONGEST_MATCHER} characters")
    return Filled(matchers=matchers, **{name: text.strip() for name, text in words.items()})


def in_words_of_the_form(error: UsageError) -> str:
    """What is wrong, with the form's names in place of the command line's options."""
    return _OPTION.sub(lambda found: FIELDS.get(found[0], found[0]), str(error))


def chips(
    alerts: Iterable[Mapping[str, str]],
    monitors: Iterable[Mapping[str, str]],
    first: Sequence[str],
    taken: Iterable[str],
) -> dict[str, list[Chip]]:
    """By label the values that alerts and monitors have, the most frequent first; none of labels that are settled.

    `first` are the labels to begin with, `taken` those that a matcher settles already.
    """
    found: dict[str, _Counts] = {}
    for labels in alerts:
        for label, value in labels.items():
            found.setdefault(label, _Counts()).alerts[value] += 1
    for labels in monitors:
        for label, value in labels.items():
            found.setdefault(label, _Counts()).monitors[value] += 1
    left_out = {*taken, *LONG_LABELS}
    names = [*(name for name in first if name in found), *sorted(found.keys() - set(first))]
    made = {name: _chips_of(name, found[name]) for name in names if name not in left_out}
    return {name: some for name, some in made.items() if some}


def _chips_of(label: str, counts: _Counts) -> list[Chip]:
    values = counts.alerts.keys() | counts.monitors.keys()
    order = sorted(values - {""}, key=lambda value: (-counts.alerts[value], -counts.monitors[value], value))
    return [
        Chip(
            value=value,
            matcher=str(Matcher(label, "=", value)),
            alerts=counts.alerts[value],
            monitors=counts.monitors[value],
        )
        for value in order[:VALUES_SHOWN]
    ]
