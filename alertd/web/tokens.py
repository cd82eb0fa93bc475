"""Tokens of programs: random, so that their plain hash is enough to know them again."""

import hashlib
import secrets

BYTES = 32
PREFIX = "alertd_"
"""By which those who look for leaked secrets know one."""


def new_token() -> str:
    """A token that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(BYTES)


def token_hash(token: str) -> str:
    """What the config keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
