"""Sends messages, each attempt within its deadline.

Every attempt is one URL, one plugin object, one thread and one deadline, so nothing of one target waits for another.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alertd.model import Message
from alertd.notify import channels_log
from alertd.notify.apprise_plugins import LONGEST_TEXT, body_limit, hand_over, make_plugin, unusable
from alertd.notify.outcome import Delivered, Failed, Outcome

REPEAT_LINE = "Possible repeat: an earlier attempt broke off, so you may have this message already."

_SCHEMES = {"mailto": "email", "mailtos": "email", "slack": "slack", "workflow": "teams", "workflows": "teams"}
_NATIVE = (
    (re.compile(r"https?://hooks\.slack(-gov)?\.com/", re.IGNORECASE), "slack"),
    (re.compile(r"https?://[^/?#]+(/powerautomate/automations/direct(/cu/\d+)?)?/workflows/", re.IGNORECASE), "teams"),
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")
_BODY_TAG = re.compile(r"<body[^>]*>", re.IGNORECASE)

_MOST_HANGING = 3
"""Attempts on one target that may hang past their deadline before no further one is started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAddress:
    """Where a target is."""

    name: str
    url: str = field(repr=False)
    """An apprise URL: a secret."""
    timeout: timedelta


def channel_of(url: str) -> str:
    """The kind of channel an apprise URL leads to: email, slack, teams or text. Does not import apprise."""
    for native, kind in _NATIVE:
        if native.match(url):
            return kind
    return _SCHEMES.get(_scheme(url), "text")


def url_mistake(url: str) -> str | None:
    """What is wrong with a target's URL, in one line that does not hold the URL; None where apprise takes it."""
    scheme = _scheme(url)
    if not scheme:
        return "no apprise URL: it has the form SCHEME://…"
    if scheme == "msteams":
        return "msteams:// no longer works: make a Teams workflow and use workflows://"
    if scheme == "file":
        return "file:// is no channel"
    return _parameter_mistake(url) or unusable(scheme, url)


class Channels:
    """The way out to every target. Safe to use from many threads; each call is for itself."""

    def __init__(self, targets: Mapping[str, TargetAddress]) -> None:
        self._targets = dict(targets)
        self._limits: dict[str, int] = {}
        self._lock = threading.Lock()
        self._attempts: dict[str, list[_Attempt]] = {}
        self._taken: dict[str, tuple[Message, set[Any]]] = {}
        self._closed = False

    def kind(self, target: str) -> str:
        """Which templates the target's messages are made from: email, slack, teams or text."""
        return channel_of(self._targets[target].url)

    def timeout(self, target: str) -> timedelta:
        """The most that one `send` takes."""
        return self._targets[target].timeout

    def limit(self, target: str) -> int | None:
        """The most characters a body may have there; None where the kind's own budget rules."""
        if self.kind(target) != "text":
            return None
        if target not in self._limits:
            self._limits[target] = _text_limit(self._targets[target])
        return self._limits[target]

    def send(self, target: str, message: Message, *, possible_repeat: bool, thread_id: str | None) -> Outcome:
        """Try once to deliver; waits at most the target's timeout and never raises.

        Recipients that took this very message in an earlier attempt do not get it again from this object.
        `thread_id` is any text that the mails of one thread share.
        """
        address = self._targets.get(target)
        if address is None:
            return Failed("no such target in the config", maybe=False)
        taken = self._taken_of(target, message)
        marked = _with_repeat_line(message, self.kind(target)) if possible_repeat else message
        thread = _thread_header(target, thread_id)
        attempt = _Attempt(lambda settle: _deliver(address, marked, thread, taken, settle))
        with self._lock:
            hanging = self._attempts[target] = [each for each in self._attempts.get(target, []) if each.is_alive()]
            if self._closed or len(hanging) >= _MOST_HANGING:
                return Failed("stopping" if self._closed else "earlier attempts still hang", maybe=False)
            hanging.append(attempt)
        try:
            attempt.start()
        except RuntimeError:
            attempt.settle(Failed("no thread left to send in", maybe=False))
        outcome = attempt.outcome_within(address.timeout)
        if isinstance(outcome, Delivered):
            with self._lock:
                self._taken.pop(target, None)  # a reminder may be the very same text
        return outcome

    def close(self) -> None:
        """Let every `send` that waits return at once, its outcome unknown, and start none any more."""
        with self._lock:
            self._closed = True
            attempts = [attempt for each in self._attempts.values() for attempt in each]
        for attempt in attempts:
            attempt.settle(Failed("stopped while sending", maybe=True))

    def _taken_of(self, target: str, message: Message) -> set[Any]:
        """Who took this message already. Only the newest message of a target can be tried again, so one is kept."""
        with self._lock:
            known, taken = self._taken.get(target, (None, set()))
            if known != message:
                taken = set()
                self._taken[target] = (message, taken)
            return taken


class _Attempt(threading.Thread):
    """One attempt in a thread of its own, which its waiter leaves behind when time is up."""

    def __init__(self, work: Callable[[Callable[[Outcome], None]], None]) -> None:
        super().__init__(name="send", daemon=True)
        self._work = work
        self._settled = threading.Event()
        self._lock = threading.Lock()
        self._outcome: Outcome | None = None

    def settle(self, outcome: Outcome) -> None:
        """Take this for the outcome unless there is one."""
        with self._lock:
            self._outcome = self._outcome or outcome
        self._settled.set()

    def outcome_within(self, timeout: timedelta) -> Outcome:
        """The outcome, or that it is unknown after this time."""
        seconds = timeout.total_seconds()
        if not self._settled.wait(seconds):
            self.settle(Failed(f"time-out after {seconds:g} s", maybe=True))
        assert self._outcome is not None  # noqa: S101 - settled
        return self._outcome

    def run(self) -> None:
        """Send; whatever a plugin raises is a failed attempt."""
        try:
            with channels_log.capture.lines():
                self._work(self.settle)
        except Exception as error:  # noqa: BLE001 - the top of the attempt; a plugin may raise anything
            self.settle(Failed(f"the plugin failed: {type(error).__name__}", maybe=True))


def _deliver(
    address: TargetAddress,
    message: Message,
    thread_id: str | None,
    taken: set[Any],
    settle: Callable[[Outcome], None],
) -> None:
    """Send by this address; `taken` holds who took the message before, and gains who takes it now."""
    try:
        plugin = make_plugin(address.url, address.timeout)
    except ValueError as error:
        settle(Failed(str(error), maybe=False))
        return
    kind = channel_of(address.url)
    if kind == "email":
        from alertd.notify.apprise_mail import send_mail

        send_mail(plugin, message, thread_id, taken, settle)
    else:
        settle(hand_over(plugin, kind, message, taken))


def _text_limit(address: TargetAddress) -> int:
    try:
        return body_limit(make_plugin(address.url, address.timeout))
    except ValueError:
        return LONGEST_TEXT  # each send will say what is wrong with it


def _with_repeat_line(message: Message, kind: str) -> Message:
    line = f"_{REPEAT_LINE}_" if kind in ("slack", "teams") else REPEAT_LINE
    html = _BODY_TAG.sub(lambda tag: f"{tag[0]}\n<p>{REPEAT_LINE}</p>", message.html, count=1)
    if html == message.html and html:
        html = f"<p>{REPEAT_LINE}</p>\n{html}"
    return replace(message, body=f"{line}\n\n{message.body}", html=html)


def _thread_header(target: str, thread_id: str | None) -> str | None:
    """A made-up Message-ID that every mail of the thread refers to, the first too."""
    if not thread_id:
        return None
    digest = hashlib.sha256(f"{target}\0{thread_id}".encode()).hexdigest()
    return f"<{digest[:32]}@alertd>"


def _scheme(url: str) -> str:
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def _parameter_mistake(url: str) -> str | None:
    try:
        parameters = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return "no apprise URL: what follows :// is malformed"
    for key, value in parameters:
        if key.lower() == "optional":
            return "take ?optional= away: it reports success where nothing was sent"
        if key.lower() == "template":
            return "take ?template= away: it reads a file; alertd has templates of its own"
        if key.lower() in ("attach", "attachment") or value.lower().startswith("file:"):
            return "take the file attachment away: alertd sends none"
    return None
