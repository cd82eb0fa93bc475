"""Passwords: kept as scrypt's hash, compared in constant time, at a cost that a guesser feels."""

import base64
import hashlib
import hmac
import secrets
import unicodedata

from alertd.config.access import Cost, PasswordHash, password_hash

COST = Cost(n=2**15, r=8, p=3)
"""OWASP's password storage cheat sheet: 32 MB and about a quarter of a second."""
SALT_BYTES = 16
HASH_BYTES = 32
SHORTEST = 8
"""Characters of a password, as NIST SP 800-63B wants."""
LONGEST = 1024
"""Characters; nobody types more, and each is work."""


def hashed(password: str, cost: Cost = COST) -> str:
    """A password as the config keeps it: `scrypt$N$R$P$SALT$HASH`."""
    salt = secrets.token_bytes(SALT_BYTES)
    numbers = "$".join(map(str, cost))
    return f"scrypt${numbers}${_text(salt)}${_text(_scrypt(password, salt, cost, HASH_BYTES))}"


def is_password(password: str, kept: str) -> bool:
    """Whether this is the password of a hash that `hashed` made."""
    return _is(password, password_hash(kept))


def waste(password: str, like: str | None) -> None:
    """Take as long as `is_password` takes, for a name that nobody has; `like` is the hash of one who is there."""
    cost = password_hash(like).cost if like is not None else COST
    _scrypt(password, bytes(SALT_BYTES), cost, HASH_BYTES)


def _is(password: str, kept: PasswordHash) -> bool:
    wanted = base64.b64decode(kept.hash)
    return hmac.compare_digest(_scrypt(password, base64.b64decode(kept.salt), kept.cost, len(wanted)), wanted)


def _scrypt(password: str, salt: bytes, cost: Cost, size: int) -> bytes:
    n, r, p = cost
    # The same password typed on another keyboard may be other code points.
    typed = unicodedata.normalize("NFKC", password[:LONGEST]).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, maxmem=256 * r * (n + p + 2), dklen=size)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
