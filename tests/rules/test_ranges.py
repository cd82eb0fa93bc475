"""Where conditions hold: what is claimed of a region is true of every monitor in it."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model import Value
from alertd.rules.closures import answer_of
from alertd.rules.expression import BoundExpression, compile_expression
from alertd.rules.ranges import Box, Numbers, Reach, Words, common, follows, reach_of
from alertd.rules.tree import Node, Reading
from tests.rules.seeing import view
from tests.support.conditions import joined


def bound(text: str) -> BoundExpression:
    return compile_expression(text).bind()


def reach(text: str) -> Reach:
    found = reach_of(bound(text).root)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("region", "condition", "expected"),
    [
        ("current.voltage < 10.8", "current.voltage < 11.3", True),
        ("current.voltage < 11.3", "current.voltage < 11.3", True),
        ("current.voltage <= 11.3", "current.voltage < 11.3", False),
        ("current.voltage < 11.3", "current.voltage < 10.8", False),
        ("11 < current.voltage < 12", "current.voltage > 11 and 12 > current.voltage", True),
        ("current.voltage == 11", "current.voltage in [11, 12]", True),
        ("current.voltage in [11, 12]", "current.voltage == 11", False),
        ("current.voltage < 10", "current.voltage < 11 and current.temp > 80", False),
        ("current.voltage < 10 and current.temp > 90", "current.voltage < 11 or current.temp > 80", True),
        # temp may be unknown, and so is this then
        ("current.voltage > 11", "current.voltage > 11 and (current.temp < 5 or current.temp >= 5)", False),
        ("current.voltage > 11", "current.voltage > 11 or current.temp > 5", True),
        ('sic.status == "Error"', 'sic.status not in ["Success", "InProgress"]', True),
        ('sic.status != "Success"', 'sic.status not in ["Success", "InProgress"]', False),
        ("not status.online", "status.online == False", True),
        ("not status.online", "not (status.online and status.measuring)", True),
        ('min(current.voltage, "1h") < 11', 'min(current.voltage, "1h") < 12', True),
        ('min(current.voltage, "1h") < 11', 'min(current.voltage, "2h") < 12', False),
        ('age(sic) > "2d"', 'age(sic) > "1d"', True),
        ("current.simUsage / current.simQuota > 0.9", "current.simUsage / current.simQuota > 0.8", True),
        ("current.cpu < current.mem", "current.cpu < current.mem", True),
        ("current.cpu < current.mem", "not current.cpu < current.mem", False),
    ],
)
def test_follows(region: str, condition: str, expected: bool) -> None:
    """A condition follows only where it can neither fail nor be unknown."""
    assert follows(reach(region).holds, reach(condition)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("current.voltage < 11", "current.voltage >= 11", False),
        ("current.voltage <= 11", "current.voltage >= 11", True),
        ("current.voltage < 11", "current.temp > 80", True),
        ('sic.status == "Error"', 'sic.status in ["Success"]', False),
        ('sic.status != "Error"', 'sic.status != "Success"', True),
    ],
)
def test_common(one: str, other: str, expected: bool) -> None:
    """Two conditions hold together, or cannot."""
    assert bool(common(reach(one).holds, reach(other).holds)) is expected


@pytest.mark.parametrize(
    ("text", "holds", "fails"),
    [
        ("current.voltage < 11 and current.voltage > 12", False, True),
        ("current.voltage < 12 or current.voltage > 11", True, False),
        ("hour_of_day() > 24", False, True),
        ('age(sic) >= "0s"', True, False),
        ('count(event.type, "1h") < 0', False, True),
        ('sic.status in ["a"] and sic.status in ["b"]', False, True),
        ("current.voltage / 0 > 1", True, True),  # never known, and nothing is claimed of it
    ],
)
def test_never_and_always(text: str, holds: bool, fails: bool) -> None:
    """Where there is nothing left, it never holds or never fails."""
    found = reach(text)
    assert (bool(found.holds), bool(found.fails)) == (holds, fails)


def test_too_many_alternatives_are_given_up() -> None:
    """A condition that would come to thousands of boxes is left alone."""
    parts = " and ".join(f"(current.voltage < {n} or current.temp < {n})" for n in range(12))
    text = " and ".join(f"(current.cpu == {n} or current.mem == {n} or current.disk == {n})" for n in range(9))
    assert reach_of(bound(f"{parts} and {text}").root) is None


NUMBERS = [None, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0]
WORDS = [None, "a", "b", "c"]
FLAGS = [None, True, False]
FIELDS = {"current.cpu": NUMBERS, "current.mem": NUMBERS, "sic.status": WORDS, "status.online": FLAGS}

number_atoms = st.builds(
    "{} {} {}".format,
    st.sampled_from(["current.cpu", "current.mem", "-current.cpu"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from([0, 1, 2]),
)
turned = st.builds("{} {} current.cpu".format, st.sampled_from([0, 1]), st.sampled_from(["<", ">="]))
lists = st.builds("{} {} [0, 2]".format, st.just("current.mem"), st.sampled_from(["in", "not in"]))
word_atoms = st.builds('sic.status {} "{}"'.format, st.sampled_from(["==", "!="]), st.sampled_from("ab"))
word_lists = st.builds('sic.status {} ["a", "b"]'.format, st.sampled_from(["in", "not in"]))
atoms = st.one_of(
    number_atoms, turned, lists, word_atoms, word_lists, st.just("status.online"), st.just("current.cpu < current.mem")
)
conditions = joined(atoms, 5)
monitors = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FIELDS.items()})


def is_in(box: Box, known: Mapping[Node, Value | None]) -> bool:
    def fits(term: Node) -> bool:
        value = known[term]
        allowed = box[term]
        if value is None:
            return False
        if isinstance(allowed, Words):
            return (value in allowed.words) is not allowed.excluded
        assert isinstance(allowed, Numbers)
        return any(low <= (float(value), 0) and (float(value), 1) <= high for low, high in allowed.parts)

    return all(fits(term) for term in box)


@given(text=conditions, monitor=monitors)
def test_regions_are_what_the_expression_says(text: str, monitor: dict[str, Value | None]) -> None:
    """A monitor is where the condition holds just when the condition holds of it; the same for failing."""
    expression = bound(text)
    seen = view(monitor)
    answer = expression.answer(seen)
    found = reach_of(expression.root)
    assert found is not None
    for region, expected in ((found.holds, True), (found.fails, False)):
        inside = any(is_in(box, {term: answer_of(term)(seen) for term in box}) for box in region)
        assert inside == (answer is expected)


@given(one=conditions, other=conditions, monitor=monitors)
def test_what_follows_is_true(one: str, other: str, monitor: dict[str, Value | None]) -> None:
    """Where one follows from the other, no monitor shows otherwise; nor where two cannot hold at once."""
    first, second = bound(one), bound(other)
    seen = view(monitor)
    here, there = reach_of(first.root), reach_of(second.root)
    assert here is not None
    assert there is not None
    if first.answer(seen) is True and follows(here.holds, there):
        assert second.answer(seen) is True
    if not common(here.holds, there.holds):
        assert not (first.answer(seen) is True and second.answer(seen) is True)


def test_terms_are_fields() -> None:
    """A condition on a field alone is about that field."""
    [box] = reach("current.voltage < 11").holds
    [term] = box
    assert isinstance(term, Reading)
