"""The small types of the config: text that is more than text, read and checked once, here.

Each reads what a YAML file holds and raises ValueError with one line; none shows a value that may be a secret.
"""

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainValidator, StringConstraints, WithJsonSchema

from alertd.config.durations import AS_TEXT, Duration, duration_of, format_duration
from alertd.config.validate import suggest
from alertd.config.yaml import WrittenFloat, WrittenInt
from alertd.matchers import PATTERN as MATCHER
from alertd.matchers import Matcher, parse_matcher

SHORTEST_INTERVAL = timedelta(seconds=1)
OFF: Final = "off"
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IDENTITY_LABELS = frozenset({"alertname", "instrument", "severity"})
"""Labels that say which alert it is; an instrument's own would make them lie."""


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


def interval_of(value: object) -> timedelta:
    """A duration of a second or more."""
    span = duration_of(value)
    if span < SHORTEST_INTERVAL:
        raise ValueError(f"{format_duration(span)} is too short: at least 1s is wanted")
    return span


def _interval_or_off(value: object) -> timedelta | None:
    if value == OFF:
        return None
    if value is False:
        raise ValueError("false is no interval: write off")
    return interval_of(value)


def _some_time(span: timedelta) -> timedelta:
    if not span:
        raise ValueError("more than 0s is wanted")
    return span


def _name(value: str) -> str:
    if value != value.strip() or not value.isprintable():
        raise ValueError("a name has no blanks at its ends and no line breaks")
    return value


def _label(value: str) -> str:
    if LABEL.fullmatch(value) is None:
        raise ValueError("a label has letters, digits and _ only, and no digit first")
    return value


def _own_label(value: str) -> str:
    if value in IDENTITY_LABELS:
        raise ValueError("alertd sets this label itself; choose another name")
    return _label(value)


def _group_label(value: str) -> str:
    return value if value == "..." else _label(value)


def label_text(value: object) -> str:
    """A label's value; numbers and yes/no become the text they were written as."""
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.written
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("text is wanted")


def matcher_of(value: object) -> Matcher:
    """One matcher in Alertmanager's notation."""
    if isinstance(value, Matcher):
        return value
    if not isinstance(value, str):
        raise ValueError('a matcher is wanted, such as severity="critical"; put it in quotes')  # noqa: TRY004 -- as above
    return parse_matcher(value)


def _url(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ValueError("an address such as https://host/path is wanted") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable() or " " in value:
        raise ValueError("an address such as https://host/path is wanted")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("an address without user, query or fragment is wanted")
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, for itself alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _api_url(value: str) -> str:
    parts = _url(value)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("http:// would send the key in the clear: write https://")
    return value.rstrip("/")


def _page_url(value: str) -> str:
    _url(value)
    return value.rstrip("/")


def _hook_url(value: str) -> str:
    parts = _url(value)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("MyCirrus sends webhooks to https:// only")
    return value


def _address(value: object) -> Address | None:
    if value == OFF:
        return None
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) <= 65535:  # 0 is a port nobody could name
        raise ValueError("host:port or off is wanted, such as 127.0.0.1:9321")
    bracketed = host.startswith("[") and host.endswith("]")
    if ":" in host and not bracketed:
        raise ValueError("an IPv6 address goes in brackets: [::1]:9321")
    return Address(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 -- ":9321" asks for every interface


def check_zone(value: str) -> None:
    """Raise ValueError unless the machine knows this time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'there is no time zone "{value}"{suggest(value, sorted(available_timezones()))}') from None


def words_like(pattern: str, *examples: str) -> WithJsonSchema:
    """In JSON Schema: text of this form, such as the examples."""
    return WithJsonSchema({"type": "string", "pattern": pattern, **({"examples": list(examples)} if examples else {})})


_A_SECOND = {**AS_TEXT, "not": {"pattern": "^(0+[wdhms])*(0*[0-9]{1,3}ms)?$"}}
_ZERO = "^(0+(w|d|h|m|s|ms)?)*$"
_NAME = r"^\S(.*\S)?$"
_LABEL = f"^{LABEL.pattern}$"
_NOT_OWN = {"not": {"enum": sorted(IDENTITY_LABELS)}}
_ADDRESS = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
_SAFE_ADDRESS = r"^(https://|http://(localhost|127\.[0-9.]+|\[::1\])([:/]|$))"
_HOST_AND_PORT = r"^([^:]*|\[.*\]):(?!0+$)[0-9]{1,5}$"

Interval = Annotated[Duration, AfterValidator(interval_of), WithJsonSchema(_A_SECOND)]
"""A duration of at least a second."""
IntervalOrOff = Annotated[
    timedelta | None, PlainValidator(_interval_or_off), WithJsonSchema({"anyOf": [{"const": OFF}, _A_SECOND]})
]
Timeout = Annotated[Duration, AfterValidator(_some_time), WithJsonSchema({**AS_TEXT, "not": {"pattern": _ZERO}})]
"""A duration longer than none."""
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "maxLength": 200, "pattern": _NAME}),
]
Text = Annotated[str, StringConstraints(min_length=1)]
LabelName = Annotated[
    str, AfterValidator(_own_label), WithJsonSchema({"type": "string", "pattern": _LABEL, **_NOT_OWN})
]
LabelText = Annotated[
    str, BeforeValidator(label_text), WithJsonSchema({"type": ["string", "number", "boolean"]}, mode="validation")
]
GroupLabel = Annotated[str, AfterValidator(_group_label), words_like(rf"{_LABEL}|^\.\.\.$", "alertname", "site", "...")]
LabelOfAny = Annotated[str, AfterValidator(_label), words_like(_LABEL)]
"""A label of whatever owner, alertd's own too."""
MatcherText = Annotated[Matcher, PlainValidator(matcher_of), words_like(MATCHER, 'severity="critical"')]
ApiUrl = Annotated[
    str,
    AfterValidator(_api_url),
    WithJsonSchema({"type": "string", "allOf": [{"pattern": _ADDRESS}, {"pattern": _SAFE_ADDRESS}]}),
]
PageUrl = Annotated[str, AfterValidator(_page_url), words_like(_ADDRESS, "https://alertd.example.com")]
HookUrl = Annotated[
    str,
    AfterValidator(_hook_url),
    WithJsonSchema({"type": "string", "allOf": [{"pattern": _ADDRESS}, {"pattern": _SAFE_ADDRESS}]}),
]
"""Where MyCirrus sends webhooks to; http:// on this machine alone, for a simulator."""
Listen = Annotated[
    Address | None, PlainValidator(_address), words_like(f"^{OFF}$|{_HOST_AND_PORT}", "127.0.0.1:9321", OFF)
]
