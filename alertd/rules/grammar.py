"""An expression's text → its typed tree, or one ExpressionError with the place.

The text is Python's expression syntax, read with `ast`; every node that is not named here is refused, so nothing but
fields, params, constants and the functions of the table can be reached.
"""

import ast
from collections.abc import Mapping

from alertd.config.durations import parse_duration
from alertd.fields import FIELDS, SOURCE_OF, Kind
from alertd.model import Source
from alertd.rules.functions import FIRST_DAY, FUNCTIONS, LAST_DAY, Function
from alertd.rules.suggest import bare_name, did_you_mean, nearest_field, nearest_param
from alertd.rules.tree import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Constant,
    Description,
    ExpressionError,
    Junction,
    Negation,
    Node,
    Param,
    Reading,
    Windowed,
)
from alertd.rules.window_functions import WINDOW_FUNCTIONS, WindowFunction
from alertd.rules.windows import span_mistake
from alertd.rules.written import Written

LONGEST = 2000
"""Characters of an expression."""
DEEPEST = 40
"""Levels of brackets and operators inside each other."""
LARGEST_NUMBER = 1e15
MOST_CHOICES = 200

_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_ORDERED = (Kind.NUMBER, Kind.DURATION)
_ARTICLE = {Kind.NUMBER: "a number", Kind.TEXT: "text", Kind.FLAG: "a yes/no", Kind.DURATION: "a duration"}


def read_expression(text: str, params: Mapping[str, Kind]) -> Node:
    """The typed tree of `text`, whose `params.X` have these kinds (DURATION: a text that may serve as a duration).

    Raises:
        ExpressionError: for anything that is not an expression of alertd.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters", 0)
    body = text.lstrip()
    if not body:
        raise ExpressionError("empty: write a condition such as current.voltage < 11.3", 0)
    return _Reader(body, len(text) - len(body), params).read_all()


class _Reader(Written):
    """Reads one text; a class because every step needs the text for the places of its errors."""

    def __init__(self, body: str, indent: int, params: Mapping[str, Kind]) -> None:
        super().__init__(body, indent)
        self._params = params

    def read_all(self) -> Node:
        tree = self._parse()
        node = self._read(tree, 0)
        self._refuse_comment()
        return node

    # --- nodes --------------------------------------------------------------------------------------------------

    def _read(self, node: ast.expr, depth: int) -> Node:  # noqa: C901  # a case for each kind of node
        if depth > DEEPEST:
            self._fail(node, "too deeply nested")
        match node:
            case ast.BoolOp():
                return self._junction(node, depth + 1)
            case ast.UnaryOp():
                return self._unary(node, depth + 1)
            case ast.BinOp():
                return self._arithmetic(node, depth + 1)
            case ast.Compare():
                return self._compare(node, depth + 1)
            case ast.Constant():
                return self._constant(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node, depth + 1)
            case ast.Name():
                self._fail(node, bare_name(node.id, self._params))
            case ast.List():
                self._fail(node, "a list stands only after in")
        self._fail(node, f"{self._written(node)} is not allowed in an expression")

    def _constant(self, node: ast.Constant) -> Constant:
        value = node.value
        match value:
            case bool():
                return Constant(value, Kind.FLAG)
            case int() | float():
                if not abs(value) <= LARGEST_NUMBER:
                    self._fail(node, "too large a number")
                return Constant(float(value), Kind.NUMBER)
            case str():
                self._texts.append((self._column(node.col_offset), self._column(node.end_col_offset or 0)))
                return Constant(value, Kind.TEXT)
            case None:
                self._fail(node, "there is no None: what is missing is unknown by itself")
        self._fail(node, f"{self._written(node)} is not allowed in an expression")

    def _junction(self, node: ast.BoolOp, depth: int) -> Node:
        every = isinstance(node.op, ast.And)
        parts = tuple(self._flag(part, depth, "and" if every else "or") for part in node.values)
        return Junction(every, parts)

    def _flag(self, node: ast.expr, depth: int, word: str) -> Node:
        part = self._read(node, depth)
        if part.kind is not Kind.FLAG:
            written = self._written(node)
            self._fail(node, f"{word} needs a yes/no, but {written} is {_ARTICLE[part.kind]}: compare it")
        return part

    def _unary(self, node: ast.UnaryOp, depth: int) -> Node:
        match node.op:
            case ast.Not():
                return Negation(self._flag(node.operand, depth, "not"))
            case ast.USub():
                operand = self._number(node.operand, depth, "-")
                if isinstance(operand, Constant):
                    return Constant(-float(operand.value), Kind.NUMBER)
                return Arithmetic("-", Constant(0.0, Kind.NUMBER), operand)
            case ast.UAdd():
                return self._number(node.operand, depth, "+")
        self._fail(node, "~ is not allowed in an expression")

    def _number(self, node: ast.expr, depth: int, sign: str) -> Node:
        operand = self._read(node, depth)
        if operand.kind is not Kind.NUMBER:
            self._fail(node, f"{sign} needs a number, but {self._written(node)} is {_ARTICLE[operand.kind]}")
        return operand

    def _arithmetic(self, node: ast.BinOp, depth: int) -> Node:
        operator = _ARITHMETIC.get(type(node.op))
        if operator is None:
            self._fail(node, "only + - * / % can be reckoned with")
        left, right = self._read(node.left, depth), self._read(node.right, depth)
        if operator == "/" and Kind.DURATION in (left.kind, right.kind):
            left, right = self._as_durations(node.left, left, node.right, right)
            return Arithmetic(operator, left, right)
        for part, written in ((left, node.left), (right, node.right)):
            if part.kind is not Kind.NUMBER:
                hint = "; a duration can only be divided by another" if part.kind is Kind.DURATION else ""
                self._fail(
                    written, f"{operator} needs numbers, but {self._written(written)} is {_ARTICLE[part.kind]}{hint}"
                )
        return Arithmetic(operator, left, right)

    # --- comparisons --------------------------------------------------------------------------------------------

    def _compare(self, node: ast.Compare, depth: int) -> Node:
        if any(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops):
            if len(node.ops) > 1:
                self._fail(node, "in cannot be chained with other comparisons: join them with and")
            return self._choice(node, depth)
        operands = [node.left, *node.comparators]
        nodes = [self._read(operand, depth) for operand in operands]
        pairs = tuple(
            self._pair(operator, operands[at], nodes[at], operands[at + 1], nodes[at + 1])
            for at, operator in enumerate(node.ops)
        )
        return pairs[0] if len(pairs) == 1 else Junction(True, pairs)

    def _pair(self, operator: ast.cmpop, at_left: ast.expr, left: Node, at_right: ast.expr, right: Node) -> Node:
        symbol = _COMPARISONS.get(type(operator))
        if symbol is None:
            self._fail(at_left, "write == or !=, not is")
        left, right = self._as_durations(at_left, left, at_right, right)
        if left.kind is not right.kind:
            self._fail(
                at_left,
                f"{self._written(at_left)} is {_ARTICLE[left.kind]}, {self._written(at_right)} is "
                f"{_ARTICLE[right.kind]}: they cannot be compared",
            )
        if symbol not in ("==", "!=") and left.kind not in _ORDERED:
            self._fail(at_left, f"{symbol} compares numbers or durations, not {_ARTICLE[left.kind]}: write == or !=")
        return Comparison(symbol, left, right)

    def _as_durations(self, at_left: ast.expr, left: Node, at_right: ast.expr, right: Node) -> tuple[Node, Node]:
        """The two as they are, or both as durations where one is."""
        if left.kind is Kind.DURATION and right.kind is not Kind.DURATION:
            right = self._duration(at_right, right, self._written(at_left))
        elif right.kind is Kind.DURATION and left.kind is not Kind.DURATION:
            left = self._duration(at_left, left, self._written(at_right))
        return left, right

    def _duration(self, node: ast.expr, part: Node, beside: str) -> Node:
        match part:
            case Constant(value=str(value)):
                try:
                    return Constant(parse_duration(value).total_seconds(), Kind.DURATION)
                except ValueError as error:
                    self._fail(node, str(error))
            case Param(name=name) if self._params[name] is Kind.DURATION:
                return Param(name, Kind.DURATION)
        written = self._written(node)
        if beside in WINDOW_FUNCTIONS:
            self._fail(node, f'{beside} needs a duration here, such as "6h", but {written} is {_ARTICLE[part.kind]}')
        self._fail(node, f'{beside} is a duration, {written} is {_ARTICLE[part.kind]}: write a duration, such as "35d"')

    def _choice(self, node: ast.Compare, depth: int) -> Node:
        item, among = self._read(node.left, depth), node.comparators[0]
        if not isinstance(among, ast.List) or not among.elts:
            self._fail(among, 'in needs a list: in ["a", "b"]')
        if len(among.elts) > MOST_CHOICES:
            self._fail(among, f"more than {MOST_CHOICES} choices")
        choices = []
        for written in among.elts:
            choice = self._read(written, depth)
            if not isinstance(choice, Constant | Param):
                self._fail(written, "write each choice as a number, a text or a param")
            if item.kind is Kind.DURATION:
                choice = self._duration(written, choice, self._written(node.left))
            if choice.kind is not item.kind:
                beside = f"{self._written(node.left)} is {_ARTICLE[item.kind]}"
                self._fail(written, f"{self._written(written)} is {_ARTICLE[choice.kind]}, but {beside}")
            choices.append(choice)
        return Choice(item, tuple(choices), isinstance(node.ops[0], ast.NotIn))

    # --- names --------------------------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Node:
        if not isinstance(node.value, ast.Name):
            self._fail(node, f"{self._written(node)} is not allowed in an expression: a field is source.name")
        prefix, name = node.value.id, node.attr
        if prefix == "params":
            return self._param(node, name)
        if prefix == "instrument":
            if name.startswith("__"):
                self._fail(node, f"unknown field instrument.{name}")
            return Description(name)
        source = SOURCE_OF.get(prefix)
        field = FIELDS[source].get(name) if source else None
        if source is None or field is None:
            self._fail(node, f"unknown field {prefix}.{name}" + nearest_field(prefix, name))
        return Reading(source, field)

    def _param(self, node: ast.AST, name: str) -> Param:
        kind = self._params.get(name)
        if kind is None:
            remedy = nearest_param(name, self._params) or ": add it to the rule's params"
            self._fail(node, f"unknown param params.{name}{remedy}")
        return Param(name, Kind.TEXT if kind is Kind.DURATION else kind)

    def _call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            self._fail(node, f"{self._written(node)} is not allowed in an expression")
        windowed = WINDOW_FUNCTIONS.get(node.func.id)
        if windowed is not None:
            return self._windowed(node, windowed, depth)
        function = FUNCTIONS.get(node.func.id)
        if function is None:
            names = sorted([*FUNCTIONS, *WINDOW_FUNCTIONS])
            remedy = did_you_mean(node.func.id, names) or f": there are {', '.join(names)}"
            self._fail(node, f"unknown function {node.func.id}{remedy}")
        if node.keywords or len(node.args) != function.sources + function.takes_number:
            self._fail(node, f"write {function.form}")
        sources = tuple(self._source(argument, function.form) for argument in node.args[: function.sources])
        return Call(function, sources, self._day(node.args[-1], function, depth) if function.takes_number else None)

    def _day(self, node: ast.expr, function: Function, depth: int) -> Node:
        day = self._number(node, depth, function.name)
        if not isinstance(day, Constant | Param):
            self._fail(node, f"write a day of the month as a number or a param, as in {function.form}")
        if isinstance(day, Constant) and not FIRST_DAY <= float(day.value) <= LAST_DAY:
            self._fail(node, "a day of the month is 1 to 31")
        return day

    def _windowed(self, node: ast.Call, function: WindowFunction, depth: int) -> Windowed:
        wanted = 1 + function.has_level + function.span_needed
        written = [keyword.arg for keyword in node.keywords]
        odd = [name for name in written if name not in function.keywords]
        needed = "ahead" in function.keywords and "ahead" not in written
        if len(node.args) != wanted or odd or needed or len(set(written)) < len(written):
            self._fail(node, f"write {function.form}")
        reading = self._read(node.args[0], depth)
        if not isinstance(reading, Reading):
            self._fail(node.args[0], f"a field stands here, as in {function.form}")
        if function.numeric and reading.kind is not Kind.NUMBER:
            field = self._written(node.args[0])
            self._fail(node.args[0], f"{function.name} needs a number, but {field} is {_ARTICLE[reading.kind]}")
        level = self._number(node.args[1], depth, function.name) if function.has_level else None
        span = self._span(node.args[-1], function, depth, reading.source) if function.span_needed else None
        keywords = tuple(
            (str(keyword.arg), self._span(keyword.value, function, depth, reading.source)) for keyword in node.keywords
        )
        return Windowed(function, reading, span, level, keywords)

    def _span(self, node: ast.expr, function: WindowFunction, depth: int, source: Source) -> Node:
        span = self._duration(node, self._read(node, depth), function.name)
        if isinstance(span, Constant):
            remedy = span_mistake(float(span.value), source)
            if remedy:
                self._fail(node, remedy)
        return span

    def _source(self, node: ast.expr, form: str) -> Source:
        if not isinstance(node, ast.Name):
            self._fail(node, f"the name of a source stands here, as in {form}")
        source = SOURCE_OF.get(node.id)
        if source is None:
            remedy = did_you_mean(node.id, SOURCE_OF) or f": there are {', '.join(SOURCE_OF)}"
            self._fail(node, f"unknown source {node.id}{remedy}")
        return source
