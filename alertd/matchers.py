"""Label matchers in Alertmanager's notation: `site="Quarry A"`, `power=~"battery|solar"`, `!=`, `!~`.

Regular expressions are anchored at both ends; a label that is missing counts as the empty text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_FORM = re.compile(
    r"\s*(?P<label>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<operator>=~|!~|!=(?!=)|=(?!=))\s*(?P<value>.*?)\s*", re.DOTALL
)
"""A value that begins with = must be in quotes: `site==A` is a slip of the pen, and would match nothing."""

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?\#[^)]*\)"  # an escape, a class, a comment: nothing in them counts
    r"|(?P<opens>\(\?>|\(\??)|(?P<closes>\))|(?P<repeats>(?:[*+?]|\{(?:[0-9]+,?|,)[0-9]*\})[+?]?)|.",
    re.DOTALL,
)
_MOST = re.compile(r"\{(?:[0-9]*,)?([0-9]*)\}")
_FEW = 9
r"""A repeat of a repeat up to so many times is slow at worst, and `(\d+\.){3}` is of use."""
PATTERN = r'^\s*[A-Za-z_][A-Za-z0-9_]*\s*(=~|!~|!=|=)\s*("[\s\S]*"|[^"\s]([\s\S]*[^"\s])?)?\s*$'
"""The same, with its quotes, in JSON Schema."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label."""

    label: str
    operator: str
    value: str
    pattern: re.Pattern[str] | None = None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet the condition."""
        text = labels.get(self.label, "")
        if self.pattern is not None:
            return (self.pattern.fullmatch(text) is not None) == (self.operator == "=~")
        return (text == self.value) == (self.operator == "=")

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{self.operator}"{escaped}"'


def parse_matcher(text: str) -> Matcher:
    """Read one matcher; quotes round the value may be left out.

    Raises:
        ValueError: with one line that says what is wrong.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f'"{text}" is no matcher: write label="value", or != =~ !~ instead of =')
    value = _unquote(form["value"])
    if form["operator"] in ("=", "!="):
        return Matcher(form["label"], form["operator"], value)
    try:
        pattern = re.compile(value, re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error
    if _repeats_repeats(value):
        raise ValueError(
            f"{value!r} repeats a repeat, as (a+)+ does, which can take for ever: leave one of them out, "
            "or write the inner one as ++ or *+, which gives nothing back"
        )
    return Matcher(form["label"], form["operator"], value, pattern)


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels meet every one of them."""
    return all(matcher.matches(labels) for matcher in matchers)


def _repeats_repeats(pattern: str) -> bool:
    """Whether a group that holds a long repeat is itself repeated for long.

    A text that nearly matches can then be taken in exponentially many ways, and Python's engine tries them all while
    every thread waits. `pattern` must be one that compiles. A possessive repeat, and what is in an atomic group, is
    tried in one way only.
    """
    holds, atomic = [False], [False]  # of each group that is open, the whole outermost
    just_closed = False  # a group that holds a long repeat ended right here
    for token in _TOKEN.finditer(pattern):
        kind, text = token.lastgroup, token[0]
        if kind == "opens":
            holds.append(False)
            atomic.append(text == "(?>")
        elif kind == "closes" and len(holds) > 1:
            held = holds.pop() and not atomic[-1]
            atomic.pop()
            holds[-1] |= held
            just_closed = held
            continue
        elif kind == "repeats" and _is_long(text):
            if just_closed:
                return True
            holds[-1] |= not text.endswith("+") or len(text) == 1
        just_closed = False
    return False


def _is_long(repeat: str) -> bool:
    """Whether it may go on for more than a few times."""
    most = _MOST.match(repeat)
    return repeat[0] in "*+" if most is None else not most[1] or int(most[1]) > _FEW


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\([\\\"])", r"\1", text[1:-1])
    if '"' in text[:1] + text[-1:]:
        raise ValueError(f"the quotes of {text} do not close")
    return text
