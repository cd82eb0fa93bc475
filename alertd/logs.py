"""Logs: one chain for alertd's own events and every library's, with every known secret blotted out of each line.

A module writes `log = logger(__name__)` and then events, not sentences: `log.info("alert.firing", rule=…)`.
The composition root calls `configure` once and registers each secret with `redact.add` as soon as it is read.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Literal, TextIO
from urllib.parse import unquote, urlsplit

from alertd.imports import left_out

with left_out("rich"):  # which structlog would draw tracebacks with, for 4 MB and 40 ms; ours are plain
    import structlog
    from structlog.typing import EventDict, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Layout = Literal["console", "json"]

BLOT = "***"

_TALKATIVE = ("urllib3", "apprise", "apscheduler", "sqlalchemy", "alembic", "matplotlib", "PIL", "asyncio")
"""Libraries whose lines below a warning carry URLs, rows or mere chatter."""

_SHORTEST = 4
"""A shorter text is no secret, and blotting it out would make the logs unreadable."""

_TOKEN = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=\D*\d)[^./]{8,}|[^./]{20,}")
"""A part of a URL that looks like a token rather than a word or a host."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Redaction:
    """The secrets known so far, and a function that blots them out of a text. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        """Blot this text out from now on, however it is escaped or percent-encoded.

        Of a URL its password and whatever looks like a token are blotted out on their own, too. Texts under four
        characters are left alone.
        """
        with self._lock:
            for part in _parts(secret.strip()):
                self._secrets.update(text for text in (part, unquote(part)) if len(text) >= _SHORTEST)
            longest_first = sorted(self._secrets, key=lambda text: (-len(text), text))
            self._pattern = re.compile("|".join(map(_spellings, longest_first))) if longest_first else None

    def clear(self) -> None:
        """Forget every secret."""
        with self._lock:
            self._secrets.clear()
            self._pattern = None

    def __call__(self, text: str) -> str:
        """The text with every known secret replaced by `***`."""
        pattern = self._pattern
        return text if pattern is None else pattern.sub(BLOT, text)


redact = Redaction()
"""The process's one list of secrets: what must not be in a log must not be in any log."""


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


CHATTY = ("uvicorn", "watchfiles")
"""Libraries that tell of each thing that they do."""


def configure(level: Level = "info", layout: Layout = "console", *, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error where none is given). May be called again.

    Only lines of `level` or worse are written; talkative libraries are held at warnings at every level.
    """
    stream = sys.stderr if stream is None else stream
    handler = _Lines(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=_ending(layout, stream), foreign_pre_chain=_BEGINNING)
    )
    handler.addFilter(_worth_writing)
    root = logging.getLogger()
    for old in [known for known in root.handlers if isinstance(known, _Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines; marked by its type so that `configure` finds its own one again."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a terminal that cannot show "°C" must not cost the line
            reconfigure(errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Drop a line that cannot be written; logging's own complaint would print its arguments unredacted."""


def _worth_writing(record: logging.LogRecord) -> bool:
    # A filter as well as a level: apprise lowers its own logger's level while it captures its lines.
    return record.levelno >= logging.WARNING or not record.name.startswith(_TALKATIVE)


def _ending(layout: Layout, stream: TextIO) -> list[Processor]:
    """The steps from an event's values to one line; locals are never shown, for they hold secrets."""
    render: Processor
    if layout == "json":
        transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        steps: list[Processor] = [structlog.processors.ExceptionRenderer(transform)]
        render = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        steps = [_on_one_line]
        plain = structlog.dev.plain_traceback
        render = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain, pad_event_to=0)

    def render_redacted(wrapped: WrappedLogger, method: str, event: EventDict) -> str:
        return redact(str(render(wrapped, method, event)))

    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *steps, render_redacted]


def _on_one_line(_wrapped: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape control characters: no text from outside may begin a line of its own or colour a terminal."""
    return {key: _CONTROL.sub(_escape, value) if isinstance(value, str) else value for key, value in event.items()}


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _parts(secret: str) -> Iterator[str]:
    """The secret, and of a URL also its password and tokens."""
    yield secret
    scheme, mark, rest = secret.partition("://")
    if not mark or not scheme.isalnum():
        return
    try:
        password = urlsplit(secret).password
    except ValueError:
        password = None
    if password:
        yield password
    for part in re.split(r"[/?&=@:#;]", rest):
        if _TOKEN.fullmatch(part):
            yield part


def _spellings(text: str) -> str:
    """A pattern for every way the text may be spelt by the time it reaches a log line."""
    return "".join(map(_spellings_of_one, text))


def _spellings_of_one(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    percented = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    plain = [
        character,
        json.dumps(character)[1:-1],
        json.dumps(character, ensure_ascii=False)[1:-1],
        repr(character)[1:-1],
    ]
    forms = [re.escape(form) for form in sorted({*plain, "+"} if character == " " else {*plain}, key=len, reverse=True)]
    return f"(?:{'|'.join(forms)}|(?i:{percented}))"


_BEGINNING: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# At import, so that structlog's default, which prints every level to standard output, never spoils a command's --json.
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, *_BEGINNING, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=False,
)
