"""Three-valued expressions: compiled once, typed at load, bound to a rule's params, asked of a View."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from alertd.fields import Kind
from alertd.model import Source, Value
from alertd.rules.closures import answer_of, ask_of, bind_params
from alertd.rules.explain import explain
from alertd.rules.functions import Answer
from alertd.rules.grammar import read_expression
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
from alertd.rules.windows import Ask

NO_PARAMS: Mapping[str, Value] = MappingProxyType({})
NO_KINDS: Mapping[str, Kind] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundExpression:
    """An expression whose params have their values; instruments with the same params share one."""

    text: str
    root: Node
    fields: tuple[tuple[Source, str], ...]
    answer: Answer
    """The bare closure, for the hot loop: what `evaluate` calls."""
    windows: tuple[Ask, ...] = ()
    """What it asks of the past."""

    def evaluate(self, view: View) -> Value | None:
        """Its value for this instrument now; None is UNKNOWN, a duration is its seconds."""
        return self.answer(view)

    def explain(self, view: View) -> str:
        """The facts that decided a condition's answer, such as `voltage 11.21 V < 11.3 V`."""
        return explain(self.root, view)

    def limit_of(self, source: Source, name: str) -> float | None:
        """The first number that this field is compared with; None without one."""
        for node in walk(self.root):
            match node:
                case Comparison(_, Reading() | Windowed() as side, Constant(float(limit))) | Comparison(
                    _, Constant(float(limit)), Reading() | Windowed() as side
                ) if _on_its_scale(side) == (source, name):
                    return limit
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A text that was read, checked and typed, with its params still open."""

    text: str
    root: Node = field(repr=False)
    kind: Kind
    fields: tuple[tuple[Source, str], ...]
    """The fields it reads, in order of appearance."""
    sources: frozenset[Source]
    """The sources it reads or asks the age of."""
    uses_clock: bool
    """Its answer changes with time alone."""
    constant: bool
    """It reads nothing of the instrument, so its answer never changes."""
    span_params: frozenset[tuple[str, Source]] = frozenset()
    """Params that say how far a window over a source reaches back."""

    def bind(self, params: Mapping[str, Value] = NO_PARAMS) -> BoundExpression:
        """This expression with these params in place.

        Raises:
            KeyError: a param that it names is not among them.
        """
        root = bind_params(self.root, params)
        windows = tuple(ask_of(node) for node in walk(root) if isinstance(node, Windowed))
        return BoundExpression(text=self.text, root=root, fields=self.fields, answer=answer_of(root), windows=windows)

    def evaluate(self, view: View) -> Value | None:
        """The value without params, for an expression that names none; see BoundExpression.evaluate."""
        return self.bind().evaluate(view)

    def explain(self, view: View) -> str:
        """The facts without params, for an expression that names none; see BoundExpression.explain."""
        return self.bind().explain(view)


def compile_expression(text: str, *, params: Mapping[str, Kind] = NO_KINDS) -> Expression:
    """Read, check and type one expression.

    `params` are the kinds of the rule's params; DURATION is a text that may serve as a text or as a duration.

    Raises:
        ExpressionError: with what is wrong, and where.
    """
    root = read_expression(text, params)
    nodes = list(walk(root))
    readings = [node for node in nodes if isinstance(node, Reading)]
    calls = [node for node in nodes if isinstance(node, Call)]
    described = any(isinstance(node, Description) for node in nodes)
    return Expression(
        text=text,
        root=root,
        kind=root.kind,
        fields=tuple(dict.fromkeys((node.source, node.field.name) for node in readings)),
        sources=frozenset(node.source for node in readings).union(*(call.sources for call in calls)),
        uses_clock=any(call.function.uses_clock for call in calls),
        constant=not (readings or calls or described),
        span_params=frozenset(_span_params(nodes)),
    )


def _span_params(nodes: Iterable[Node]) -> Iterator[tuple[str, Source]]:
    for node in nodes:
        if isinstance(node, Windowed):
            for span in (node.span, *(value for _, value in node.keywords)):
                if isinstance(span, Param):
                    yield span.name, node.reading.source


def _on_its_scale(node: Reading | Windowed) -> tuple[Source, str] | None:
    """The field whose axis the values of a node belong to."""
    if isinstance(node, Reading):
        return node.source, node.field.name
    return (node.reading.source, node.reading.field.name) if node.function.same_scale else None


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    yield node
    match node:
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            below: tuple[Node, ...] = (left, right)
        case Choice(item, choices):
            below = (item, *choices)
        case Negation(operand):
            below = (operand,)
        case Junction(_, parts):
            below = parts
        case Windowed(_, reading, _, level):
            below = (reading,) if level is None else (reading, level)
        case _:
            below = ()
    for part in below:
        yield from walk(part)
