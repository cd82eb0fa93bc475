"""Whatever is written and whatever is measured: an expression, an ExpressionError or UNKNOWN, never a crash."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alertd.fields import FIELDS, PREFIX_OF, Kind
from alertd.model import Source, Value
from alertd.rules.expression import compile_expression
from alertd.rules.series import Series
from alertd.rules.tree import ExpressionError
from alertd.rules.view import View
from tests.rules.seeing import NOW, view

KINDS = {"low": Kind.NUMBER, "limit": Kind.DURATION, "word": Kind.TEXT, "on": Kind.FLAG}
PARAMS = {"low": 11.3, "limit": "35d", "word": "Error", "on": True}
FIELD_NAMES = [f"{PREFIX_OF[source]}.{name}" for source in Source for name in FIELDS[source]]

TOKENS = st.sampled_from(
    [
        *FIELD_NAMES,
        *("current", "instrument.site", "params.low", "params.word", "params.limit", "params.on", "params.zz", "age"),
        *(
            "avg(",
            "count(event.type, '6h')",
            "previous(",
            "time_to(",
            "forecast(",
            "offset=",
            "ahead='8h'",
            "until_day(",
        ),
        *("age(sic)", "hour_of_day()", "and", "or", "not", "in", "is", "<", "<=", "==", "!=", "+", "-", "*", "/", "%"),
        *(
            "**",
            "(",
            ")",
            "[",
            "]",
            ",",
            "1",
            "0",
            "1e15",
            "'Error'",
            '"35d"',
            "'",
            "#",
            "\n",
            ".",
            "True",
            "None",
            "é",
        ),
    ]
)
ANY_TEXT = st.one_of(st.text(max_size=60), st.lists(TOKENS, max_size=14).map(" ".join))

ANY_VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(10**400), st.just("Error")
)


def _view(
    values: dict[str, Value | None], ages: dict[str, timedelta], past: dict[str, list[tuple[float, float]]]
) -> View:
    seen = view(values, ages={prefix: timedelta(0) for prefix in PREFIX_OF.values()} | ages)
    seen.past = {name: Series((NOW.timestamp() - ago, value) for ago, value in points) for name, points in past.items()}
    return seen


ANY_POINTS = st.lists(st.tuples(st.floats(-1e5, 1e6), st.floats(-1e15, 1e15)), max_size=40)
ANY_VIEW = st.builds(
    _view,
    st.dictionaries(st.sampled_from(FIELD_NAMES), ANY_VALUE),
    st.dictionaries(st.sampled_from(list(PREFIX_OF.values())), st.timedeltas(timedelta(days=-9), timedelta(days=9999))),
    st.dictionaries(st.sampled_from(["current.voltage", "stats.voltage", "sic.khz1"]), ANY_POINTS),
)


def _conditions() -> st.SearchStrategy[str]:
    """Conditions that are well formed."""
    fields = {
        kind: [
            f"{PREFIX_OF[source]}.{name}" for source in Source for name, f in FIELDS[source].items() if f.kind is kind
        ]
        for kind in Kind
    }
    finite = st.floats(-1e9, 1e9).map(lambda number: f"{number:.6f}")
    numbers = st.recursive(
        st.one_of(
            st.sampled_from(fields[Kind.NUMBER]),
            finite,
            st.sampled_from(
                ["params.low", "hour_of_day()", "previous(sic.khz1)", "same_hour_yesterday(stats.voltage)"]
            ),
            st.tuples(
                st.sampled_from(["avg", "min", "max", "median", "count", "changes", "delta", "slope"]),
                st.sampled_from(["current.voltage", "stats.voltage", "sic.khz1"]),
                st.sampled_from(['"1h"', '"30d"', "params.limit", '"6h", offset="1d"']),
            ).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
            st.just('forecast(current.voltage, "12h", ahead="8h")'),
        ),
        lambda inner: st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        max_leaves=4,
    )
    order = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    leaves = st.one_of(
        st.tuples(numbers, order, numbers).map(" ".join),
        st.tuples(numbers, order, numbers, order, numbers).map(" ".join),
        st.tuples(st.sampled_from(fields[Kind.TEXT]), st.sampled_from(["==", "in", "not in", "!="])).map(
            lambda pair: f"{pair[0]} {pair[1]} " + ("params.word" if "=" in pair[1] else "['Error', params.word]")
        ),
        st.sampled_from(fields[Kind.FLAG]),
        st.tuples(numbers, order).map(lambda p: f'time_to(current.voltage, {p[0]}, "12h") {p[1]} "8h"'),
        st.tuples(st.sampled_from(list(PREFIX_OF.values())), order).map(lambda p: f"age({p[0]}) {p[1]} params.limit"),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map("not ({})".format),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        ),
        max_leaves=6,
    )


@given(ANY_TEXT)
def test_any_text_is_an_expression_or_a_mistake(text: str) -> None:
    """Every text compiles or is refused in one line at a place inside it."""
    mistake = None
    try:
        compile_expression(text, params=KINDS).bind(PARAMS)
    except ExpressionError as error:
        mistake = error
    if mistake is not None:
        assert len(mistake.text.splitlines()) == 1
        assert 0 <= mistake.offset <= len(text)


@given(_conditions(), ANY_VIEW)
def test_any_condition_of_any_view_has_one_of_three_answers(text: str, seen: object) -> None:
    """Every condition answers yes, no or unknown, and can say why, whatever was measured."""
    bound = compile_expression(text, params=KINDS).bind(PARAMS)
    assert bound.evaluate(seen) in (True, False, None)
    explanation = bound.explain(seen)
    assert explanation
    if bound.evaluate(seen) is None:
        assert "unknown" in explanation


@given(_conditions(), ANY_VIEW)
def test_negation_turns_the_answer_round(text: str, seen: object) -> None:
    """`not` of a condition is the opposite, and unknown stays unknown; the facts behind it are the same."""
    plain, negated = (compile_expression(form, params=KINDS).bind(PARAMS) for form in (text, f"not ({text})"))
    answer = plain.evaluate(seen)
    assert negated.evaluate(seen) == (None if answer is None else not answer)
    assert negated.explain(seen) == plain.explain(seen)
