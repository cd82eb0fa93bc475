"""Jinja2 as alertd uses it: sandboxed, strict about names, every value made literal for its channel, output capped."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined, meta, pass_context
from jinja2.filters import do_round
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from alertd.errors import RenderError
from alertd.notify import render_words as words
from alertd.notify.render_escape import BODY, TITLE, plain

Compiled = Template
"""A template that is ready to run."""

LARGEST_OUTPUT = 2_000_000
"""Characters; a template that makes more is stopped."""


class Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox in which `labels.items` is the label of that name where there is one, not dict's method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key before an attribute."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def environment(escape: Callable[[str], str], html: bool) -> Sandbox:
    """The environment whose output is made literal by this escape, or for HTML."""
    made = Sandbox(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=html or escape is not plain,
        finalize=_finalize(escape, html),
    )
    made.globals.pop("lipsum", None)
    made.filters.update(_FILTERS)
    made.tests["web_address"] = is_web_address
    return made


def environment_of(name: str) -> Sandbox:
    """The environment for a template file such as `slack/body.j2`."""
    channel, _, file = name.partition("/")
    if file == "body.html.j2":
        return environment(plain, html=True)
    return environment((TITLE if file == "title.j2" else BODY)[channel], html=False)


def text_environment() -> Sandbox:
    """The environment for rules' own words, which become values of a message and are escaped there."""
    return environment(plain, html=False)


def load_template(name: str, path: Path) -> Template:
    """Compile one file.

    Raises:
        RenderError: it cannot be read, or its syntax is wrong; says in which line.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(name, f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
    return compile_template(name, source, environment_of(name))


def compile_template(name: str, source: str, sandbox: Sandbox) -> Template:
    """Compile a template's text.

    Raises:
        RenderError: the syntax is wrong; says in which line.
    """
    try:
        return sandbox.from_string(source)
    except TemplateSyntaxError as error:
        raise RenderError(name, f"line {error.lineno}: {error.message}") from error
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        raise RenderError(name, f"cannot be compiled: {error}") from error


def names_read(source: str, sandbox: Sandbox) -> set[str]:
    """The names that a template takes from outside, in any of its branches."""
    return meta.find_undeclared_variables(sandbox.parse(source)) - set(sandbox.globals)


def reads(name: str, path: Path, word: str) -> bool:
    """Whether a template file takes this name from outside; yes where it cannot be read, so that its use tells why."""
    try:
        return word in names_read(path.read_text(encoding="utf-8"), environment_of(name))
    except (OSError, UnicodeDecodeError, TemplateSyntaxError, RecursionError):
        return True


def run(name: str, template: Template, context: Mapping[str, Any], limit: int = LARGEST_OUTPUT) -> str:
    """Render a template.

    Raises:
        RenderError: whatever it did wrong, with the line, or that it made more than `limit` characters.
    """
    pieces: list[str] = []
    room = limit
    try:
        for piece in template.generate(context):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                break
    except Exception as error:  # a template is its author's code: it may raise anything
        raise RenderError(name, _what_went_wrong(error)) from error
    if room < 0:
        raise RenderError(name, f"makes more than {limit} characters")
    return "".join(pieces)


def is_web_address(text: object) -> bool:
    """Whether a text may be linked to."""
    return isinstance(text, str) and text.startswith(("https://", "http://"))


def _finalize(escape: Callable[[str], str], html: bool) -> Callable[[Any], Any]:
    """What each `{{ … }}` goes through: values in words, and literal for the channel unless marked safe."""

    def finalize(value: Any) -> Any:
        if isinstance(value, Undefined) or hasattr(value, "__html__"):
            return value
        text = words.spoken(value)
        return text if html or escape is plain else Markup(escape(text))  # noqa: S704 - the escape makes it so

    return finalize


def _what_went_wrong(error: Exception) -> str:
    line = _line_in_template(error.__traceback__)
    text = " ".join(str(error).split())[:300] or type(error).__name__
    return f"line {line}: {text}" if line else text


def _line_in_template(traceback: TracebackType | None) -> int | None:
    """The line of the innermost frame that is a template's; Jinja rewrites their tracebacks to the template's lines."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _now(context: Context) -> datetime | None:
    now = context.get("_now")
    return now if isinstance(now, datetime) else None


@pass_context
def _local(context: Context, at: datetime | None) -> str:
    return words.UNKNOWN if at is None else words.local(at, _now(context))


@pass_context
def _stamp(context: Context, at: datetime | None) -> str:
    return words.UNKNOWN if at is None else words.stamp(at, _now(context))


def _round(value: float | None, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> Any:
    """Jinja's `round`, but a missing value stays one: an alert must not go untold for it."""
    return None if value is None else do_round(value, precision, method)


def _duration(value: timedelta | float | None) -> str:
    return words.UNKNOWN if value is None else words.duration(value)


_FILTERS: dict[str, Callable[..., Any]] = {
    "local": _local,
    "stamp": _stamp,
    "round": _round,
    "duration": _duration,
    "number": words.number,
    "thousands": words.thousands,
}
