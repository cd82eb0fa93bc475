"""Who is known: the users, tokens and the proxy of one config, with their hashes read."""

import hmac
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address

from alertd.config.access import Network, Proxy, RoleName
from alertd.config.settings import Http
from alertd.web.access import Role
from alertd.web.house import House
from alertd.web.tokens import token_hash

ROLES: dict[RoleName, Role] = {"viewer": Role.VIEWER, "operator": Role.OPERATOR}


@dataclass(frozen=True, slots=True)
class Account:
    """A user."""

    name: str
    role: Role
    hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everybody of one config."""

    http: Http
    users: dict[str, Account]

    @property
    def is_open(self) -> bool:
        """Whether nobody is named, so that everybody who reaches the server may do everything."""
        return not self.http.users and not self.http.tokens and (self.http.proxy is None or not self.http.proxy.header)

    def by_token(self, token: str, today: date) -> tuple[str, Role] | None:
        """Whose token this is."""
        given, found = token_hash(token), None
        for each in self.http.tokens:
            if hmac.compare_digest(given, each.hash) and today <= each.until:
                found = (each.name, ROLES[each.scope])
        return found

    def by_proxy(self, name: str) -> tuple[str, Role]:
        """Somebody whom the proxy named."""
        proxy = self.http.proxy
        is_operator = proxy is not None and (proxy.role == "operator" or name in proxy.operators)
        return name, Role.OPERATOR if is_operator else Role.VIEWER

    def trusts(self, address: str) -> bool:
        """Whether this is the proxy's address."""
        return self.http.proxy is not None and is_among(address, self.http.proxy)


def accounts_of(house: House) -> Accounts:
    """Those of the present config. A user whose hash cannot be read is nobody."""
    http = house.settings.http
    read = [(user, house.secret(user.password)) for user in http.users]
    return Accounts(http, {user.name: Account(user.name, ROLES[user.role], text) for user, text in read if text})


def is_among(address: str, proxy: Proxy) -> bool:
    """Whether an address is one of the proxy's."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    networks: list[Network] = proxy.from_
    return any(mapped in network for network in networks)
