"""apprise's plugins as alertd uses them. apprise is imported late, and of its plugins the common ones alone.

All of them cost a quarter of a second and 25 MB, in each process that looks at a URL or sends.
"""

import threading
from datetime import timedelta
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from alertd.model import Message
from alertd.notify import channels_log
from alertd.notify.outcome import Delivered, Outcome
from alertd.notify.plain_text import shorten
from alertd.notify.render_escape import slack
from alertd.notify.render_slack import slack_attachment
from alertd.notify.render_teams import teams_payload

LONGEST_TEXT = 4000
"""Characters of a body for a channel without templates of its own, whatever its plugin would take."""

_CONNECT_SHARE = 0.8
"""Of the timeout: no connection by then is a failure known for sure, where a time-out of the whole may have sent."""

_COMMON = {
    "json": ("custom_json", "NotifyJSON"),
    "jsons": ("custom_json", "NotifyJSON"),
    "mailto": ("email.base", "NotifyEmail"),
    "mailtos": ("email.base", "NotifyEmail"),
    "slack": ("slack", "NotifySlack"),
    "workflow": ("workflows", "NotifyWorkflows"),
    "workflows": ("workflows", "NotifyWorkflows"),
}
"""Scheme → the module below apprise.plugins and the class in it that apprise would find by loading all of them."""

_importing = threading.Lock()
"""apprise's modules import each other in circles: two threads at it at once might see half of one."""


def make_plugin(url: str, timeout: timedelta) -> Any:
    """A fresh plugin object for this URL; one for each send, since a used one sleeps between its sends.

    Raises:
        ValueError: apprise cannot use the URL; the text does not hold it.
    """
    with _importing:
        from apprise import AppriseAsset

    channels_log.hold_back()
    asset = AppriseAsset(async_mode=False, service_timeout=0, http_redirects=False, app_id="alertd", app_desc="alertd")
    plugin = _instantiate(url, asset)
    if plugin is None:
        raise ValueError("apprise cannot use this target's URL: `alertd check` says why")
    seconds = timeout.total_seconds()
    plugin.socket_connect_timeout = seconds * _CONNECT_SHARE
    plugin.socket_read_timeout = seconds + 1  # the attempt's own deadline comes first
    plugin.retry = 0
    if hasattr(plugin, "include_image"):
        plugin.include_image = False  # it would be fetched from elsewhere by whoever reads the message
    return plugin


def _instantiate(url: str, asset: Any) -> Any:
    """As `Apprise.instantiate`: None where apprise cannot use the URL."""
    scheme = url.partition("://")[0].lower()
    if scheme not in _COMMON:
        from apprise import Apprise

        return Apprise.instantiate(url, asset=asset)
    module, name = _COMMON[scheme]
    with _importing:
        kind = getattr(import_module(f"apprise.plugins.{module}"), name)
    parts = kind.parse_url(url.replace("/#", "/%23"))
    if not parts:
        return None
    try:
        return kind(**parts, tag=set(), asset=asset)
    except Exception:  # noqa: BLE001 - what a plugin raises about a URL is its own affair; apprise catches all as well
        return None


def body_limit(plugin: Any) -> int:
    """The most characters of a body that a channel without templates of its own should get."""
    limit = min(plugin.body_maxlen or LONGEST_TEXT, LONGEST_TEXT)
    return max(limit // 3, limit - 100) if _title_takes_room(plugin) else limit


def hand_over(plugin: Any, kind: str, message: Message, taken: set[Any]) -> Outcome:
    """Send by a plugin that is not e-mail. `taken` keeps which of its recipients took the message, for the next try."""
    from apprise.plugins import base

    tracker = getattr(base, "_delivery_tracker", None)  # what apprise's own retries use, which alertd's replace
    if tracker is not None:
        tracker.set(taken)
    before = len(taken)
    with channels_log.capture.lines() as lines:
        if _SENDERS.get(kind, _send_text)(plugin, message):
            return Delivered()
    return channels_log.failure(lines, some_took_it=len(taken) > before)


def unusable(scheme: str, url: str) -> str | None:
    """Why apprise would not take this URL; None where it does."""
    try:
        make_plugin(url, timedelta(seconds=1))  # which is the one place that may import apprise first
    except ValueError:
        from apprise.manager_plugins import NotificationManager

        known: list[str] = NotificationManager().schemas()  # type: ignore[no-untyped-call]
        if scheme in known or scheme in ("http", "https"):
            return f"apprise cannot use this {scheme}:// URL: a part of it is missing or malformed"
        close = get_close_matches(scheme, known, 1)
        return f"apprise knows no channel {scheme}://" + (f": did you mean {close[0]}://?" if close else "")
    return None


def _send_slack(plugin: Any, message: Message) -> bool:
    """As blocks of our own, for apprise makes one block of a body, and Slack takes 3 000 characters in one."""
    from apprise import NotifyFormat, NotifyType

    title = slack(message.title)
    post = plugin._send  # noqa: SLF001 - where apprise hands its payload over; the tests hold what arrives

    def post_ours(url: str, payload: dict[str, Any], **given: Any) -> Any:
        if "attachments" in payload:  # a workflow's webhook takes a text alone
            payload = {**payload, "text": title, "attachments": [slack_attachment(message.body, message.type)]}
        return post(url, payload, **given)

    plugin._send = post_ours  # noqa: SLF001
    sent: bool = plugin.send(
        body=message.body,
        title=message.title,
        notify_type=NotifyType(message.type),
        body_format=NotifyFormat.MARKDOWN,
        body_passthrough=False,
    )
    return sent


def _send_teams(plugin: Any, message: Message) -> bool:
    """As a card of our own: apprise's is one text of at most 1 000 characters."""
    from apprise import NotifyType

    plugin.gen_payload = lambda **_: teams_payload(message.title, message.body, message.type)
    sent: bool = plugin.send(body=message.body, title=message.title, notify_type=NotifyType(message.type))
    return sent


def _send_text(plugin: Any, message: Message) -> bool:
    title = shorten(message.title, plugin.title_maxlen) if plugin.title_maxlen > 0 else message.title
    room = min(plugin.body_maxlen or LONGEST_TEXT, LONGEST_TEXT)
    if _title_takes_room(plugin):
        title = shorten(title, room // 2)
        room -= len(title) + 2
    return _notify(plugin, title, shorten(message.body, room), message.type, "text")


def _notify(plugin: Any, title: str, body: str, kind: str, body_format: str) -> bool:
    from apprise import NotifyFormat, NotifyType, OverflowMode

    sent: bool = plugin.notify(
        body=body,
        title=title,
        notify_type=NotifyType(kind),
        body_format=NotifyFormat(body_format),
        overflow=OverflowMode.UPSTREAM,
    )
    return sent


def _title_takes_room(plugin: Any) -> bool:
    return bool(plugin.title_maxlen <= 0 or plugin.overflow_amalgamate_title)


_SENDERS = {"slack": _send_slack, "teams": _send_teams}
