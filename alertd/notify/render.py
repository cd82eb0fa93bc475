"""Letters → messages: titles and bodies from templates, in each channel's own markup and within its budget."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from alertd.errors import RenderError
from alertd.model import Image, Message
from alertd.notify.letter import CHANNELS, Letter, Part, Rendered, RenderedParts, RuleTexts
from alertd.notify.plain_text import one_line, shorten
from alertd.notify.render_budgets import budget_of, mail_room
from alertd.notify.render_draft import Draft
from alertd.notify.render_environment import Compiled, run
from alertd.notify.render_pages import Page, pages
from alertd.notify.render_templates import Templates, template_names
from alertd.notify.render_texts import TextRenderer
from alertd.notify.render_title import apprise_type, headline

__all__ = ["CHANNELS", "Letter", "Rendered", "Renderer", "RuleTexts", "template_names"]

LONGEST_TITLE = 250
"""Characters; what most channels allow, and more than a lock screen shows."""

MOST_PARTS = 10
"""Messages that one letter may become."""


class Renderer:
    """Makes messages of letters. One for each set of templates: a reload makes a new one.

    A file in `folder` replaces the shipped template of that name; where it fails, the shipped one stands in for it.
    Safe to use from several threads.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._templates = Templates(folder)
        self._texts = TextRenderer()

    def render(self, letter: Letter, channel: str, *, limit: int | None = None) -> Rendered:
        """The message for a channel of this kind (email, slack, teams or text), where there is to be only one.

        `limit` is the most characters a body may have on this target, where it is less than the kind's own budget.
        Never raises for what templates and texts do; their failures come back with the message.
        """
        draft, (page,) = self._pages(letter, channel, limit, 1)
        return Rendered(
            message=self._message(draft, channel, page, ""),
            failures=tuple(draft.failures.values()),
            good=tuple(draft.good),
            unnamed=tuple(draft.ids(page.reach, draft.total - page.reach)),
        )

    def render_parts(self, letter: Letter, channel: str, *, limit: int | None = None) -> RenderedParts:
        """The messages for a channel of this kind: one, or as many as it takes to name every alert, ten at most.

        A text channel gets one, and everything in it counts as told.
        """
        draft, made = self._pages(letter, channel, limit, 1 if channel == "text" else MOST_PARTS)
        whole = channel == "text" or (len(made) == 1 and made[0].reach == draft.total)
        parts: list[Part] = []
        named: set[str] = set()
        for number, page in enumerate(made, 1):
            ids = frozenset(draft.ids(page.start, page.reach - page.start)) - named
            named |= ids
            message = self._message(draft, channel, page, f" ({number}/{len(made)})" if len(made) > 1 else "")
            parts.append(Part(message=message, alert_ids=None if whole else ids))
        return RenderedParts(parts=tuple(parts), failures=tuple(draft.failures.values()), good=tuple(draft.good))

    def _pages(self, letter: Letter, channel: str, limit: int | None, most: int) -> tuple[Draft, list[Page]]:
        """The bodies, and with a mail's the pictures that there is room for beside what names alerts."""
        budget = budget_of(channel, limit, by_name=letter.digest is None)
        draft = Draft(letter, self._texts)
        made = pages(self._templates, draft, channel, budget, most)
        if len(fitting := _fitting(letter.charts, made)) == len(letter.charts):
            return draft, made
        return self._pages(replace(letter, charts=fitting), channel, limit, most)

    def _message(self, draft: Draft, channel: str, page: Page, suffix: str) -> Message:
        letter = draft.letter
        title = self._templates.first_good(
            f"{channel}/title.j2", draft, lambda name, template: _title(name, template, draft)
        )
        return Message(
            title=shorten(title or _bare_title(letter), LONGEST_TITLE - len(suffix)) + suffix,
            body=page.body,
            html=page.html,
            type=apprise_type(letter),
            images=_images(draft, page),
        )


def _title(name: str, template: Compiled, draft: Draft) -> str:
    title = one_line(run(name, template, draft.context(0, 1, 0)), 2 * LONGEST_TITLE)
    if not title:
        raise RenderError(name, "makes an empty title")
    return title


def _fitting(charts: Mapping[str, Image], made: Iterable[Page]) -> dict[str, Image]:
    """As many of the pictures, the worst alert's first, as the fullest of these pages has room for."""
    room = min(mail_room(page.body, page.html) for page in made)
    sizes = accumulate(len(image.png) for image in charts.values())
    return {each: image for (each, image), size in zip(charts.items(), sizes, strict=True) if size <= room}


def _images(draft: Draft, page: Page) -> tuple[Image, ...]:
    """The pictures that the page's HTML shows."""
    charts = draft.letter.charts
    shown = draft.ids(page.start, page.full) if page.html and charts else []
    return tuple(charts[each] for each in shown if each in charts and f"cid:{charts[each].cid}" in page.html)


def _bare_title(letter: Letter) -> str:
    """The title without any template: it must go out even if the shipped ones are gone."""
    parts = headline(letter)
    return shorten(" ".join(part for part in (parts["tag"], parts["what"], parts["place"]) if part), LONGEST_TITLE)
