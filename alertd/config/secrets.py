"""Secrets, by reference rather than by value: `{env: NAME}`, `{file: PATH}`, `{credential: NAME}`, or plainly as text.

A secret is read when it is needed, held nowhere else, and never shown by a repr or a message.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

CREDENTIALS_FOLDER = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd names the folder of a service's credentials."""

MAX_BYTES = 64 * 1024
"""More than any key or URL has; a wrong path may name anything."""


class Origin(StrEnum):
    """Where a secret is to be found."""

    TEXT = "text"
    ENV = "env"
    FILE = "file"
    CREDENTIAL = "credential"


_WANTED = "text, {env: NAME}, {file: PATH} or {credential: NAME} is wanted"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is to be found, or, if it was written plainly, the secret itself."""

    origin: Origin
    _name: str = field(repr=False)

    def __repr__(self) -> str:
        return "Secret(…)" if self.origin is Origin.TEXT else f"Secret({self.origin}: {self._name})"

    __str__ = __repr__

    @property
    def text(self) -> str | None:
        """The secret where it was written plainly, else None. For checks of its form; never for a message."""
        return self._name if self.origin is Origin.TEXT else None

    def reveal(self, base: Path, env: Mapping[str, str]) -> str:
        """The secret itself; a relative path counts from `base`.

        Raises:
            ValueError: with one line that says what is missing, never with the secret.
        """
        if self.origin is Origin.TEXT:
            return self._name
        if self.origin is Origin.ENV:
            return _one_line(self._from_env(env), f"the environment variable {self._name}")
        path = base / self._name if self.origin is Origin.FILE else self._credential(env)
        return _one_line(_content(path), str(path))

    def _from_env(self, env: Mapping[str, str]) -> str:
        if self._name not in env:
            raise ValueError(f"the environment variable {self._name} is not set")
        return env[self._name]

    def _credential(self, env: Mapping[str, str]) -> Path:
        if not env.get(CREDENTIALS_FOLDER):
            raise ValueError(
                f"there is no credential {self._name}: ${CREDENTIALS_FOLDER} is not set"
                f" (systemd sets it for a service with LoadCredential={self._name}:PATH)"
            )
        return Path(env[CREDENTIALS_FOLDER]) / self._name

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema  # late: who only reveals a secret needs no pydantic

        return core_schema.no_info_plain_validator_function(secret_of)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, Any]:
        return json_schema(r"\S")


def json_schema(plain: str) -> dict[str, Any]:
    """A secret in JSON Schema; one that is written plainly is of the form `plain`."""
    forms = {Origin.ENV: r"[\s\S]", Origin.FILE: r"[\s\S]", Origin.CREDENTIAL: r"^(?!\.{1,2}$)[^/]+$"}
    references = [
        {
            "type": "object",
            "properties": {origin.value: {"type": "string", "pattern": form}},
            "required": [origin.value],
            "additionalProperties": False,
        }
        for origin, form in forms.items()
    ]
    return {"anyOf": [{"type": "string", "pattern": plain}, *references]}


def secret_of(value: object) -> Secret:
    """Read a secret from what a YAML file holds.

    Raises:
        ValueError: with one line that says what is wanted, never with the value.
    """
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        return Secret(Origin.TEXT, _one_line(value, "the secret"))
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(_WANTED)
    [(origin, name)] = value.items()
    if origin not in (Origin.ENV, Origin.FILE, Origin.CREDENTIAL) or not isinstance(name, str) or not name:
        raise ValueError(_WANTED)
    if origin == Origin.CREDENTIAL and (os.sep in name or name in (".", "..")):
        raise ValueError("a credential's name is no path; for a path write {file: PATH}")
    return Secret(Origin(origin), name)


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"cannot read {path}: {reason}") from error
    if len(content) > MAX_BYTES:
        raise ValueError(f"{path} is too large for a secret")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _one_line(text: str, where: str) -> str:
    """The text without blanks round it. A line break inside would end an HTTP header, so it is refused."""
    text = text.strip()
    if not text:
        raise ValueError(f"{where} is empty")
    if not text.isprintable():
        raise ValueError(f"{where} has more than one line, or characters that no key or URL has")
    return text
