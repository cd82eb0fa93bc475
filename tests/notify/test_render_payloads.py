"""From bodies to Slack's blocks and Teams' cards."""

import json
from typing import Any

import pytest

from alertd.notify import render_escape as escape
from alertd.notify.render_slack import LONGEST_SECTION, MOST_BLOCKS, slack_attachment, slack_blocks
from alertd.notify.render_teams import teams_payload
from tests.support.limits import slack_faults, teams_faults


def texts(blocks: list[dict[str, Any]]) -> list[Any]:
    """What each block shows."""
    return [block["text"]["text"] if "text" in block else [f["text"] for f in block["fields"]] for block in blocks]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("one\ntwo\n\nthree", ["one\ntwo", "three"]),
        ("*A:* 1\n*B:* 2", [["*A*\n1", "*B*\n2"]]),
        ("head\n*A:* 1\n*B:* 2\ntail", ["head", ["*A*\n1", "*B*\n2"], "tail"]),
        ("head\n*A:* 1\ntail", ["head", "*A:* 1", "tail"]),
        (
            "\n".join(f"*F{n}:* {n}" for n in range(12)),
            [[f"*F{n}*\n{n}" for n in range(10)], ["*F10*\n10", "*F11*\n11"]],
        ),
    ],
)
def test_slack_blocks(body: str, shown: list[Any]) -> None:
    """A paragraph is a section, several facts in a row are fields."""
    assert texts(slack_blocks(body)) == shown


def test_many_paragraphs_share_sections() -> None:
    """Nothing is lost where there are more paragraphs than blocks, or a line is longer than a section."""
    words = [f"word{n}" for n in range(2000)]
    body = "\n\n".join([" ".join(words), *(f"*A:* {n}\n*B:* {n}" for n in range(100))])
    attachment = slack_attachment(body, "warning")
    assert slack_faults({"text": "x", "attachments": [attachment]}) == []
    assert len(attachment["blocks"]) <= MOST_BLOCKS
    whole = " ".join(str(text) for text in texts(attachment["blocks"]))
    assert all(word in whole.split() for word in words)
    assert all(len(text) <= LONGEST_SECTION for text in texts(attachment["blocks"]) if isinstance(text, str))


def test_teams_card() -> None:
    """Paragraphs, a table, and buttons for a last paragraph of links; lines stay lines."""
    body = "one\ntwo\n**A:** 1\n**B:** 2\n\n[Go](https://a.example/x) · [No](https://a.example/y)"
    payload = teams_payload("[CRITICAL] x", body, "failure")
    assert teams_faults(json.dumps(payload).encode()) == []
    card = payload["attachments"][0]["content"]
    title, text, facts = card["body"]
    assert (title["style"], title["items"][0]["text"]) == ("attention", "[CRITICAL] x")
    assert text["text"] == "one\n\ntwo"
    assert facts["facts"] == [{"title": "A", "value": "1"}, {"title": "B", "value": "2"}]
    assert [(action["title"], action["url"]) for action in card["actions"]] == [
        ("Go", "https://a.example/x"),
        ("No", "https://a.example/y"),
    ]


@pytest.mark.parametrize("body", ["", "text [a](https://a.example) more", "\n\n".join(["x"] * 3)])
def test_teams_without_buttons(body: str) -> None:
    """A paragraph that says more than links is no row of buttons; an empty body is still a card."""
    payload = teams_payload("t", body, "info")
    assert "actions" not in payload["attachments"][0]["content"]
    assert teams_faults(json.dumps(payload).encode()) == []


def test_data_makes_no_facts_and_no_buttons() -> None:
    """A name that looks like a line of facts or a link is text."""
    name = "*A:* 1\n*B:* 2"
    assert texts(slack_blocks(escape.slack(name))) == [escape.slack(name)]
    card = teams_payload("t", escape.teams("**A:** 1\n**B:** 2\n\n[x](https://a.example)"), "info")
    content = card["attachments"][0]["content"]
    assert {element["type"] for element in content["body"][1:]} == {"TextBlock"}
    assert "actions" not in content
