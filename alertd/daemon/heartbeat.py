"""The ping that says alertd works: to a dead man's switch outside, which alarms when it stops coming."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from alertd.logs import logger

log = logger(__name__)

DEADLINE = timedelta(seconds=10)
"""For the whole of one ping."""
MISSED = 3
"""A round older than so many of its intervals is no sign of life."""


def url_mistake(url: str) -> str | None:
    """What is wrong with a heartbeat's URL, in one line that does not hold it; None where it can be asked."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    return None if good else "no address that can be pinged: it has the form https://HOST/…"


class Heartbeat:
    """One GET for each beat, no redirects, no retries; the URL is a secret and never logged."""

    def __init__(self, url: str, deadline: timedelta = DEADLINE) -> None:
        self._url = url
        self._deadline = deadline
        self._closed = False
        self._ping: _Ping | None = None
        self._failing = False

    def beat(self) -> bool:
        """Ping once; whether it arrived."""
        if self._ping is not None and self._ping.is_alive():
            trouble = "the ping before still hangs"
        else:
            self._ping = _Ping(self._url, self._deadline)
            trouble = self._ping.trouble()
        if self._closed:
            return False
        if trouble and not self._failing:
            log.warning("heartbeat.failed", error=trouble)
        elif self._failing and not trouble:
            log.info("heartbeat.recovered")
        self._failing = bool(trouble)
        return not trouble

    def close(self) -> None:
        """Let a ping that hangs be; its `beat` returns at once."""
        self._closed = True
        if self._ping is not None:
            self._ping.over.set()


class _Ping(threading.Thread):
    """One GET in a thread of its own: a time-out of urllib is for each receive, and an answer may drip."""

    def __init__(self, url: str, deadline: timedelta) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._url = url
        self._deadline = deadline.total_seconds()
        self._trouble = f"no answer within {self._deadline:g} s"
        self.over = threading.Event()

    def trouble(self) -> str:
        """Ask, and say why it went wrong; empty where it went well."""
        self.start()
        self.over.wait(self._deadline)
        return self._trouble

    def run(self) -> None:
        try:
            with _opener().open(self._url, timeout=self._deadline):
                self._trouble = ""
        except urllib.error.HTTPError as error:
            error.close()
            self._trouble = f"HTTP {error.code}"
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._trouble = str(getattr(error, "reason", None) or type(error).__name__)
        self.over.set()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS through the environment's proxies; files and FTP, which urllib would open too, are no pings."""
    opener = urllib.request.OpenerDirector()
    for each in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _NoRedirects(),
    ):
        opener.add_handler(each)
    return opener


def is_well(good_at: Mapping[str, datetime], every: Mapping[str, timedelta], now: datetime) -> bool:
    """Whether the last good round of each job is younger than three of its intervals."""
    return all(name in good_at and now - good_at[name] < MISSED * interval for name, interval in every.items())
