"""What alertd signs and knows again: sessions, links to one alert, and proofs that a form is its own.

The key is the store's, so all of it outlives a restart. The clock is alertd's.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from alertd.clock import Clock

SESSION_FOR = timedelta(hours=12)
LINK_FOR = timedelta(days=5)
"""A link is in everybody's mailbox; over a long weekend it still opens."""


class Signing:
    """Signs with one key."""

    def __init__(self, key: str, clock: Clock) -> None:
        self._key = key.encode()
        given: dict[str, Any] = {"digest_method": hashlib.sha256, "clock": clock}
        self._sessions = URLSafeTimedSerializer(self._key, salt="session", signer=_Timed, signer_kwargs=given)
        self._links = _Timed(self._key, salt="link", **given)

    def session(self, name: str, session_id: str, proof: str) -> str:
        """A session's cookie; `proof` stands for the password that it was opened with."""
        return str(self._sessions.dumps([name, session_id, proof]))

    def read_session(self, cookie: str) -> tuple[str, str, str] | None:
        """What `session` was given; None for one that is forged or over."""
        try:
            name, session_id, proof = self._sessions.loads(cookie, max_age=int(SESSION_FOR.total_seconds()))
        except (BadData, ValueError, TypeError):
            return None
        return str(name), str(session_id), str(proof)

    def link(self, alert_id: str) -> str:
        """What the address of one alert's page carries, so that it opens for whoever got the message."""
        return self._links.sign(alert_id.encode()).decode()[len(alert_id) + 1 :]

    def is_link(self, alert_id: str, token: str) -> bool:
        """Whether `link` made this token for this alert, lately."""
        try:
            signed = f"{alert_id}.{token}".encode()
            return self._links.unsign(signed, max_age=int(LINK_FOR.total_seconds())) == alert_id.encode()
        except (BadData, ValueError):
            return False

    def csrf(self, whose: str) -> str:
        """What a form carries that a page made for this session, or for everybody where there are none."""
        return hmac.new(self._key, f"csrf {whose}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def proof_of(password_hash: str) -> str:
    """Stands for a password's hash without saying anything of it; another password's is another."""
    return hashlib.sha256(f"session {password_hash}".encode()).hexdigest()[:32]


class _Timed(TimestampSigner):
    """By alertd's clock."""

    def __init__(self, *given: Any, clock: Clock, **more: Any) -> None:
        super().__init__(*given, **more)
        self._clock = clock

    def get_timestamp(self) -> int:
        """Seconds since 1970."""
        return int(self._clock().timestamp())
