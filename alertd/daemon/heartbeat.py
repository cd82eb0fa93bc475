"""The ping that says alertd works: to a dead man's switch outside, which alarms when it stops coming."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta

from alertd.logs import logger

log = logger(__name__)

DEADLINE = timedelta(seconds=10)
MISSED = 3
"""A round older than so many of its intervals is no sign of life."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Heartbeat:
    """One GET for each beat, no redirects, no retries; the URL is a secret and never logged."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(_NoRedirects)
        self._failing = False

    def beat(self) -> bool:
        """Ping once; whether it arrived."""
        try:
            with self._opener.open(self._url, timeout=DEADLINE.total_seconds()):
                arrived, why = True, ""
        except (OSError, ValueError) as error:
            arrived, why = False, getattr(error, "reason", None) or type(error).__name__
        if not arrived and not self._failing:
            log.warning("heartbeat.failed", error=str(why))
        elif arrived and self._failing:
            log.info("heartbeat.recovered")
        self._failing = not arrived
        return arrived


def is_well(good_at: Mapping[str, datetime], every: Mapping[str, timedelta], now: datetime) -> bool:
    """Whether the last good round of each job is younger than three of its intervals."""
    return all(name in good_at and now - good_at[name] < MISSED * interval for name, interval in every.items())
