"""One exchange with MyCirrus: JSON in time and within bounds, or one of the errors of errors.py.

The key goes to the configured host alone: redirects are not followed, netrc is not read, and no error text carries a
header or a query. Proxies and CA bundles of the environment are honoured, looked up once.
"""

import json
import os
import re
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from alertd.clock import Clock, wall
from alertd.config.durations import format_duration
from alertd.errors import ApiError, KeyRefused, NotAllowed, TooManyRequests, Unreachable
from alertd.mycirrus.deadline import Watch, Watchdog, WatchedAdapter
from alertd.mycirrus.symptom import symptom

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of an answer after decompression."""
MOST_VALUES = 500_000
"""Values in an answer; each costs some fifty bytes once it is read, however short it is on the wire."""
LARGEST_COMPLAINT = 64 * 1024
"""Bytes read of an answer that is an error."""
LONGEST_DESCRIPTION = 200
CONNECTIONS_KEPT = 8

_GOOD = frozenset({200, 201, 202, 204})
_NO_CONTENT = 204
_RETRYABLE_4XX = frozenset({407, 408, 425})
_DIGITS = re.compile(r"\d{1,12}")


class TooLarge(Unreachable):
    """The answer is larger than alertd is ready to read; asking for less may help."""


class StaleConnection(Unreachable):
    """A kept connection turned out to be closed before anything was answered: worth one more try, at once."""


class Transport:
    """Asks MyCirrus. Safe to share between threads.

    Raises:
        KeyRefused: when made with a key that no HTTP header can hold.
    """

    def __init__(self, base_url: str, api_key: str, *, timeout: timedelta, clock: Clock = wall) -> None:
        self._base = base_url.strip().rstrip("/")
        self._key = api_key.strip()
        if not self._key or not self._key.isascii() or not self._key.isprintable():
            raise KeyRefused("the API key is empty or has characters that no key has")
        self._timeout = timeout
        self._clock = clock
        self._watchdog = Watchdog()
        # Not a Session: even with allow_redirects=False it reads the whole body of a redirect, however large.
        self._adapter = WatchedAdapter(pool_connections=2, pool_maxsize=CONNECTIONS_KEPT, max_retries=0)
        self._proxies = _proxies(self._base)
        self._bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._prepared = requests.PreparedRequest()
        self._prepared.prepare_method("GET")
        self._prepared.prepare_headers(self._headers())
        self._prepared.prepare_cookies({})
        self._decode = json.JSONDecoder(parse_int=float).decode

    def get(self, path: str, query: str = "") -> object:
        """The JSON at this path, numbers as floats, NaN and the infinities as they are.

        Raises:
            ApiError: as `send` does.
        """
        return self.send("GET", path, query)

    def send(self, method: str, path: str, query: str = "", body: object = None) -> object:
        """The JSON that a request of whatever method is answered with; None where the answer has no body.

        `body` is sent as JSON where there is one.

        Raises:
            KeyRefused: 401.
            TooManyRequests: 429.
            NotAllowed: any other 4xx that is about what was asked.
            TooLarge: over the bounds.
            StaleConnection: a kept connection was closed; nothing was answered.
            Unreachable: everything else.
        """
        watch = self._watchdog.watch(self._timeout.total_seconds())
        try:
            return self._exchange(self._request(method, path, query, body), path, watch)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            self._give_up(path, watch, error)
        finally:
            self._watchdog.release(watch)

    def abort(self) -> None:
        """End every request in flight, and refuse all later ones. From any thread."""
        self._watchdog.stop()

    def close(self) -> None:
        """Close all connections; none may be used after."""
        self.abort()
        self._adapter.close()

    def _headers(self) -> dict[str, str]:
        return {
            "X-Api-Key": self._key,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "alertd",
        }

    def _request(self, method: str, path: str, query: str, body: object) -> requests.PreparedRequest:
        request = self._prepared.copy()
        request.url = f"{self._base}/{path}?{query}" if query else f"{self._base}/{path}"
        if method != "GET":
            request.method = method
            request.body = b"" if body is None else json.dumps(body).encode()
            request.headers["Content-Length"] = str(len(request.body))
            if body is not None:
                request.headers["Content-Type"] = "application/json"
        return request

    def _exchange(self, request: requests.PreparedRequest, path: str, watch: Watch) -> object:
        response = self._adapter.send(
            request,
            stream=True,
            timeout=self._timeout.total_seconds(),
            proxies=self._proxies,
            verify=self._bundle,
        )
        try:
            is_good = response.status_code == 200 or (request.method != "GET" and response.status_code in _GOOD)
            if is_good:
                body = self._body(path, response)
            elif response.is_redirect:
                body = b""
            else:
                body = response.raw.read(LARGEST_COMPLAINT, decode_content=True)
        finally:
            response.close()  # goes back to the pool if it was read to its end
        if watch.expired:
            raise TimeoutError
        if not is_good:
            raise self._complaint(path, response, body)
        if request.method != "GET" and (response.status_code == _NO_CONTENT or not body.strip()):
            return None
        return self._decoded(path, body)

    def _body(self, path: str, response: requests.Response) -> bytes:
        length = response.headers.get("Content-Length", "")
        if _DIGITS.fullmatch(length) and int(length) > LARGEST_BODY:
            raise TooLarge(f"{path}: the answer is too large ({int(length) // 1_000_000} MB)")
        body: bytes = response.raw.read(LARGEST_BODY + 1, decode_content=True)
        if len(body) > LARGEST_BODY or body.count(b",") > MOST_VALUES:
            raise TooLarge(f"{path}: the answer is too large")
        return body

    def _decoded(self, path: str, body: bytes) -> object:
        try:
            return self._decode(body.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise Unreachable(f"{path}: the answer is no JSON") from error

    def _complaint(self, path: str, response: requests.Response, body: bytes) -> ApiError:
        """What a status other than 200 means."""
        status = response.status_code
        if 300 <= status < 400:
            return Unreachable(f"{path}: redirected to another place (HTTP {status}): not followed")
        text = f"{path}: HTTP {status}{self._description(body)}"
        if status == 401:
            return KeyRefused(text)
        if status == 429:
            return TooManyRequests(text, self._wait(response.headers.get("Retry-After", "")))
        if 400 <= status < 500 and status not in _RETRYABLE_4XX:
            return NotAllowed(text, status)
        return Unreachable(text)

    def _description(self, body: bytes) -> str:
        """The API's own words for an error, on one line and without the key; empty where it is not the API's."""
        try:
            said = self._decode(body.decode())
        except (ValueError, RecursionError):
            return ""
        if not isinstance(said, dict):
            return ""
        words = [said[key] for key in ("error", "description") if isinstance(said.get(key), str)]
        line = " ".join(": ".join(words).replace(self._key, "***").split())
        line = "".join(char if char.isprintable() else "?" for char in line[:LONGEST_DESCRIPTION])
        return f" {line}" if line else ""

    def _wait(self, asked: str) -> timedelta | None:
        """What Retry-After asks for, in seconds or as a date; None where it asks for nothing readable."""
        asked = asked.strip()
        if _DIGITS.fullmatch(asked):
            return timedelta(seconds=min(int(asked), 10**9))
        try:
            at = parsedate_to_datetime(asked)
        except ValueError:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return max(timedelta(0), at - self._clock())

    def _give_up(self, path: str, watch: Watch, error: Exception) -> NoReturn:
        if watch.expired:
            if self._watchdog.stopped:
                raise Unreachable(f"{path}: given up, alertd stops") from error
            raise Unreachable(f"{path}: no whole answer within {format_duration(self._timeout)}") from error
        found = symptom(error)
        if found.stale and not watch.connected:
            raise StaleConnection(f"{path}: {found.text}") from error
        raise Unreachable(f"{path}: {found.text}") from error


def _proxies(url: str) -> dict[str, str]:
    """The environment's proxies for this address; none for one that cannot be read, which the request will say."""
    try:
        return dict(get_environ_proxies(url))
    except ValueError:
        return {}
