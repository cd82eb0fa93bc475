"""Why apprise's plugins failed: they swallow their exceptions and say so only in log lines, which may hold secrets."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from alertd.notify.outcome import Failed

_STATUS = re.compile(r"error=(\d{3})\b")
_SLACK_WORD = re.compile(r'"error"\s*:\s*"([a-z_]{1,40})"')

_CONNECTION_FAILURES: tuple[tuple[re.Pattern[str], str, bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reason, maybe)
    for pattern, reason, maybe in (
        (r"ConnectTimeout|connect timeout", "time-out while connecting", False),
        (r"NameResolution|Name or service not known|getaddrinfo|Temporary failure in name", "host not found", False),
        (r"Connection refused", "connection refused", False),
        (r"CERTIFICATE|certificate verify|SSLCert", "the certificate is not trusted", False),
        (r"SSLError|WRONG_VERSION_NUMBER", "TLS failed", False),
        (r"No route to host|Network is unreachable", "host unreachable", False),
        (r"ProxyError|Tunnel connection failed", "the proxy refused", False),
        (r"NewConnectionError", "no connection", False),
        (r"timed? ?out", "time-out while waiting for the answer", True),
        (r"reset|aborted|RemoteDisconnected|closed|broken|Incomplete", "the connection broke off", True),
    )
)
"""What a library's text about a failed connection means, and whether the message may have arrived; first match wins."""


class _Capture(logging.Filter):
    """Lets no line pass; keeps those that a sending thread logs, for that thread alone."""

    def __init__(self) -> None:
        super().__init__()
        self._local = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        kept: list[str] | None = getattr(self._local, "lines", None)
        if kept is not None:
            kept.append(record.getMessage())
        return False

    @contextmanager
    def lines(self) -> Iterator[list[str]]:
        """The lines of this thread while the block runs."""
        kept: list[str] = []
        self._local.lines = kept
        try:
            yield kept
        finally:
            self._local.lines = None


capture = _Capture()
"""The one filter of apprise's logger."""


def hold_back() -> None:
    """Let no line of apprise reach any log, and none of urllib3 below a warning: both hold URLs with their secrets."""
    talkative = logging.getLogger("apprise")
    talkative.setLevel(logging.DEBUG)
    talkative.propagate = False
    talkative.addFilter(capture)
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def failure(lines: list[str], *, some_took_it: bool) -> Failed:
    """What went wrong, from apprise's lines; none of their text is passed on but a status and Slack's error word."""
    reason, maybe = _reason("\n".join(lines), "\n".join(line for line in lines if "Exception" in line))
    return Failed(reason, maybe or some_took_it)


def _reason(text: str, exceptions: str) -> tuple[str, bool]:
    for pattern, reason, maybe in _CONNECTION_FAILURES:
        if pattern.search(exceptions):
            return reason, maybe
    statuses = _STATUS.findall(text)
    if statuses:
        word = _SLACK_WORD.search(text)
        reason = f"HTTP {statuses[-1]}" + (f" {word[1]}" if word else "")
        return (f"{reason}, but not taken" if statuses[-1].startswith("2") else reason), False
    if exceptions:
        return "the connection failed", True
    return "the service did not take it", False
