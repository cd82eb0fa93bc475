"""A body in the CommonMark subset of Teams → an Adaptive Card.

Paragraphs become text blocks, lines of the form `**Name:** value` a table of facts, and a last paragraph of nothing but
links buttons. The sizes are Teams' own: 28 KB a card, six buttons.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

Element = dict[str, Any]

LARGEST_CARD = 28 * 1024
"""Bytes as sent."""
MOST_BUTTONS = 6

_STYLES = {"failure": "attention", "warning": "warning", "success": "good", "info": "accent"}
_FACT = re.compile(r"\*\*([^*\n:]{1,40}):\*\* (.+)")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((https?://[^\s()]+)\)")
_BETWEEN_LINKS = " · "


def teams_payload(title: str, body: str, kind: str) -> dict[str, Any]:
    """What a Teams workflow takes: a message with one card."""
    paragraphs = [each.strip("\n") for each in re.split(r"\n{2,}", body.strip())]
    buttons = _buttons(paragraphs[-1])
    if buttons:
        paragraphs.pop()
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_title(title, kind), *(element for text in paragraphs for element in _paragraph(text))],
        "msteams": {"width": "full"},
    }
    if buttons:
        card["actions"] = buttons
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _title(title: str, kind: str) -> Element:
    text = {"type": "TextBlock", "text": title, "wrap": True, "weight": "Bolder", "size": "Medium"}
    return {"type": "Container", "style": _STYLES.get(kind, "accent"), "bleed": True, "items": [text]}


def _paragraph(text: str) -> Iterator[Element]:
    """Its elements; the first one stands apart from what is before."""
    spacing = "Medium"
    for is_fact, lines in groupby(text.split("\n"), key=lambda line: _FACT.fullmatch(line) is not None):
        some = [line.strip() for line in lines if line.strip()]
        if is_fact and len(some) > 1:
            facts = [fact for line in some if (fact := _FACT.fullmatch(line)) is not None]
            rows = [{"title": fact[1], "value": fact[2]} for fact in facts]
            yield {"type": "FactSet", "facts": rows, "spacing": spacing if spacing == "Medium" else "Small"}
        elif some:
            # Teams begins a new line only where there is an empty one.
            yield {"type": "TextBlock", "text": "\n\n".join(some), "wrap": True, "spacing": spacing}
        spacing = "Small"


def _buttons(text: str) -> list[Element]:
    """Buttons for a paragraph of links alone; none for any other."""
    links = [_LINK.fullmatch(each.strip()) for each in re.split(rf"\n|{_BETWEEN_LINKS}", text)]
    if len(links) > MOST_BUTTONS:
        return []
    found = [{"type": "Action.OpenUrl", "title": link[1], "url": link[2]} for link in links if link is not None]
    return found if len(found) == len(links) else []
