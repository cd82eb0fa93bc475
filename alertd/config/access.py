"""Who may use the web: `http.users`, `http.tokens`, `http.proxy`, and the forms of their hashes."""

import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, JsonValue, PlainValidator, WithJsonSchema

from alertd.config.forms import Address, Name, is_loopback, words_like
from alertd.config.names import items
from alertd.config.secrets import Secret, json_schema
from alertd.config.validate import Form
from alertd.config.yaml import Document, Loc
from alertd.errors import Mistake

RoleName = Literal["viewer", "operator"]
Network = IPv4Network | IPv6Network

_BASE64 = "[A-Za-z0-9+/]+={0,2}"
_SCRYPT = re.compile(rf"scrypt\$([0-9]{{1,7}})\$([0-9]{{1,2}})\$([0-9]{{1,2}})\$({_BASE64})\$({_BASE64})")
LEAST_N, MOST_BYTES = 2**12, 256 * 1024 * 1024
"""Of scrypt: less is guessed too quickly, more is too much memory for one who logs in."""


class Cost(NamedTuple):
    """What one look at a password takes; the names are scrypt's own."""

    n: int
    r: int
    p: int


class PasswordHash(NamedTuple):
    """A password as it is kept."""

    cost: Cost
    salt: str
    """Base64."""
    hash: str
    """Base64."""


def password_hash(text: str) -> PasswordHash:
    """Read `scrypt$N$R$P$SALT$HASH`.

    Raises:
        ValueError: it is nothing that `alertd passwd` prints; never with the text.
    """
    found = _SCRYPT.fullmatch(text)
    if found is None:
        raise ValueError("scrypt$N$R$P$SALT$HASH is wanted, as alertd passwd prints it")
    n, r, p = int(found[1]), int(found[2]), int(found[3])
    if n & (n - 1) or n < LEAST_N or not r or not p or 128 * n * r > MOST_BYTES or p > 16:
        raise ValueError("the hash's costs are out of bounds: take one that alertd passwd prints")
    return PasswordHash(Cost(n, r, p), found[4], found[5])


def _check_password(secret: Secret) -> Secret:
    if secret.text is not None:
        password_hash(secret.text)
    return secret


def _day(value: object) -> date:
    if isinstance(value, str) and re.fullmatch(_DATE, value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a date is wanted, such as 2027-01-31")


def _network(value: object) -> Network:
    if isinstance(value, str):
        try:
            return ip_network(value)
        except ValueError:
            pass
    raise ValueError("an address or a network is wanted, such as 10.0.0.5 or 10.0.0.0/24")


_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HEADER = "^[A-Za-z0-9-]{1,100}$"
_NETWORK = r"^(([0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-fA-F.]*:[0-9a-fA-F.:]*:[0-9a-fA-F.:]*)(/[0-9]{1,3})?$"
_SHA256 = "^[0-9a-f]{64}$"


def _fits(pattern: str, wanted: str) -> AfterValidator:
    def check(value: str) -> str:
        if re.search(pattern, value) is None or not value.isprintable():
            raise ValueError(wanted)
        return value

    return AfterValidator(check)


Password = Annotated[
    Secret,
    AfterValidator(_check_password),
    WithJsonSchema(json_schema(rf"^scrypt\$[0-9]{{1,7}}\$[0-9]{{1,2}}\$[0-9]{{1,2}}\${_BASE64}\${_BASE64}$")),
]
Sha256 = Annotated[str, _fits(_SHA256, "64 hex digits are wanted, as alertd token prints them"), words_like(_SHA256)]
HeaderName = Annotated[
    str, _fits(_HEADER, "a header's name is wanted, such as X-Remote-User"), words_like(_HEADER, "X-Remote-User")
]
Day = Annotated[date, PlainValidator(_day), words_like(f"^{_DATE}$", "2027-01-31")]
NetworkText = Annotated[Network, PlainValidator(_network), words_like(_NETWORK, "127.0.0.1", "10.0.0.0/24")]


class User(Form):
    """Somebody who logs in."""

    name: Name
    password: Password
    """Its hash."""
    role: RoleName = "viewer"


class Token(Form):
    """What a program shows instead of logging in; only its hash is known."""

    name: Name
    hash: Sha256
    scope: RoleName = "viewer"
    until: Day
    """The last day, by UTC."""


class Proxy(Form):
    """Who may speak for others: a reverse proxy, by the addresses it asks from."""

    from_: list[NetworkText] = Field(alias="from", min_length=1)
    header: HeaderName | None = None
    """In which the proxy names who asks; it has to drop one that a client sent. None: it logs nobody in."""
    role: RoleName = "viewer"
    """Of whoever the proxy names."""
    operators: list[Name] = Field(default=[])
    """Those who may do more."""


HAS_A_DOOR: dict[str, JsonValue] = {
    "if": {
        "properties": {"listen": {"pattern": r"^(?!off$|localhost:|127\.|\[::1\]:)"}},
        "required": ["listen"],
    },
    "then": {
        "anyOf": [
            {"properties": {"users": {"minItems": 1}}, "required": ["users"]},
            {"properties": {"proxy": {"required": ["header"]}}, "required": ["proxy"]},
        ]
    },
}
"""What `access_mistakes` finds of `http.listen`, in JSON Schema."""


def access_mistakes(document: Document) -> list[Mistake]:
    """Names that two people have, and a door that anybody could walk in by."""
    found: list[Mistake] = []
    for kind in ("users", "tokens"):
        found += _doubles(document, kind)
    if _is_open_to_all(document):
        says = "anybody who reaches this address could acknowledge and silence: set http.users (see alertd passwd)"
        found.append(document.mistake(("http", "listen"), f"listen: {says} or http.proxy, or listen at 127.0.0.1"))
    return found


def _doubles(document: Document, kind: str) -> list[Mistake]:
    first: dict[str, int] = {}
    found = []
    for item in items(document, ("http", kind)):
        loc: Loc = (*item, "name")
        name = document.get(loc)
        if isinstance(name, str) and name in first:
            found.append(document.mistake(loc, f'two {kind} are called "{name}"; the first is in line {first[name]}'))
        elif isinstance(name, str):
            first[name] = document.place(loc)[0]
    return found


def _is_open_to_all(document: Document) -> bool:
    listen = document.get(("http", "listen"))
    host, colon, _ = listen.rpartition(":") if isinstance(listen, str) else ("", "", "")
    logs_in = document.get(("http", "users")) or document.get(("http", "proxy", "header"))
    return bool(colon) and not logs_in and not is_loopback(host.strip("[]"))


def is_local(address: Address | None) -> bool:
    """Whether only this machine can reach a server that listens there."""
    return address is None or is_loopback(address.host)
