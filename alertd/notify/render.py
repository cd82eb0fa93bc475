"""Letters → messages: titles and bodies from templates, in each channel's own markup and within its budget."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Template

from alertd.errors import RenderError
from alertd.model import Alert, Message
from alertd.notify.budget import Budget, Fitted, cut, fit
from alertd.notify.letter import CHANNELS, Letter, Part, Rendered, RenderedParts, RuleTexts
from alertd.notify.plain_text import one_line, shorten
from alertd.notify.render_context import TEXT_NAMES, Entry, alert_entry, apprise_type, headline, letter_context
from alertd.notify.render_environment import load_template, run
from alertd.notify.render_texts import TextRenderer
from alertd.shipped import shipped

__all__ = ["CHANNELS", "Letter", "Rendered", "Renderer", "RuleTexts", "template_names"]

_Made = TypeVar("_Made")

LONGEST_TITLE = 250
"""Characters; what most channels allow, and more than a lock screen shows."""

SHORT_TEXT = 4000
"""Characters of a body for a channel of which nothing better is known."""


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _json_bytes(text: str) -> int:
    return len(json.dumps(text))


# What the peers take, less some room for the envelope, the title and a line that says "possible repeat".
_BUDGETS = {
    "email": Budget(limit=70_000, measure=_bytes, smallest=60, by_name=True),
    "slack": Budget(limit=34_000, measure=len, smallest=60, by_name=True),
    "teams": Budget(limit=25_000, measure=_json_bytes, smallest=60, by_name=True),
}
_HTML = Budget(limit=120_000, measure=_bytes, smallest=300, by_name=True)


def template_names() -> tuple[str, ...]:
    """Every template a user's folder may replace, such as `slack/body.j2`."""
    files = [f"{channel}/{file}" for channel in CHANNELS for file in ("title.j2", "body.j2")]
    return (*files, "email/body.html.j2")


class Renderer:
    """Makes messages of letters. One for each set of templates: a reload makes a new one.

    A file in `folder` replaces the shipped template of that name; where it fails, the shipped one stands in for it.
    Safe to use from several threads.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._shipped = shipped("templates")
        self._loaded: dict[Path, Template | RenderError] = {}
        self._texts = TextRenderer()

    def render(self, letter: Letter, channel: str, *, limit: int | None = None) -> Rendered:
        """The message for a channel of this kind (email, slack, teams or text).

        `limit` is the most characters a body may have on this target, where it is less than the kind's own budget.
        Never raises for what templates and texts do; their failures come back with the message.
        """
        draft = Draft(letter, self._texts)
        budget = _budget(channel, limit)
        title = self._first_good(f"{channel}/title.j2", draft, lambda name, template: _title(name, template, draft))
        body = self._first_good(
            f"{channel}/body.j2", draft, lambda name, template: _body(name, template, draft, budget)
        )
        html = None
        if channel == "email":
            html = self._first_good("email/body.html.j2", draft, lambda name, template: _html(name, template, draft))
        text = body or Fitted(cut(_bare_body(letter), budget), len(draft.alerts), 0)
        message = Message(
            title=title or _bare_title(letter),
            body=text.text,
            html=html.text if html else "",
            type=apprise_type(letter),
        )
        named = min(part.full + part.named for part in (text, html) if part is not None)
        return Rendered(
            message=message,
            failures=tuple(draft.failures.values()),
            good=tuple(draft.good),
            unnamed=tuple(alert.id for alert in draft.alerts[named:]),
        )

    def render_parts(self, letter: Letter, channel: str, *, limit: int | None = None) -> RenderedParts:
        """The messages for a channel of this kind: one, or as many as it takes to name every alert, ten at most.

        A text channel gets one, and everything in it counts as told.
        """
        rendered = self.render(letter, channel, limit=limit)
        return RenderedParts(parts=(Part(message=rendered.message),), failures=rendered.failures, good=rendered.good)

    def _first_good(self, name: str, draft: "Draft", use: Callable[[str, Template], _Made]) -> _Made | None:
        """What the user's template makes, else what the shipped one makes; None where both fail."""
        for path in self._paths(name, draft):
            try:
                made = use(name, self._load(name, path))
            except RenderError as error:
                draft.failures.setdefault(name, error)
                continue
            if name not in draft.failures and not draft.own:
                draft.good.append(name)
            return made
        return None

    def _paths(self, name: str, draft: "Draft") -> list[Path]:
        """Where to look; an own alert uses the shipped templates, for it may be about a broken one of the user's."""
        override = None if draft.own or self._folder is None else self._folder / name
        return (
            [override, self._shipped / name] if override is not None and override.exists() else [self._shipped / name]
        )

    def _load(self, name: str, path: Path) -> Template:
        if path not in self._loaded:
            try:
                self._loaded[path] = load_template(name, path)
            except RenderError as error:
                self._loaded[path] = error
        loaded = self._loaded[path]
        if isinstance(loaded, RenderError):
            raise loaded
        return loaded


class Draft:
    """One letter while it is rendered: its alerts' entries, made when first needed, and the failures so far."""

    def __init__(self, letter: Letter, texts: TextRenderer) -> None:
        self.alerts = (*letter.firing, *letter.resolved)
        self.own = any(alert.own for alert in self.alerts)
        self.failures: dict[str, RenderError] = {}
        self.good: list[str] = []
        self._letter = letter
        self._texts = texts
        self._common = letter_context(letter)
        self._entries: list[Entry] = []

    def context(self, full: int, named: int) -> Entry:
        """What a template sees with that many alerts in full and that many more by serial."""
        firing = len(self._letter.firing)
        entries = self._first(full)
        single = {name: self._first(1)[0][name] for name in _SINGLE_NAMES} if self.alerts else {}
        return {
            **single,
            **self._common,
            "alerts": entries,
            "firing": entries[:firing],
            "resolved": entries[firing:],
            "more": _more(self.alerts[full:], named),
        }

    def _first(self, count: int) -> list[Entry]:
        for alert in self.alerts[len(self._entries) : count]:
            entry = alert_entry(alert, self._letter.zone)
            texts = self._letter.texts.get(alert.rule, _NO_TEXTS)
            entry, failures = self._texts.with_texts(entry, texts, self._letter.now)
            self._entries.append(entry)
            for failure in failures:
                self.failures.setdefault(f"rule {failure.rule}", failure)
        return self._entries[:count]


_NO_TEXTS = RuleTexts()
_SINGLE_NAMES = (*TEXT_NAMES, "rule", "who", "reading", "summary", "description", "runbook")


def _more(rest: tuple[Alert, ...], named: int) -> dict[str, Any]:
    """Those that are not told in full: a line of serials for each rule, and how many are not even named."""
    serials: dict[str, list[str]] = {}
    for alert in rest[:named]:
        serials.setdefault(one_line(alert.rule), []).append(one_line(alert.subject))
    return {
        "count": len(rest),
        "lines": [f"{rule}: {', '.join(names)}" for rule, names in serials.items()],
        "unnamed": max(len(rest) - named, 0),
    }


def _budget(channel: str, limit: int | None) -> Budget:
    if channel not in CHANNELS:
        raise ValueError(f"{channel!r} is no channel: it is one of {', '.join(CHANNELS)}")
    if channel == "text":
        return Budget(limit=min(limit or SHORT_TEXT, SHORT_TEXT), measure=len, smallest=40, by_name=False)
    return _BUDGETS[channel]


def _title(name: str, template: Template, draft: Draft) -> str:
    title = shorten(one_line(run(name, template, draft.context(1, 0)), 2 * LONGEST_TITLE), LONGEST_TITLE)
    if not title:
        raise RenderError(name, "makes an empty title")
    return title


def _body(name: str, template: Template, draft: Draft, budget: Budget) -> Fitted:
    fitted = fit(lambda full, named: _drawn(name, template, draft, full, named), len(draft.alerts), budget)
    if fitted.full == 0 and not budget.by_name and draft.alerts:
        fitted = Fitted(_drawn(name, template, draft, 1, 0), 1, 0)  # better the beginning of one than a bare count
    if not fitted.text.strip():
        raise RenderError(name, "makes an empty body")
    return Fitted(cut(fitted.text, budget), fitted.full, fitted.named)


def _html(name: str, template: Template, draft: Draft) -> Fitted:
    fitted = fit(lambda full, named: _drawn(name, template, draft, full, named), len(draft.alerts), _HTML)
    if _HTML.measure(fitted.text) > _HTML.limit:
        raise RenderError(name, f"makes more than {_HTML.limit} bytes with no alert in full")
    return fitted


def _drawn(name: str, template: Template, draft: Draft, full: int, named: int) -> str:
    text = run(name, template, draft.context(full, named))
    return "\n".join([line.rstrip() for line in text.strip().split("\n")])


def _bare_title(letter: Letter) -> str:
    """The title without any template: it must go out even if the shipped ones are gone."""
    parts = headline(letter)
    return shorten(" ".join(part for part in (parts["tag"], parts["what"], parts["place"]) if part), LONGEST_TITLE)


def _bare_body(letter: Letter) -> str:
    alerts = (*letter.firing, *letter.resolved)
    entries = [alert_entry(alert, letter.zone) for alert in alerts]
    return "\n".join(f"{entry['state']}: {entry['rule']} {entry['who']}: {entry['explanation']}" for entry in entries)
