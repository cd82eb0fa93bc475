"""What an alert is about in numbers: the first field of its condition that is compared with a limit. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from alertd.fields import FIELDS, PREFIX_OF, Field
from alertd.model import Alert, Source
from alertd.rules.expression import BoundExpression, walk
from alertd.rules.rule import Level, Rule
from alertd.rules.tree import Comparison, Constant, Negation, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A field and the limit that it is held against."""

    source: Source
    name: str
    limit: float
    above: bool
    """Whether what is above the limit is bad."""

    @property
    def key(self) -> str:
        """`current.voltage`."""
        return f"{PREFIX_OF[self.source]}.{self.name}"

    @property
    def field(self) -> Field:
        """What the catalogue says of it."""
        return FIELDS[self.source].get(self.name, Field(self.name))


def compared_of(alert: Alert, rule: Rule | None) -> list[Compared]:
    """Every field of the alert's condition that is compared with a number or a param, in the order of the text.

    The condition is that of the alert's severity, with the params it was judged by; none where the rule is another
    by now.
    """
    if rule is None:
        return []
    try:
        when = _level(alert, rule).when.bind(alert.params)
    except (KeyError, ValueError, TypeError):
        return []
    return list(dict.fromkeys(comparisons(when)))


def reads(rule: Rule | None, name: str) -> bool:
    """Whether one of the rule's conditions reads a field of this name, of whatever source."""
    return rule is not None and any(name == field for level in rule.levels for _, field in level.when.fields)


def _level(alert: Alert, rule: Rule) -> Level:
    return next((level for level in rule.levels if level.severity is alert.severity), rule.levels[0])


def comparisons(when: BoundExpression) -> Iterator[Compared]:
    """Each field that a condition compares with a number, with that number."""
    negated = {id(node.operand) for node in walk(when.root) if isinstance(node, Negation)}
    for node in walk(when.root):
        if not isinstance(node, Comparison) or node.operator not in _ABOVE:
            continue
        above = _ABOVE[node.operator] != (id(node) in negated)
        match node.left, node.right:
            case Reading() as reading, Constant(float() as limit):
                yield Compared(source=reading.source, name=reading.field.name, limit=limit, above=above)
            case Constant(float() as limit), Reading() as reading:
                yield Compared(source=reading.source, name=reading.field.name, limit=limit, above=not above)


_ABOVE = {"<": False, "<=": False, ">": True, ">=": True}
