"""The typed tree of an expression: what remains of its text once it was read and checked."""

from dataclasses import dataclass

from alertd.fields import Field, Kind
from alertd.model import Source, Value
from alertd.rules.functions import Function
from alertd.rules.window_functions import WindowFunction


class ExpressionError(ValueError):
    """An expression that cannot be; `offset` is where, in characters from its beginning."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text or yes/no; a duration is its seconds."""

    value: Value
    kind: Kind


@dataclass(frozen=True, slots=True)
class Param:
    """A param of the rule, a constant once it is bound. Kind DURATION is a text that was used as a duration."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """A field of the newest record of a source."""

    source: Source
    field: Field

    @property
    def kind(self) -> Kind:
        """The field's kind."""
        return self.field.kind


@dataclass(frozen=True, slots=True)
class Description:
    """`instrument.X`: one of its own fields or a label."""

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table, with the sources it is asked about."""

    function: Function
    sources: tuple[Source, ...]
    number: "Node | None" = None

    @property
    def kind(self) -> Kind:
        """The function's result."""
        return self.function.kind


@dataclass(frozen=True, slots=True)
class Windowed:
    """A function over the past of a field. Spans are durations: constants, or params until they are bound."""

    function: WindowFunction
    reading: Reading
    span: "Node | None" = None
    level: "Node | None" = None
    keywords: tuple[tuple[str, "Node"], ...] = ()
    """offset, ahead or within, where they were written."""

    @property
    def kind(self) -> Kind:
        """The function's result; the field's own kind where it has none."""
        return self.function.kind or self.reading.kind


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers, or two durations divided, make a number."""

    operator: str
    left: "Node"
    right: "Node"
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two of one kind compared; `==` and `!=` for any, the others for numbers and durations."""

    operator: str
    left: "Node"
    right: "Node"
    kind: Kind = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Choice:
    """`in [...]`, and `not in [...]` where negated."""

    item: "Node"
    choices: tuple["Node", ...]
    negated: bool
    kind: Kind = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Negation:
    """`not`."""

    operand: "Node"
    kind: Kind = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` (every) or `or` of two parts or more."""

    every: bool
    parts: tuple["Node", ...]
    kind: Kind = Kind.FLAG


Node = (
    Constant | Param | Reading | Description | Call | Windowed | Arithmetic | Comparison | Choice | Negation | Junction
)
