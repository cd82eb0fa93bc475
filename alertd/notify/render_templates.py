"""Which template a message is made from: the user's where there is one and it works, else the shipped one."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alertd.errors import RenderError
from alertd.notify.letter import CHANNELS
from alertd.notify.render_draft import Draft
from alertd.notify.render_environment import Compiled, load_template, reads
from alertd.shipped import shipped

_Made = TypeVar("_Made")


def template_names() -> tuple[str, ...]:
    """Every template a user's folder may replace, such as `slack/body.j2`."""
    files = [f"{channel}/{file}" for channel in CHANNELS for file in ("title.j2", "body.j2")]
    return (*files, "email/body.html.j2")


class Templates:
    """The shipped templates and those of a user's folder, each compiled once."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._shipped = shipped("templates")
        self._loaded: dict[Path, Compiled | RenderError] = {}

    def first_good(self, name: str, draft: Draft, use: Callable[[str, Compiled], _Made]) -> _Made | None:
        """What the user's template makes, else what the shipped one makes; None where both fail."""
        for path in self._paths(name, draft):
            try:
                made = use(name, self._load(name, path))
            except RenderError as error:
                draft.failures.setdefault(name, error)
                continue
            if name not in draft.failures and not draft.own and name not in draft.good:
                draft.good.append(name)
            return made
        return None

    def _paths(self, name: str, draft: Draft) -> list[Path]:
        """Where to look.

        An own alert uses the shipped ones, for it may be about a broken one of the user's; so does what is about no
        alert, such as a digest, where the user's knows nothing of digests.
        """
        shipped_one = self._shipped / name
        override = None if draft.own or self._folder is None else self._folder / name
        if override is None or not override.exists():
            return [shipped_one]
        if not draft.about_alerts and not reads(name, override, "digest"):
            return [shipped_one]
        return [override, shipped_one]

    def _load(self, name: str, path: Path) -> Compiled:
        if path not in self._loaded:
            try:
                self._loaded[path] = load_template(name, path)
            except RenderError as error:
                self._loaded[path] = error
        loaded = self._loaded[path]
        if isinstance(loaded, RenderError):
            raise loaded
        return loaded
