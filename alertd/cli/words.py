"""Who is at the keyboard, and what a config is given to paste."""

import getpass
import json
import os
from collections.abc import Mapping

from alertd.errors import UsageError

LONGEST_NAME = 200
"""Characters of a name in the config."""


def login_name() -> str:
    """Who calls; under sudo the one who called that."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}"


def config_name(text: str) -> str:
    """A name that the config takes."""
    if not text or text != text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
        raise UsageError(f"NAME: 1 to {LONGEST_NAME} characters without line breaks or blanks at the ends")
    return text


def yaml_line(entry: Mapping[str, str]) -> str:
    """An item of a list in the config, on one line."""
    return "{" + ", ".join(f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in entry.items()) + "}"
