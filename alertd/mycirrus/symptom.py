"""What went wrong below HTTP, in a few words that name no URL, header or proxy."""

import http.client
import os
import socket
import ssl
from dataclasses import dataclass

from requests.exceptions import ConnectTimeout, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import DecodeError, IncompleteRead, LocationValueError, ProxyError
from urllib3.exceptions import TimeoutError as PoolTimeout

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Symptom:
    """Why an exchange failed."""

    text: str
    stale: bool = False
    """The peer closed the connection before it answered anything."""


_TELLING: tuple[tuple[tuple[type[BaseException], ...], Symptom], ...] = (
    ((socket.gaierror,), Symptom("the name of its host cannot be resolved")),
    ((ProxyError,), Symptom("the proxy does not let it through")),
    ((ConnectionRefusedError,), Symptom("connection refused")),
    ((TimeoutError, PoolTimeout, ConnectTimeout), Symptom("timed out")),
    ((IncompleteRead, http.client.IncompleteRead), Symptom("the answer was cut off")),
    ((ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected), Symptom("the connection was cut", True)),
    ((DecodeError,), Symptom("the answer cannot be decompressed")),
    ((http.client.HTTPException,), Symptom("the answer is no HTTP")),
    ((InvalidURL, InvalidSchema, MissingSchema, LocationValueError), Symptom("base_url is no usable address")),
)
"""The first kind that is among the causes tells the most."""


def symptom(error: BaseException) -> Symptom:
    """The most telling of an error and its causes."""
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Symptom(f"its certificate is not trusted: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return Symptom("TLS failed")
    for kinds, found in _TELLING:
        if any(isinstance(cause, kinds) for cause in causes):
            return found
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    return Symptom(os.strerror(numbers[-1]).lower() if numbers else "the exchange broke off")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and everything it wraps: as cause, context, `reason` (urllib3) or argument (requests)."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < _DEEPEST:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or any(one is known for known in found):
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found
