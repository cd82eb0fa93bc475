"""The bodies of one message, or of the several that a large letter takes, each within its channel's budget."""

from dataclasses import dataclass

from alertd.errors import RenderError
from alertd.notify.budget import Budget, Fitted, cut, fit, fit_names
from alertd.notify.render_budgets import html_budget
from alertd.notify.render_context import alert_entry
from alertd.notify.render_draft import Draft
from alertd.notify.render_environment import Compiled, run
from alertd.notify.render_templates import Templates

HTML = "email/body.html.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One message without its title."""

    body: str
    html: str = ""
    start: int
    full: int
    """So many items are in full."""
    reach: int
    """The first item that it does not name."""


def pages(templates: Templates, draft: Draft, channel: str, budget: Budget, most: int) -> list[Page]:
    """As many pages as it takes to name everything, at most so many; each names at least one item."""
    made: list[Page] = []
    while not made or (made[-1].reach < draft.total and len(made) < most):
        start, last = made[-1].reach if made else 0, len(made) + 1 == most
        made.append(_page(_Pen(templates=templates, draft=draft, start=start, last=last), channel, budget))
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    """Draws one page's texts; a class because all of them begin at the same item."""

    templates: Templates
    draft: Draft
    start: int
    last: bool

    @property
    def total(self) -> int:
        """How many items there are from here on."""
        return self.draft.total - self.start

    def fitted(self, name: str, budget: Budget) -> Fitted | None:
        """The text of this template with as much in it as there is room for; None where every template fails."""
        return self.templates.first_good(name, self.draft, lambda _, template: self._fitted(name, template, budget))

    def drawn(self, name: str, full: int, named: int) -> Fitted | None:
        """The text of this template with just so much in it."""
        text = self.templates.first_good(name, self.draft, lambda _, template: self._draw(name, template, full, named))
        return None if text is None else Fitted(text, full, named)

    def _fitted(self, name: str, template: Compiled, budget: Budget) -> Fitted:
        def draw(full: int, named: int) -> str:
            return self._draw(name, template, full, named)

        further = self.start > 0 and budget.by_name
        found = (fit_names if further else fit)(draw, self.total, budget)
        if found.reach == 0 and self.total:
            found = Fitted(draw(1, 0), 1, 0)  # better the beginning of one than a bare count
        if not found.text.strip():
            raise RenderError(name, "makes an empty body")
        if name == HTML and not budget.takes(found.text):
            raise RenderError(name, f"makes more than {budget.limit} bytes with one alert")
        return found

    def _draw(self, name: str, template: Compiled, full: int, named: int) -> str:
        text = run(name, template, self.draft.context(self.start, full, named, last=self.last))
        return "\n".join([line.rstrip() for line in text.strip().split("\n")])


def _page(pen: _Pen, channel: str, budget: Budget) -> Page:
    """A mail's two texts name the same items."""
    body = pen.fitted(f"{channel}/body.j2", budget) or Fitted(_bare_body(pen.draft), pen.total, 0)
    html = pen.fitted(HTML, html_budget(by_name=budget.by_name)) if channel == "email" else None
    if html is not None and (html.full, html.named) != (body.full, body.named):
        full, reach = min(html.full, body.full), min(html.reach, body.reach)
        body = pen.drawn(f"{channel}/body.j2", full, reach - full) or body
        html = pen.drawn(HTML, full, reach - full)
    return Page(
        body=cut(body.text, budget),
        html=html.text if html is not None else "",
        start=pen.start,
        full=body.full,
        reach=pen.start + body.reach,
    )


def _bare_body(draft: Draft) -> str:
    """The facts without any template: they must go out even if the shipped ones are gone."""
    entries = [alert_entry(alert, draft.letter.zone) for alert in draft.alerts]
    return "\n".join(f"{entry['state']}: {entry['rule']} {entry['who']}: {entry['explanation']}" for entry in entries)
