"""A body in Slack's mrkdwn → blocks: sections of text, and fields where it has lines of the form `*Name:* value`.

The sizes are Slack's own: 50 blocks a message, 3 000 characters a section, 10 fields of 2 000 characters each.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

Block = dict[str, Any]

MOST_BLOCKS = 48
"""Two are left for a line that says that the message may be a repeat."""
LONGEST_SECTION = 3000
MOST_FIELDS = 10
LONGEST_FIELD = 2000
LARGEST_PAYLOAD = 90_000
"""Bytes as sent."""

COLOURS = {"failure": "#d2453a", "warning": "#d99a00", "success": "#3a9a4b", "info": "#3a86d2"}

_FACT = re.compile(r"\*([^*\n:]{1,40}):\* (.+)")


def slack_attachment(body: str, kind: str) -> dict[str, Any]:
    """What stands under the title: blocks beside a bar in the severity's colour."""
    return {"color": COLOURS.get(kind, COLOURS["info"]), "blocks": slack_blocks(body)}


def slack_blocks(body: str) -> list[Block]:
    """The blocks of a body, a paragraph each; where they are too many, paragraphs share one."""
    blocks = [block for paragraph in re.split(r"\n{2,}", body.strip()) for block in _paragraph(paragraph)]
    return blocks if len(blocks) <= MOST_BLOCKS else list(_packed(blocks))


def _paragraph(text: str) -> Iterator[Block]:
    for is_fact, lines in groupby(text.split("\n"), key=lambda line: _FACT.fullmatch(line) is not None):
        some = list(lines)
        if is_fact and len(some) > 1:
            yield from _fields(some)
        else:
            yield from (_section(piece) for piece in _pieces("\n".join(some)))


def _fields(lines: list[str]) -> Iterator[Block]:
    for start in range(0, len(lines), MOST_FIELDS):
        facts = [_FACT.fullmatch(line) for line in lines[start : start + MOST_FIELDS]]
        texts = [f"*{fact[1]}*\n{fact[2]}"[:LONGEST_FIELD] for fact in facts if fact is not None]
        yield {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in texts]}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _packed(blocks: Iterable[Block]) -> Iterator[Block]:
    waiting = ""
    for block in blocks:
        text = block["text"]["text"] if "text" in block else "\n".join(field["text"] for field in block["fields"])
        if waiting and len(waiting) + 2 + len(text) > LONGEST_SECTION:
            yield _section(waiting)
            waiting = ""
        waiting = f"{waiting}\n\n{text}" if waiting else text
    if waiting:
        yield _section(waiting)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that a section takes, ended at a line or between two words where one is near."""
    while len(text) > LONGEST_SECTION:
        room = text[:LONGEST_SECTION]
        end = next((at for at in (room.rfind("\n"), room.rfind(" ")) if at > LONGEST_SECTION // 2), LONGEST_SECTION)
        yield text[:end].rstrip()
        text = text[end:].lstrip()
    if text.strip():
        yield text
