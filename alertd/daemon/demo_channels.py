"""The demo's way out: alertd's own channels, with loopback in the place of Slack's and Teams' addresses."""

import json
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from alertd.model import Message
from alertd.notify.apprise_plugins import hand_over, make_plugin
from alertd.notify.channels import Channels, TargetAddress
from alertd.notify.outcome import Outcome


class LoopbackChannels(Channels):
    """Mail goes as ever, to the server that its URL names.

    Slack's and Teams' plugins make the very payload that they would post to the world; it is posted to
    `http://127.0.0.1:PORT/slack/…` and `/teams` instead.
    """

    def __init__(self, targets: Mapping[str, TargetAddress], port: int) -> None:
        super().__init__(targets)
        self._addresses = dict(targets)
        self._base = f"http://127.0.0.1:{port}"

    def send(self, target: str, message: Message, *, possible_repeat: bool, thread_id: str | None) -> Outcome:
        """As Channels does."""
        kind = self.kind(target)
        if kind == "email":
            return super().send(target, message, possible_repeat=possible_repeat, thread_id=thread_id)
        address = self._addresses[target]
        plugin = make_plugin(address.url, address.timeout)
        if kind == "slack":
            plugin.webhook_url = f"{self._base}/slack"
        else:  # its plugin speaks TLS only
            plugin.send = partial(_post_card, plugin, f"{self._base}/teams")
        return hand_over(plugin, kind, message, set())


def _post_card(plugin: Any, url: str, **letter: Any) -> bool:
    """What the plugin does with a card, in plain HTTP."""
    card = json.dumps(plugin.gen_payload(**letter)).encode()
    request = Request(url, card, {"Content-Type": "application/json"})  # noqa: S310 - loopback
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        return bool(answer.status == HTTPStatus.OK)
