"""Label matchers in Alertmanager's notation: `site="Quarry A"`, `power=~"battery|solar"`, `!=`, `!~`.

Regular expressions are RE2's, as Alertmanager's are: matched in linear time, anchored at both ends. A label that is
missing counts as the empty text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import re2

_FORM = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=(?!=)|=(?!=))(.*)", re.DOTALL)
"""A value that begins with = must be in quotes: `site==A` is a slip of the pen, and would match nothing."""
LONGEST = 10_000
"""Characters of a matcher."""
LABEL = re.compile("[A-Za-z_][A-Za-z0-9_]*")
PATTERN = r'^\s*[A-Za-z_][A-Za-z0-9_]*\s*(=~|!~|!=|=)\s*("[\s\S]*"|[^"\s]([\s\S]*[^"\s])?)?\s*$'
"""The same, with its quotes, in JSON Schema."""

# Python's own engine may try exponentially many ways while every thread waits: one matcher could stop the alerting.
_OPTIONS = re2.Options()
_OPTIONS.dot_nl = True
_OPTIONS.log_errors = False


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label."""

    label: str
    operator: str
    value: str
    pattern: re2._Regexp | None = field(default=None, compare=False, repr=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet the condition."""
        text = labels.get(self.label, "")
        if self.pattern is not None:
            return (self.pattern.fullmatch(_encodable(text)) is not None) == (self.operator == "=~")
        return (text == self.value) == (self.operator == "=")

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{self.operator}"{escaped}"'


def parse_matcher(text: str) -> Matcher:
    """Read one matcher; quotes round the value may be left out.

    Raises:
        ValueError: with one line that says what is wrong.
    """
    form = _FORM.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if form is None:
        shown = text if len(text) <= LONGEST else f"{text[:40]}…"
        raise ValueError(f'"{shown}" is no matcher: write label="value", or != =~ !~ instead of =')
    label, operator, given = form.groups()
    value = _unquote(given.strip())
    if operator in ("=", "!="):
        return Matcher(label, operator, value)
    try:
        pattern = re2.compile(_encodable(value), _OPTIONS)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
        raise ValueError(f"{value!r} is no regular expression, as RE2 and Alertmanager know them: {why}") from error
    return Matcher(label, operator, value, pattern)


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels meet every one of them."""
    return all(matcher.matches(labels) for matcher in matchers)


def _encodable(text: str) -> str:
    """RE2 works on UTF-8, which half a surrogate pair is not."""
    return text.encode("utf-8", "replace").decode()


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\([\\\"])", r"\1", text[1:-1])
    if '"' in text[:1] + text[-1:]:
        raise ValueError(f"the quotes of {text} do not close")
    return text
