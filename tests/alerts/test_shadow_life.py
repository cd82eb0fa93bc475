"""An alert in and out of the shadow: what a change of its rule's mode makes of it, verdict by verdict."""

from dataclasses import replace

import pytest

from alertd.alerts.life import advance
from alertd.model import Alert, State
from tests.alerts.test_life import ANSWERS, CRITICAL, MINUTE, START, about, seen


@pytest.mark.parametrize(
    ("story", "polls", "marks"),
    [
        ("born in shadow", "s:bad s:bad s:ok", "S S S"),
        ("born live", "l:bad l:bad l:ok", "L L L"),
        ("live once it is judged breached", "s:bad l:bad l:ok", "S L L"),
        ("unknown leaves it where it is", "s:bad l:_ l:_ l:bad", "S S S L"),
        ("what clears first was never live", "s:bad l:_ l:ok", "S S S"),
        ("between when and until it is breached", "s:bad l:mid", "S L"),
        ("into shadow at once, unknown too", "l:bad s:_ s:bad", "L S S"),
        ("it ends as it was", "l:bad s:ok", "L L"),
        ("there and back", "l:bad s:bad l:bad", "L S L"),
    ],
)
def test_marks(story: str, polls: str, marks: str):
    """S where nobody is to be told of it."""
    alert: Alert | None = None
    found = []
    for minute, poll in enumerate(polls.split()):
        mode, _, answer = poll.partition(":")
        terms, at = replace(about(), shadow=mode == "s"), START + minute * MINUTE
        alert = advance(alert, seen({CRITICAL: ANSWERS[answer]}, at), terms, at).alert
        assert alert is not None
        found.append("S" if alert.shadow else "L")
    assert " ".join(found) == marks, story


def test_pending():
    """One that is pending in shadow fires live where its rule is by then."""
    terms = about(for_=2)
    alert: Alert | None = None
    for minute in range(3):
        at = START + minute * MINUTE
        shadow = replace(terms, shadow=minute < 2)
        alert = advance(alert, seen({CRITICAL: ANSWERS["bad"]}, at), shadow, at).alert
    assert alert is not None
    assert (alert.state, alert.shadow) == (State.FIRING, False)
