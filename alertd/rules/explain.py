"""Why an expression answers as it does: the facts that decided, as a person would say them.

Whatever the answer, the sentence is true of the instrument: a comparison that does not hold is told turned round
(`voltage 12.4 V ≥ 11.3 V`), so facts are always joined by "and".
"""

import math
from collections.abc import Mapping

from alertd.fields import PREFIX_OF, Kind
from alertd.model import Source, Value
from alertd.rules.closures import answer_of, ask_of
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
from alertd.rules.view import NOT_POLLED, View
from alertd.rules.window_functions import WindowFunction, why_unknown

LONGEST_TEXT = 80
"""Characters of a measured text (a site note) that an explanation shows."""

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SPAN_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
_TITLES = {
    Source.SIC: "SIC",
    Source.CALIBRATIONS: "calibration",
    Source.EVENTS: "event",
    Source.CALIBRATION_LOG: "note",
}
_SAID = {
    (Source.STATUS, "online"): {True: "online", False: "offline"},
    (Source.STATUS, "measuring"): {True: "measuring", False: "not measuring"},
}
"""Flags that people have words for; of any other it is said that it is yes or no."""


def explain(node: Node, view: View) -> str:
    """The facts that decided the answer of a bound condition, or that are missing for one; a value for any other."""
    match node:
        case Junction():
            return " and ".join(dict.fromkeys(explain(part, view) for part in _deciding(node, view)))
        case Negation(operand):
            return explain(operand, view)
        case Comparison():
            return _compared(node, view)
        case Choice():
            return _chosen(node, view)
    return _fact(node, view)


def _deciding(node: Junction, view: View) -> list[Node]:
    answers = [(part, answer_of(part)(view)) for part in node.parts]
    answer = answer_of(node)(view)
    return [part for part, partial in answers if partial is answer]


def _compared(node: Comparison, view: View) -> str:
    symbol, left, right = node.operator, node.left, node.right
    if isinstance(left, Constant) and not isinstance(right, Constant):
        symbol, left, right = _MIRRORED[symbol], right, left
    a, b = answer_of(left)(view), answer_of(right)(view)
    missing = [side for side, value in ((left, a), (right, b)) if value is None]
    if a is None or b is None:
        return " and ".join(dict.fromkeys(_unknown(side, view) for side in missing))
    if node.left.kind is Kind.FLAG:
        facts = [_fact(side, view) for side in (left, right) if not isinstance(side, Constant)]
        return " and ".join(facts or [f"{_name(left)} {_SIGNS[symbol]} {_name(right)}"])
    if answer_of(node)(view) is False:
        symbol = _OPPOSITES[symbol]
    return _side_by_side(symbol, left, a, right, b)


def _side_by_side(symbol: str, left: Node, a: Value, right: Node, b: Value) -> str:
    unit = _unit(left) or _unit(right)
    first, second = measure(a, left.kind, unit, against=b), measure(b, right.kind, unit, against=a)
    if isinstance(right, Constant):
        if left.kind in (Kind.NUMBER, Kind.DURATION):
            second = _limit(b, right.kind, unit)
        if symbol == "==":
            return f"{_name(left)} is {second}".rstrip()
        return f"{_name(left)} {first} {_SIGNS[symbol]} {second}"
    return f"{_name(left)} {first} {_SIGNS[symbol]} {_name(right)} {second}"


def _chosen(node: Choice, view: View) -> str:
    value = answer_of(node.item)(view)
    if value is None:
        return _unknown(node.item, view)
    kind, unit = node.item.kind, _unit(node.item)
    name, own = _name(node.item), measure(value, kind, unit)
    choices = [choice.value for choice in node.choices if isinstance(choice, Constant)]
    if value in choices:
        return f"{name} is {own}"
    return f"{name} {own} is none of {', '.join(_limit(choice, kind, unit) for choice in choices)}"


def _fact(node: Node, view: View) -> str:
    value = answer_of(node)(view)
    if value is None:
        return _unknown(node, view)
    if isinstance(value, bool):
        return _flag(node, value)
    return f"{_name(node)} {measure(value, node.kind, _unit(node))}"


def _flag(node: Node, value: bool) -> str:
    match node:
        case Reading(source, field) if (source, field.name) in _SAID:
            return _SAID[source, field.name][value]
    return f"{_name(node)} is {'yes' if value else 'no'}"


def _unknown(node: Node, view: View) -> str:
    """Which of the things read below a node is missing, and why."""
    match node:
        case Arithmetic(_, left, right):
            missing = [side for side in (left, right) if answer_of(side)(view) is None]
            if missing:
                return " and ".join(dict.fromkeys(_unknown(side, view) for side in missing))
            return f"{_name(node)} unknown (division by zero)" if node.operator in "/%" else f"{_name(node)} unknown"
        case Reading(source):
            prefix = PREFIX_OF[source]
            why = view.why.get(prefix, "not given" if prefix in view.values else NOT_POLLED)
            return f"{_name(node)} unknown ({why})"
        case Call(_, (source, *_)):
            return f"{_name(node)} unknown ({view.why.get(PREFIX_OF[source], NOT_POLLED)})"
        case Windowed(function):
            return f"{_name(node)} unknown ({why_unknown(function, ask_of(node), view)})"
        case Description():
            return f"{_name(node)} unknown (not given)"
    return f"{_name(node)} unknown"


def _name(node: Node) -> str:  # a case for each kind of node
    match node:
        case Reading(source, field):
            return f"{_TITLES[source]} {field.name}" if source in _TITLES else field.name
        case Description(name) | Param(name):
            return name
        case Call(function, sources, number):
            asked = [PREFIX_OF[source] for source in sources] + ([] if number is None else [_name(number)])
            return f"{function.name}({', '.join(asked)})"
        case Windowed(function, reading, span, level, keywords):
            return _name_windowed(function, reading, span, level, dict(keywords))
        case Arithmetic("-", Constant(0.0), operand):
            return f"-{_name(operand)}"
        case Arithmetic(symbol, left, right):
            looser = "+-" if symbol in "*/%" else ""
            tighter = {"-": "+-", "/": "+-*/%", "%": "+-*/%"}.get(symbol, looser)
            return f"{_operand(left, looser)} {symbol} {_operand(right, tighter)}"
        case Constant(value, kind):
            return _limit(value, kind, "")
    return "condition"


def _name_windowed(
    function: WindowFunction, reading: Reading, span: Node | None, level: Node | None, keywords: Mapping[str, Node]
) -> str:
    ahead = keywords.get("ahead")
    named = function.title.format(
        field=_name(reading),
        span="" if span is None else _name(span),
        ahead="" if ahead is None else _name(ahead),
        level="" if level is None else _level(level, reading.field.unit),
    )
    offset = keywords.get("offset")
    return named if offset is None else f"{named} up to {_name(offset)} ago"


def _level(node: Node, unit: str) -> str:
    return _limit(node.value, node.kind, unit) if isinstance(node, Constant) else _name(node)


def _operand(node: Node, bracketed: str) -> str:
    """One side of an operation, in brackets where it would read wrongly without."""
    match node:
        case Arithmetic(symbol) if symbol in bracketed:
            return f"({_name(node)})"
    return _name(node)


def _unit(node: Node) -> str:
    match node:
        case Reading(_, field):
            return field.unit
        case Windowed(function, reading) if function.kind is not None:
            return function.unit.format(unit=reading.field.unit) if reading.field.unit else ""
        case Windowed(_, reading):
            return reading.field.unit
        case Arithmetic("+" | "-", left, right):
            return _unit(left) or _unit(right)
    return ""


def _limit(value: Value, kind: Kind, unit: str) -> str:
    """A constant, with every digit it was written with."""
    return measure(value, kind, unit, digits=15)


def measure(value: Value, kind: Kind, unit: str = "", against: Value | None = None, digits: int = 2) -> str:
    """A value with its unit, shortly: no more decimals than it takes to tell it from `against`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        one_line = " ".join(value.split())
        return f'"{one_line}"' if len(one_line) <= LONGEST_TEXT else f'"{one_line[:LONGEST_TEXT]}…"'
    other = against if isinstance(against, float) else None
    if kind is Kind.DURATION:
        return span(value, other)
    return f"{number(value, other, digits)} {unit}".rstrip()


def number(value: float, against: float | None = None, digits: int = 2) -> str:
    """A number with `digits` decimals at most, and more only where it would look like `against` without being it."""
    if value == math.inf:
        return "never"
    if digits >= 15:
        return _plain(f"{value:.15g}")
    text = _plain(f"{value:.{digits}f}")
    while against is not None and value != against and digits < 15 and text == _plain(f"{against:.{digits}f}"):
        digits += 1
        text = _plain(f"{value:.{digits}f}")
    return text


def _plain(text: str) -> str:
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def span(seconds: float, against: float | None = None) -> str:
    """Seconds in the largest unit of which there are two, or a whole number: `36.4 d`, `1 h`, `90 s`."""
    if seconds == math.inf:
        return "never"
    for length, unit in _SPAN_UNITS:
        if seconds >= 2 * length or (seconds and seconds % length == 0):
            other = None if against is None else against / length
            return f"{number(seconds / length, other, 1)} {unit}"
    return f"{number(seconds, against, 1)} s"
