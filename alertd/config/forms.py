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

from alertd.config.durations import Duration, duration_of, format_duration
from alertd.config.validate import suggest
from alertd.config.yaml import WrittenFloat, WrittenInt
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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _api_url(value: str) -> str:
    parts = _url(value)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("http:// would send the key in the clear: write https://")
    return value.rstrip("/")


def _page_url(value: str) -> str:
    _url(value)
    return value.rstrip("/")


def _address(value: object) -> Address | None:
    if value == OFF:
        return None
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
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


_DURATION_OR_OFF = WithJsonSchema({"type": "string", "examples": ["1m", OFF]})

Interval = Annotated[Duration, AfterValidator(interval_of)]
"""A duration of at least a second."""
IntervalOrOff = Annotated[timedelta | None, PlainValidator(_interval_or_off), _DURATION_OR_OFF]
Timeout = Annotated[Duration, AfterValidator(_some_time)]
"""A duration longer than none."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_name)]
Text = Annotated[str, StringConstraints(min_length=1)]
LabelName = Annotated[str, AfterValidator(_own_label)]
LabelText = Annotated[str, BeforeValidator(label_text)]
GroupLabel = Annotated[str, AfterValidator(_group_label)]
LabelOfAny = Annotated[str, AfterValidator(_label)]
"""A label of whatever owner, alertd's own too."""
MatcherText = Annotated[Matcher, PlainValidator(matcher_of), WithJsonSchema({"type": "string"})]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
PageUrl = Annotated[str, AfterValidator(_page_url)]
Listen = Annotated[Address | None, PlainValidator(_address), WithJsonSchema({"type": "string"})]
