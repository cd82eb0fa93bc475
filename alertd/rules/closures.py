"""A typed tree → one Python closure that answers it for a view; None is UNKNOWN.

Every closure checks the types of what it reads, so that no value, however odd, makes an exception or a false answer.
"""

import math
import operator
import sys
from collections.abc import Callable, Mapping

from alertd.config.durations import parse_duration
from alertd.fields import PREFIX_OF, Kind
from alertd.model import Value
from alertd.rules.functions import Answer
from alertd.rules.tree import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Constant,
    Description,
    Junction,
    Negation,
    Node,
    Param,
    Reading,
    Windowed,
)
from alertd.rules.view import View
from alertd.rules.window_functions import answer
from alertd.rules.windows import Ask, track_of

Flag = Callable[[View], bool | None]
Number = Callable[[View], float | None]

LARGEST = sys.float_info.max
"""Beyond it a number is not finite; NaN is on neither side of it."""

COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_RECKON: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def bind_params(node: Node, params: Mapping[str, Value]) -> Node:  # noqa: C901, PLR0911  # a case for each kind of node
    """The tree with every param replaced by its value, and constants reckoned out."""
    match node:
        case Param(name, Kind.DURATION):
            return Constant(parse_duration(str(params[name])).total_seconds(), Kind.DURATION)
        case Param(name, Kind.NUMBER):
            return Constant(float(params[name]), Kind.NUMBER)
        case Param(name, kind):
            return Constant(params[name], kind)
        case Arithmetic(symbol, left, right):
            return _fold(Arithmetic(symbol, bind_params(left, params), bind_params(right, params)))
        case Comparison(symbol, left, right):
            return Comparison(symbol, bind_params(left, params), bind_params(right, params))
        case Choice(item, choices, negated):
            return Choice(bind_params(item, params), tuple(bind_params(choice, params) for choice in choices), negated)
        case Negation(operand):
            return Negation(bind_params(operand, params))
        case Junction(every, parts):
            return Junction(every, tuple(bind_params(part, params) for part in parts))
        case Call(function, sources, Param() as number):
            return Call(function, sources, bind_params(number, params))
        case Windowed(function, reading, span, level, keywords):
            return Windowed(
                function,
                reading,
                None if span is None else bind_params(span, params),
                None if level is None else bind_params(level, params),
                tuple((name, bind_params(value, params)) for name, value in keywords),
            )
    return node


def _fold(node: Arithmetic) -> Node:
    match node:
        case Arithmetic(symbol, Constant(float(left)), Constant(float(right))):
            result = reckon(symbol, left, right)
            return node if result is None else Constant(result, Kind.NUMBER)
    return node


def reckon(symbol: str, left: float, right: float) -> float | None:
    """One step of arithmetic; None for a division by zero and for what is not finite."""
    if right == 0 and symbol in "/%":
        return None
    result = _RECKON[symbol](left, right)
    return result if -LARGEST <= result <= LARGEST else None


def answer_of(node: Node) -> Answer:  # noqa: C901, PLR0911, PLR0912  # a case for each kind of node
    """The closure of a bound tree."""
    match node:
        case Constant(value):
            return lambda _view: value
        case Reading():
            return _reading(node)
        case Description(name):
            return _description(name)
        case Call(function, sources, number):
            return function.make(
                *(PREFIX_OF[source] for source in sources), *(() if number is None else (_constant(number),))
            )
        case Windowed(function):
            return answer(function, ask_of(node))
        case Arithmetic("/", left, right) if left.kind is Kind.DURATION:
            return _ratio(answer_of(left), answer_of(right))
        case Arithmetic(symbol, left, right):
            return _arithmetic(symbol, answer_of(left), answer_of(right))
        case Comparison(symbol, Reading() as left, Constant(value)) if left.kind is Kind.NUMBER:
            return _number_against_limit(left, COMPARE[symbol], value)
        case Comparison(symbol, left, Constant(value)):
            return _against_limit(answer_of(left), COMPARE[symbol], value)
        case Comparison(symbol, left, right):
            return _comparison(answer_of(left), COMPARE[symbol], answer_of(right))
        case Choice(item, choices, negated):
            return _choice(answer_of(item), frozenset(_constant(choice) for choice in choices), negated)
        case Negation(operand):
            return _negation(answer_of(operand))
        case Junction(every, parts):
            return _junction(every, tuple(answer_of(part) for part in parts))
        case Param(name):
            raise KeyError(name)


def ask_of(node: Windowed) -> Ask:
    """What a bound call asks."""
    span, offset = node.function.fixed or (0.0 if node.span is None else float(_constant(node.span)), 0.0)
    keywords = {"offset": offset} | {name: float(_constant(value)) for name, value in node.keywords}
    source = node.reading.source
    return Ask(
        source=source,
        name=node.reading.field.name,
        span=span,
        level=None if node.level is None else answer_of(node.level),
        track=track_of(node.function.fold, source, span + keywords["offset"]),
        **keywords,
    )


def _constant(node: Node) -> Value:
    if not isinstance(node, Constant):
        raise TypeError(node)
    return node.value


def _reading(node: Reading) -> Answer:
    prefix, name, kind = PREFIX_OF[node.source], node.field.name, node.kind
    if kind is Kind.NUMBER:
        return _number(prefix, name)
    wanted = bool if kind is Kind.FLAG else str

    def read(view: View) -> Value | None:
        values = view.values.get(prefix)
        if values is None:
            return None
        value = values.get(name)
        return value if type(value) is wanted else None

    return read


def _number(prefix: str, name: str) -> Number:
    def read(view: View) -> float | None:
        values = view.values.get(prefix)
        if values is None:
            return None
        return finite(values.get(name))

    return read


def finite(value: object) -> float | None:
    """A number as such; None for anything else, NaN and Infinity too."""
    kind = type(value)
    if kind is float:
        number: float = value  # type: ignore[assignment]
        return number if -LARGEST <= number <= LARGEST else None
    if kind is int:
        whole: int = value  # type: ignore[assignment]
        return float(whole) if -LARGEST <= whole <= LARGEST else None
    return None


def _description(name: str) -> Answer:
    def read(view: View) -> str | None:
        text = view.instrument.get(name, "")
        return text if type(text) is str else None

    def read_known(view: View) -> str | None:
        return read(view) or None

    # A label that is missing is the empty text; a subscription that MyCirrus does not tell is not known.
    return read_known if name == "subscription" else read


def _arithmetic(symbol: str, left: Answer, right: Answer) -> Number:
    """`reckon` over two answers, written out: one call less each time."""
    step, divides = _RECKON[symbol], symbol in "/%"

    def read(view: View) -> float | None:
        a, b = left(view), right(view)
        if a is None or b is None or (divides and b == 0):
            return None
        result = step(a, b)  # type: ignore[arg-type]  # numbers by the grammar's checks
        return result if -LARGEST <= result <= LARGEST else None

    return read


def _ratio(left: Answer, right: Answer) -> Number:
    """How many times a duration holds another; what never comes does so in any number of them: it is not unknown."""

    def read(view: View) -> float | None:
        a, b = left(view), right(view)
        if a is None or b is None or b in {0, math.inf}:
            return None
        result: float = a / b  # type: ignore[operator]  # numbers by the grammar's checks
        return result if a == math.inf or -LARGEST <= result <= LARGEST else None

    return read


def _number_against_limit(node: Reading, test: Callable[[Value, Value], bool], limit: Value) -> Flag:
    """The commonest condition, `source.field < limit`, in one closure: it is most of what alertd reckons."""
    prefix, name = PREFIX_OF[node.source], node.field.name

    def compare(view: View) -> bool | None:
        values = view.values.get(prefix)
        if values is None:
            return None
        value = values.get(name)
        if type(value) is not float:
            value = finite(value)
            return None if value is None else test(value, limit)
        return test(value, limit) if -LARGEST <= value <= LARGEST else None

    return compare


def _against_limit(left: Answer, test: Callable[[Value, Value], bool], limit: Value) -> Flag:
    def compare(view: View) -> bool | None:
        value = left(view)
        return None if value is None else test(value, limit)

    return compare


def _comparison(left: Answer, test: Callable[[Value, Value], bool], right: Answer) -> Flag:
    def compare(view: View) -> bool | None:
        a, b = left(view), right(view)
        return None if a is None or b is None else test(a, b)

    return compare


def _choice(item: Answer, choices: frozenset[Value], negated: bool) -> Flag:
    def choose(view: View) -> bool | None:
        value = item(view)
        return None if value is None else (value in choices) is not negated

    return choose


def _negation(operand: Answer) -> Flag:
    def negate(view: View) -> bool | None:
        answer = operand(view)
        return None if answer is None else not answer

    return negate


def _junction(every: bool, parts: tuple[Answer, ...]) -> Flag:
    """Kleene's and (every) and or: the deciding answer wins over an unknown one."""
    decides = not every

    def join(view: View) -> bool | None:
        unknown = False
        for part in parts:
            answer = part(view)
            if answer is decides:
                return decides
            if answer is None:
                unknown = True
        return None if unknown else every

    return join
