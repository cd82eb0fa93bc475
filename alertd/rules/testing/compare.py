"""What was expected beside what came: the differences, and lines that show them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from alertd.config.durations import format_duration
from alertd.model import NotifyReason, Severity
from alertd.rules.testing.case import Expected, ExpectedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an alert stood at a time."""

    state: str
    severity: Severity | None = None
    stale: bool = False
    since: timedelta | None = None
    """After the start: when it began to be so."""

    def __str__(self) -> str:
        words = [self.state, self.severity.word if self.severity else "", "stale" if self.stale else ""]
        since = f"since {format_duration(self.since)}" if self.since is not None else ""
        return " ".join(word for word in (*words, since) if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """One message that a target was told."""

    at: timedelta
    target: str
    reason: NotifyReason
    title: str
    body: str

    @property
    def text(self) -> str:
        """What fragments are looked for in."""
        return f"{self.title}\n{self.body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One step of an alert's life, for its timeline."""

    at: timedelta
    what: str
    why: str


def state_differs(expected: Expected, stood: Standing) -> bool:
    """Whether an alert stood otherwise; what is over is inactive as well."""
    over = expected.state == "inactive" and stood.state == "resolved"
    return (
        (expected.state != stood.state and not over)
        or (expected.severity is not None and expected.severity is not stood.severity)
        or (expected.stale is not None and expected.stale is not stood.stale)
    )


def state_lines(expected: Expected, stood: Standing, turns: Sequence[Turn]) -> list[str]:
    """The difference, and what became of the alert over the whole test."""
    wanted = Standing(state=expected.state, severity=expected.severity, stale=bool(expected.stale))
    fresh = " and not stale" if expected.stale is False else ""
    at = format_duration(expected.at)
    lines = [
        f"line {expected.line}: {expected.alert} on {expected.instrument} at {at}",
        f"    expected  {wanted}{fresh}",
        f"    was       {stood}",
    ]
    if not turns:
        return [*lines, "    it was never pending or firing"]
    width = max(len(format_duration(turn.at)) for turn in turns)
    lines += ["    its timeline:"]
    return lines + [
        f"      {format_duration(turn.at):>{width}}  {turn.what:<10}  {turn.why}".rstrip() for turn in turns
    ]


@dataclass(frozen=True, slots=True)
class Pair:
    """An expected message and the one that came for it; one of them may be missing."""

    expected: ExpectedMessage | None
    came: Came | None

    @property
    def lacks(self) -> tuple[str, ...]:
        """The fragments that its text does not hold."""
        if self.expected is None or self.came is None:
            return ()
        return tuple(each for each in self.expected.contains if each not in self.came.text)

    @property
    def differs(self) -> bool:
        """Whether it is not as expected."""
        return self.expected is None or self.came is None or bool(self.lacks)


def pair(expected: Sequence[ExpectedMessage], came: Sequence[Came]) -> list[Pair]:
    """Every message of both sides, in order; of those at one time each target's stand together, in their order."""
    wanted = sorted(expected, key=lambda each: (each.at, each.target))
    got = sorted(came, key=lambda each: (each.at, each.target))
    keys = [(each.at, each.target, each.reason) for each in wanted]
    others = [(each.at, each.target, each.reason) for each in got]
    pairs: list[Pair] = []
    for kind, a, b, c, d in SequenceMatcher(a=keys, b=others, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs += [Pair(mine, its) for mine, its in zip(wanted[a:b], got[c:d], strict=True)]
        else:
            pairs += [Pair(mine, None) for mine in wanted[a:b]]
            pairs += [Pair(None, its) for its in got[c:d]]
    return sorted(pairs, key=_time)


def _time(each: Pair) -> timedelta:
    side = each.came or each.expected
    return side.at if side is not None else timedelta(0)


def message_lines(pairs: Sequence[Pair]) -> list[str]:
    """All messages in their order: ` ` came as expected, `-` did not come, `+` was not expected, `!` lacks words."""
    missing = sum(each.came is None for each in pairs)
    extra = sum(each.expected is None for each in pairs)
    lacking = sum(bool(each.lacks) for each in pairs)
    counts = [f"{missing} did not come" if missing else "", f"{extra} not expected" if extra else ""]
    counts += [f"{lacking} without words that were expected" if lacking else ""]
    rows = [_row(each) for each in pairs]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [f"messages: {', '.join(count for count in counts if count)}"]
    for each, row in zip(pairs, rows, strict=True):
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        cells[1] = f"{row[1]:>{widths[1]}}"
        lines.append("    " + "  ".join([*cells, row[4]]).rstrip())
        lines += _missing_words(each)
    return lines


def _row(each: Pair) -> tuple[str, str, str, str, str]:
    """A mark, when, who, why, and what is to be said of it."""
    if each.came is None:
        wanted = each.expected
        assert wanted is not None  # noqa: S101 - one of them is there
        contains = f", {' and '.join(map(repr, wanted.contains))}" if wanted.contains else ""
        note = f"expected in line {wanted.line}{contains}: did not come"
        return "-", format_duration(wanted.at), wanted.target, wanted.reason.value, note
    came = each.came
    mark = "+" if each.expected is None else "!" if each.lacks else " "
    note = f"{came.title}  ← not expected" if each.expected is None else came.title
    return mark, format_duration(came.at), came.target, came.reason.value, note


def _missing_words(each: Pair) -> list[str]:
    if not each.lacks or each.expected is None or each.came is None:
        return []
    lines = [f"        line {each.expected.line}: {fragment!r} is not in it" for fragment in each.lacks]
    return [*lines, *(f"        │ {line}" for line in each.came.text.splitlines())]


def after(at: datetime, start: datetime) -> timedelta:
    """How long after the start, in whole milliseconds."""
    return timedelta(milliseconds=round((at - start) / timedelta(milliseconds=1)))
