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
        return Matcher(form["label"], form["operator"], value, re.compile(value, re.DOTALL))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels meet every one of them."""
    return all(matcher.matches(labels) for matcher in matchers)


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\([\\\"])", r"\1", text[1:-1])
    if '"' in text[:1] + text[-1:]:
        raise ValueError(f"the quotes of {text} do not close")
    return text
