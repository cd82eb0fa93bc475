"""A tree → the text of an expression again: what one part of a condition says, with params open or in place."""

import json
from datetime import timedelta

from alertd.config.durations import format_duration
from alertd.fields import PREFIX_OF, Kind
from alertd.model import Value
from alertd.rules.explain import number
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

_ANY, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _ATOM = range(8)
"""How tightly a part holds together, as in Python: what stands in a tighter place needs brackets."""


def spell(node: Node) -> str:
    """The expression that reads as this tree."""
    return _spell(node, _ANY)


def _spell(node: Node, place: int) -> str:
    text, strength = _with_strength(node)
    return f"({text})" if strength < place else text


def _with_strength(node: Node) -> tuple[str, int]:
    match node:
        case Junction(every, parts):
            strength, word = (_AND, " and ") if every else (_OR, " or ")
            return word.join(_spell(part, strength + 1) for part in parts), strength
        case Negation(operand):
            return f"not {_spell(operand, _NOT)}", _NOT
        case Comparison(symbol, left, right):
            return f"{_spell(left, _SUM)} {symbol} {_spell(right, _SUM)}", _COMPARED
        case Choice(item, choices, negated):
            word = "not in" if negated else "in"
            return f"{_spell(item, _SUM)} {word} [{', '.join(map(spell, choices))}]", _COMPARED
        case Arithmetic("-", Constant(0.0), operand) if not isinstance(operand, Constant):
            return f"-{_spell(operand, _ATOM)}", _ATOM
        case Arithmetic(symbol, left, right):
            strength = _SUM if symbol in "+-" else _PRODUCT
            return f"{_spell(left, strength)} {symbol} {_spell(right, strength + 1)}", strength
    return _atom(node), _ATOM


def _atom(node: Node) -> str:
    match node:
        case Reading(source, field):
            return f"{PREFIX_OF[source]}.{field.name}"
        case Description(name):
            return f"instrument.{name}"
        case Param(name):
            return f"params.{name}"
        case Call(function, sources, number_node):
            asked = [PREFIX_OF[source] for source in sources] + ([] if number_node is None else [spell(number_node)])
            return f"{function.name}({', '.join(asked)})"
        case Windowed(function, reading, span, level, keywords):
            given = [spell(each) for each in (reading, level, span) if each is not None]
            return f"{function.name}({', '.join([*given, *(f'{name}={spell(value)}' for name, value in keywords)])})"
        case Constant(value, kind):
            return spell_value(value, kind)
    raise TypeError(node)


def spell_value(value: Value, kind: Kind | None = None) -> str:
    """A constant or a param as a rule file has it: `11.3`, `"Success"`, `"35d"` for a duration's seconds, `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if kind is Kind.DURATION:
        return f'"{format_duration(timedelta(seconds=value))}"'
    return number(value, digits=15)
