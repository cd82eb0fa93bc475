"""What Slack and Teams document that they take, as a list of what is wrong with a payload."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

Payload = dict[str, Any]


def slack_faults(payload: Payload) -> list[str]:
    """Against the reference of Block Kit and of incoming webhooks."""
    return list(_slack(payload))


def _slack(payload: Payload) -> Iterator[str]:
    if not payload.get("text"):
        yield "nothing for a lock screen"
    if len(json.dumps(payload)) > 100_000:
        yield "larger than 100 000 bytes"
    for attachment in payload["attachments"]:
        blocks = attachment["blocks"]
        if not 1 <= len(blocks) <= 50:
            yield f"{len(blocks)} blocks"
        for block in blocks:
            yield from _block(block)


def _block(block: Payload) -> Iterator[str]:
    if block["type"] != "section" or not ("text" in block or block.get("fields")):
        yield f"no section: {block}"
    if "text" in block:
        yield from _text(block["text"], 3000)
    if len(block.get("fields", ())) > 10:
        yield "more than ten fields"
    for field in block.get("fields", ()):
        yield from _text(field, 2000)


def _text(text: Payload, limit: int) -> Iterator[str]:
    if text["type"] != "mrkdwn" or not 1 <= len(text["text"]) <= limit:
        yield f"a text of {len(text['text'])}"
    if any(ping in text["text"] for ping in ("<!", "<@", "@channel", "@here", "@everyone")):
        yield f"a ping in {text['text']!r}"


def teams_faults(raw: bytes) -> list[str]:
    """Against the schema of Adaptive Cards 1.4 and what Teams says of cards."""
    return list(_teams(raw))


def _teams(raw: bytes) -> Iterator[str]:
    if len(raw) > 28 * 1024:
        yield f"{len(raw)} bytes"
    payload = json.loads(raw)
    (attachment,) = payload["attachments"]
    card = attachment["content"]
    if (payload["type"], attachment["contentType"]) != ("message", "application/vnd.microsoft.card.adaptive"):
        yield "not in its envelope"
    if (card["type"], card["version"]) != ("AdaptiveCard", "1.4"):
        yield "no card"
    if "entities" in card["msteams"] or "<at>" in raw.decode():
        yield "a mention"
    yield from _elements(card["body"])
    yield from _actions(card.get("actions", ()))


def _elements(elements: Iterable[Payload]) -> Iterator[str]:
    for element in elements:
        match element["type"]:
            case "TextBlock" if isinstance(element["text"], str) and element["text"] and element["wrap"]:
                pass
            case "FactSet" if all(set(fact) == {"title", "value"} for fact in element["facts"]):
                pass
            case "Container" if element["style"] in ("attention", "warning", "good", "accent"):
                yield from _elements(element["items"])
            case _:
                yield f"no element: {element}"


def _actions(actions: Iterable[Payload]) -> Iterator[str]:
    some = list(actions)
    if len(some) > 6:
        yield f"{len(some)} buttons"
    for action in some:
        if action["type"] != "Action.OpenUrl" or not action["url"].startswith("http") or not action["title"]:
            yield f"no button: {action}"
