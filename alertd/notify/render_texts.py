"""Rules' own words: compiled once, rendered for each alert that is told in full."""

from datetime import datetime

from jinja2 import Template

from alertd.errors import RenderError, TextError
from alertd.notify import render_environment as environment
from alertd.notify.letter import RuleTexts
from alertd.notify.plain_text import lines, one_line
from alertd.notify.render_context import Entry, text_context

LONGEST_TEXT = 4000
"""Characters of one summary or description in a message."""
_LARGEST_OUTPUT = 100_000


class TextRenderer:
    """Renders `summary` and `description`; remembers what it compiled."""

    def __init__(self) -> None:
        self._compiled: dict[str, Template] = {}

    def with_texts(self, entry: Entry, texts: RuleTexts, now: datetime) -> tuple[Entry, list[TextError]]:
        """The alert with its rule's words, and the words that failed: they stay empty."""
        context, failures = text_context(entry, now), []
        told = {**entry, "runbook": one_line(texts.runbook, 2000)}
        for key, source in (("summary", texts.summary), ("description", texts.description)):
            try:
                told[key] = self.render(source, context) if source else ""
            except RenderError as error:
                failures.append(TextError(entry["rule"], key, str(error).removeprefix("text: ")))
        return told, failures

    def render(self, source: str, context: Entry) -> str:
        """One text.

        Raises:
            RenderError: its syntax is wrong, or it fails on this alert.
        """
        template = self._compiled.get(source)
        if template is None:
            template = environment.compile_template("text", source, environment.text_environment())
            self._compiled[source] = template
        return lines(environment.run("text", template, context, _LARGEST_OUTPUT), LONGEST_TEXT)
