"""How much each kind of channel takes: its peer's own limits, less room for the title and a line about a repeat."""

import json
from dataclasses import replace

from alertd.notify.budget import Budget
from alertd.notify.letter import CHANNELS
from alertd.notify.render_slack import LARGEST_PAYLOAD, MOST_BLOCKS, slack_blocks
from alertd.notify.render_teams import LARGEST_CARD, teams_payload

SHORT_TEXT = 4000
"""Characters of a body for a channel of which nothing better is known."""

_BESIDE_THE_BODY = 2500
"""Bytes of a card that its title and a line about a repeat take at most."""


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _slack(text: str) -> int:
    blocks = slack_blocks(text)
    return max(len(json.dumps(blocks)), len(blocks) * LARGEST_PAYLOAD // MOST_BLOCKS)


def _teams(text: str) -> int:
    return len(json.dumps(teams_payload("", text, "")))


LARGEST_MAIL = 200_000
"""Bytes as sent, of both parts and the pictures."""

# Both parts as quoted-printable leave room for a picture; more than some 100 KB of HTML mail programs cut off.
_BUDGETS = {
    "email": Budget(limit=60_000, measure=_bytes, smallest=60, by_name=True),
    "slack": Budget(limit=LARGEST_PAYLOAD, measure=_slack, smallest=60, by_name=True),
    "teams": Budget(limit=LARGEST_CARD - _BESIDE_THE_BODY, measure=_teams, smallest=60, by_name=True),
}
_HTML = Budget(limit=80_000, measure=_bytes, smallest=150, by_name=True)


def budget_of(channel: str, limit: int | None, *, by_name: bool) -> Budget:
    """The room for a body; `by_name` where what has no room for lines may be named instead."""
    if channel not in CHANNELS:
        raise ValueError(f"{channel!r} is no channel: it is one of {', '.join(CHANNELS)}")
    if channel == "text":
        return Budget(limit=min(limit or SHORT_TEXT, SHORT_TEXT), measure=len, smallest=40, by_name=False)
    return replace(_BUDGETS[channel], by_name=by_name)


def mail_room(body: str, html: str) -> int:
    """Bytes that a mail of these parts leaves for pictures, before these become base64."""
    return (LARGEST_MAIL - _quoted(body) - _quoted(html)) * 18 // 25


def _quoted(text: str) -> int:
    """About how many bytes it is as quoted-printable: three for one that is not ASCII, and a line's end for each 75."""
    foreign = _bytes(text) - len(text.encode("ascii", "ignore"))
    return (_bytes(text) + 2 * foreign) * 26 // 25


def html_budget(*, by_name: bool) -> Budget:
    """The room for a mail's HTML."""
    return replace(_HTML, by_name=by_name)
