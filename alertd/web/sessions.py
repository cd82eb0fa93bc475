"""Sessions of those who logged in: a signed cookie; what is kept of them is only which were ended early."""

import secrets
from collections.abc import Callable
from datetime import datetime

from alertd.store.store import Store
from alertd.web.accounts import Account, Accounts
from alertd.web.signing import SESSION_FOR, Signing, proof_of

COOKIE = "alertd_session"
ENDED = "web.ended"
"""What the ended ones are remembered under."""


class Sessions:
    """Opens, knows and ends sessions; safe to use from any thread."""

    def __init__(self, store: Store, signing: Signing, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._signing = signing
        self._clock = clock
        self._ended = self._recall()

    def open(self, account: Account) -> str:
        """A new session's cookie."""
        return self._signing.session(account.name, secrets.token_urlsafe(16), proof_of(account.hash))

    def read(self, cookie: str, accounts: Accounts) -> tuple[Account, str] | None:
        """Whose session it is, and its id; None where it is over, or its user has gone or has another password."""
        found = self._signing.read_session(cookie)
        if found is None:
            return None
        name, session_id, proof = found
        account = accounts.users.get(name)
        if account is None or proof != proof_of(account.hash) or session_id in self._ended:
            return None
        return account, session_id

    def end(self, session_id: str) -> None:
        """Whoever copied the cookie has nothing of it from now on, after a restart neither."""
        now = self._clock()
        living = {each: until for each, until in self._ended.items() if until > now}
        self._ended = {**living, session_id: now + SESSION_FOR}
        self._store.remember(ENDED, {each: until.isoformat() for each, until in self._ended.items()})

    def _recall(self) -> dict[str, datetime]:
        found = self._store.recall(ENDED)
        if not isinstance(found, dict):
            return {}
        return {str(each): datetime.fromisoformat(str(until)) for each, until in found.items()}
