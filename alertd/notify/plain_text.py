"""Text from outside on its way into a message: no control characters, nothing invisible, never too long."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Zero-width characters and those that turn the direction of writing: a name must look like what it is."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, without control or invisible characters, at most `limit` characters long."""
    plain = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))
    return shorten(" ".join(_CONTROL.sub(" ", plain).split()), limit)


def lines(text: str, limit: int) -> str:
    """The text with its line breaks, otherwise as `one_line`."""
    plain = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))
    return shorten(_CONTROL_IN_LINES.sub(" ", plain).strip(), limit)


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis, in at most `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"
