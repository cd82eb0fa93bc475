"""Makes a value literal in one channel's markup.

Instruments' names, labels and status words come from elsewhere; none may ping a channel, format text or open a link.
"""

import re
from collections.abc import Callable

_PING = re.compile(r"@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
_AT_WORD_EDGE = re.compile(r"(?<!\w)[*_~`](?=\S)|(?<=\S)[*_~`](?!\w)")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_TAG = re.compile(r"<(?! )")
_MARKDOWN = re.compile(r"[\\*`\[\]]|(?<!\w)_|_(?!\w)|^[>#]|^[-+](?= )", re.MULTILINE)

ZERO_WIDTH_SPACE = "\u200b"


def plain(text: str) -> str:
    """No markup, nothing to escape."""
    return text


def slack(text: str) -> str:
    """Literal in Slack's mrkdwn: `& < >` as Slack asks for them, and nothing that pings or formats.

    Slack has no escape for its formatting characters, so a zero-width space keeps those at a word's edge from acting.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    silent = _PING.sub("@" + ZERO_WIDTH_SPACE, escaped)
    return _AT_WORD_EDGE.sub(lambda found: ZERO_WIDTH_SPACE + found[0] + ZERO_WIDTH_SPACE, silent)


def slack_title(text: str) -> str:
    """Literal in a Slack title: it is escaped once more when it is sent, though not for every kind of webhook."""
    return _PING.sub("@" + ZERO_WIDTH_SPACE, text.replace("<", "‹").replace(">", "›"))


def teams(text: str) -> str:
    """Literal in the CommonMark subset of Adaptive Cards; `<at>` is no mention.

    What is no markup stays as it is, for not every client of Teams reads entities everywhere: `11.21 V < 11.3 V`.
    """
    escaped = _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))
    return _MARKDOWN.sub(lambda found: "\\" + found[0], escaped)


BODY: dict[str, Callable[[str], str]] = {"email": plain, "slack": slack, "teams": teams, "text": plain}
"""Channel → what makes a value literal in its body."""

TITLE: dict[str, Callable[[str], str]] = {"email": plain, "slack": slack_title, "teams": teams, "text": plain}
"""Channel → what makes a value literal in its title."""
