"""What was expected beside what came, in lines that a person reads."""

from datetime import timedelta

import pytest

from alertd.model import NotifyReason, Severity
from alertd.rules.testing.case import Expected, ExpectedMessage
from alertd.rules.testing.compare import Came, Standing, Turn, message_lines, pair, state_differs, state_lines

MINUTE = timedelta(minutes=1)


def expected(state: str, severity: Severity | None = None, stale: bool | None = None) -> Expected:
    return Expected(at=5 * MINUTE, alert="Low", instrument="QT1", state=state, severity=severity, stale=stale, line=7)


def wanted(text: str) -> list[ExpectedMessage]:
    """`5 mail first word` each, by minutes."""
    rows = [row.split() for row in text.split(",")] if text else []
    return [
        ExpectedMessage(
            at=int(at) * MINUTE, target=target, reason=NotifyReason(reason), contains=tuple(words), line=number
        )
        for number, (at, target, reason, *words) in enumerate(rows, 1)
    ]


def came(text: str) -> list[Came]:
    rows = [row.split() for row in text.split(",")] if text else []
    return [
        Came(at=int(at) * MINUTE, target=target, reason=NotifyReason(reason), title=f"[{reason}]", body=" ".join(words))
        for at, target, reason, *words in rows
    ]


@pytest.mark.parametrize(
    ("expectation", "stood", "differs"),
    [
        (expected("inactive"), Standing(state="inactive"), False),
        (expected("inactive"), Standing(state="resolved"), False),
        (expected("resolved"), Standing(state="inactive"), True),
        (expected("firing"), Standing(state="pending"), True),
        (expected("inactive"), Standing(state="pending"), True),
        (expected("firing", Severity.WARNING), Standing(state="firing", severity=Severity.WARNING), False),
        (expected("firing", Severity.WARNING), Standing(state="firing", severity=Severity.CRITICAL), True),
        (expected("firing", stale=True), Standing(state="firing"), True),
        (expected("firing", stale=True), Standing(state="firing", stale=True), False),
        (expected("firing", stale=False), Standing(state="firing", stale=True), True),
        (expected("firing"), Standing(state="firing", stale=True), False),
    ],
)
def test_states(expectation: Expected, stood: Standing, differs: bool) -> None:
    """What is not given is not looked at; what is over is inactive as well."""
    assert state_differs(expectation, stood) is differs


def test_a_state_that_differs_is_shown_with_its_timeline() -> None:
    """Expected beside what was, and how it came to it."""
    turns = [
        Turn(at=2 * MINUTE, what="pending", why="voltage 11.2 V < 11.3 V"),
        Turn(at=65 * MINUTE, what="fired", why=""),
    ]
    stood = Standing(state="pending", severity=Severity.WARNING, since=2 * MINUTE)
    assert state_lines(expected("firing", Severity.CRITICAL), stood, turns) == [
        "line 7: Low on QT1 at 5m",
        "    expected  firing critical",
        "    was       pending warning since 2m",
        "    its timeline:",
        "        2m  pending     voltage 11.2 V < 11.3 V",
        "      1h5m  fired",
    ]
    lines = state_lines(expected("firing", stale=False), Standing(state="inactive"), [])
    assert lines[1:] == [
        "    expected  firing and not stale",
        "    was       inactive",
        "    it was never pending or firing",
    ]


@pytest.mark.parametrize(
    ("expects", "gets", "marks"),
    [
        ("", "", ""),
        ("1 a first", "1 a first", " "),
        ("1 a first", "", "-"),
        ("", "1 a first", "+"),
        ("1 a first x", "1 a first y", "!"),
        ("1 a first x", "1 a first xy", " "),
        ("1 a first,5 a all_resolved", "1 a first,6 a all_resolved", " -+"),
        ("1 a first,5 a reminder", "1 a first,3 a escalated,5 a reminder", " + "),
        ("1 b first,1 a first", "1 a first,1 b first", "  "),  # of one time the order of targets means nothing
        ("1 a first,1 a escalated", "1 a escalated,1 a first", "- +"),  # that of one target's messages does
        ("1 a first", "1 b first", "-+"),
        ("1 a first", "1 a first,1 a first", " +"),
    ],
)
def test_messages(expects: str, gets: str, marks: str) -> None:
    """One too many or too few, another time, target, reason or order: each is found, the rest stands beside it."""
    pairs = pair(wanted(expects), came(gets))
    found = [
        "-" if each.came is None else "+" if each.expected is None else "!" if each.lacks else " " for each in pairs
    ]
    assert sorted(found) == sorted(marks)
    assert any(each.differs for each in pairs) is (marks.strip() != "")
    assert [each.came.at for each in pairs if each.came] == sorted(each.at for each in came(gets))


def test_messages_that_differ_are_shown_beside_the_others() -> None:
    """Each with its time; where words are missing the whole text stands below."""
    pairs = pair(wanted("1 a first 11.7,5 a all_resolved"), came("1 a first 11.2,65 a all_resolved"))
    assert message_lines(pairs) == [
        "messages: 1 did not come, 1 not expected, 1 without words that were expected",
        "    !    1m  a  first         [first]",
        "        line 1: '11.7' is not in it",
        "        │ [first]",
        "        │ 11.2",
        "    -    5m  a  all_resolved  expected in line 2: did not come",
        "    +  1h5m  a  all_resolved  [all_resolved]  ← not expected",
    ]
