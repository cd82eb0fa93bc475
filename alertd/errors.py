"""Every error alertd raises on purpose.

AlertdError                 knows the exit code it ends a command with
├── UsageError              2  wrong words on the command line, or something named there that is not
├── ConfigError             2  mistakes in config, rules or templates; carries every one with its place
├── StoreError              2  the database cannot be used
│   ├── StoreBusy              another alertd works on it
│   ├── StoreNewer             made by a newer alertd
│   ├── StoreCorrupt           not a database, or damaged
│   └── StoreFull              no room left on the disk
├── ApiError                1  MyCirrus gave no usable answer
│   ├── KeyRefused             401, or 403 for everything
│   ├── NotAllowed             403 or 404 for what was asked; carries the status
│   ├── TooManyRequests        429; carries the wait asked for
│   └── Unreachable            time-out, refused, cut off, 5xx, unusable body
└── RenderError             1  a template failed
    └── TextError              a rule's summary or description did
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


class AlertdError(Exception):
    """An error that a person can act on; its text is one line."""

    exit_code = 1


class UsageError(AlertdError):
    """The command line asks for something that cannot be."""

    exit_code = 2


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a file that a person edits."""

    file: Path
    line: int
    column: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        return f"{self.file}:{self.line}:{self.column}: {kind}{self.text}"


class ConfigError(AlertdError):
    """One or more mistakes in config, rules or templates."""

    exit_code = 2

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class StoreError(AlertdError):
    """The database cannot be used; the text says what to do."""

    exit_code = 2


class StoreBusy(StoreError):
    """Another alertd process works on this store."""


class StoreNewer(StoreError):
    """The store was made by a newer alertd."""


class StoreCorrupt(StoreError):
    """The file is damaged or no database."""


class StoreFull(StoreError):
    """No room left where the store lives."""


class ApiError(AlertdError):
    """MyCirrus gave no usable answer to one request."""


class KeyRefused(ApiError):
    """MyCirrus refused the API key."""


class NotAllowed(ApiError):
    """403 or 404 for what was asked; other requests may go well."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status
        """The HTTP status: 403, 404, or another 4xx that is about what was asked."""


class TooManyRequests(ApiError):
    """429."""

    def __init__(self, text: str, wait: timedelta | None) -> None:
        super().__init__(text)
        self.wait = wait
        """What Retry-After asked for, None without one."""


class Unreachable(ApiError):
    """No usable answer: time-out, refused, cut off, 5xx, a body that is no JSON or too large."""


class RenderError(AlertdError):
    """A template failed while a message was rendered."""

    def __init__(self, template: str, text: str) -> None:
        super().__init__(f"{template}: {text}")
        self.template = template


class TextError(RenderError):
    """A rule's own words failed while a message was rendered."""

    def __init__(self, rule: str, key: str, text: str) -> None:
        super().__init__(rule, f"{key}: {text}")
        self.rule = rule
        self.key = key
        """`summary` or `description`."""
        self.text = text
