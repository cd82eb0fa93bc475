"""The simulator's webhooks: registrations, and deliveries that are signed, tried six times, and given up on.

After the MyCirrus documentation: a receiver answers 200 within five seconds, else up to five retries follow, and then
the registration is removed. How long it waits between them is not documented, nor how the signature is written.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import requests

from alertd.clock import Clock
from alertd.model import WEBHOOK_TYPES, Source
from alertd.mycirrus.simulator import wire
from alertd.mycirrus.simulator.oddities import Oddities
from alertd.mycirrus.simulator.records import Fields, Records
from alertd.mycirrus.simulator.world import World

LOOK_EVERY = 0.1
"""Seconds between two looks at what happened."""
OVERLAP = 3.0
"""Seconds before the last look that are looked at again: a record may be made while a look goes on."""
ANSWER_WITHIN = 5.0
RETRIES = 5
_LOCAL = ("127.0.0.1", "localhost", "::1")
_FINISHED = {"SicFinished": Source.SIC, "CalibrationFinished": Source.CALIBRATIONS}

SIGNATURES: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "HEX": lambda digest: digest.hex().upper(),
    "sha256=hex": lambda digest: f"sha256={digest.hex()}",
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
}
"""Ways to write a signature, by the name of the oddity."""


class BadRegistrationError(ValueError):
    """What was asked for cannot be registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One webhook."""

    id: str
    type: str
    instrument: str
    url: str
    secret: str
    made_at: datetime

    def fields(self) -> Fields:
        """As the API shows it."""
        return {name: getattr(self, name) for name in ("id", "type", "instrument", "url", "secret")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One POST to a receiver."""

    at: datetime
    webhook: Registered
    body: bytes
    status: int
    """0 where there was no answer in time."""


class Webhooks:
    """Registers, watches the world for what happened, and delivers it. Safe to use from many threads."""

    def __init__(self, world: World, records: Records, oddities: Oddities, clock: Clock) -> None:
        self._world = world
        self._records = records
        self._oddities = oddities
        self._clock = clock
        self._lock = threading.Lock()
        self._registered: dict[str, Registered] = {}
        self._online: dict[str, bool] = {}
        self._told: set[tuple[str, str, datetime]] = set()
        self._stopping = threading.Event()
        self._looked_at = clock()
        self._watcher: threading.Thread | None = None
        self.attempts: list[Attempt] = []
        """Every delivery that was tried."""

    # -- the API -------------------------------------------------------------------------------------------------------

    def all(self) -> list[Registered]:
        """Every registration."""
        return list(self._registered.values())

    def of(self, webhook_id: str) -> Registered | None:
        """The one of this id."""
        return self._registered.get(webhook_id)

    def register(self, asked: object) -> Registered:
        """One more, with a new id and secret.

        Raises:
            BadRegistrationError: a part is missing or wrong.
        """
        parts = asked if isinstance(asked, dict) else {}
        kind, serial, url = (str(parts.get(name) or "") for name in ("type", "instrument", "url"))
        if kind not in WEBHOOK_TYPES:
            raise BadRegistrationError("The type is missing or not known")
        if serial not in self._world.actors:
            raise BadRegistrationError("The instrument is missing or not known")
        where = urlsplit(url)
        if where.scheme != "https" and not (where.scheme == "http" and where.hostname in _LOCAL):
            raise BadRegistrationError("The url must be an HTTPS address")
        new = Registered(
            id=f"wh-{secrets.token_hex(8)}",
            type=kind,
            instrument=serial,
            url=url,
            secret=secrets.token_urlsafe(32),
            made_at=self._clock(),
        )
        with self._lock:
            self._registered[new.id] = new
            self._online.setdefault(serial, self._records.condition(serial, self._clock()).online)
            if self._watcher is None:
                self._looked_at = self._clock()
                self._watcher = threading.Thread(target=self._watch, name="simulator-webhooks", daemon=True)
                self._watcher.start()
        return new

    def remove(self, webhook_id: str) -> bool:
        """One less; False where there is none of this id."""
        with self._lock:
            return self._registered.pop(webhook_id, None) is not None

    # -- what happens --------------------------------------------------------------------------------------------------

    def send(self, webhook: Registered, message: Mapping[str, object]) -> threading.Thread:
        """Deliver a message in a thread of its own, with all its retries."""
        body = json.dumps(message, separators=(",", ":")).encode()
        thread = threading.Thread(target=self._deliver, args=(webhook, body), daemon=True)
        thread.start()
        return thread

    def signature(self, webhook: Registered, body: bytes) -> str:
        """As this API writes it."""
        digest = hmac.new(webhook.secret.encode(), body, hashlib.sha256).digest()
        return SIGNATURES[self._oddities.signature](digest)

    def stop(self) -> None:
        """Deliver nothing more."""
        self._stopping.set()

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            self._look()

    def _look(self) -> None:
        now = self._clock()
        since, self._looked_at = self._looked_at, now
        online: dict[str, bool] = {}
        for webhook in self.all():
            if webhook.type == "InstrumentStatus":
                self._look_at_status(webhook, now, online)
            elif webhook.type in _FINISHED:
                self._look_at_records(webhook, _FINISHED[webhook.type], since, now)
        self._online.update(online)

    def _look_at_status(self, webhook: Registered, now: datetime, online: dict[str, bool]) -> None:
        is_online = online.setdefault(webhook.instrument, self._records.condition(webhook.instrument, now).online)
        if is_online != self._online.get(webhook.instrument, is_online):
            self.send(webhook, {**self._head(webhook, now), "online": is_online})

    def _look_at_records(self, webhook: Registered, source: Source, since: datetime, now: datetime) -> None:
        tempo = self._world.tempo
        start = max(tempo.start, tempo.time(tempo.story(since) - OVERLAP * tempo.speed))
        for at, fields in self._records.between(source, webhook.instrument, start, now, now):
            key = (webhook.id, webhook.instrument, at)
            if at > webhook.made_at and key not in self._told:
                self._told.add(key)
                self.send(webhook, self._finished(webhook, at, fields))

    def _finished(self, webhook: Registered, at: datetime, fields: Fields) -> Fields:
        status = fields.get("status")
        found = wire.plain({"time": at, **fields}, self._oddities.digits)
        error = "" if status == "Success" else "The check did not pass"
        return {**self._head(webhook, at), "status": status, "error": error, "data": found}

    def _head(self, webhook: Registered, at: datetime) -> Fields:
        time = wire.format_time(at, self._oddities.digits)
        return {"type": webhook.type, "instrument": webhook.instrument, "time": time}

    def _deliver(self, webhook: Registered, body: bytes) -> None:
        for _ in range(1 + RETRIES):
            status = self._post(webhook, body)
            self.attempts.append(Attempt(at=self._clock(), webhook=webhook, body=body, status=status))
            if status == 200 or self._stopping.wait(self._oddities.retry_after):
                return
        self.remove(webhook.id)

    def _post(self, webhook: Registered, body: bytes) -> int:
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Id": webhook.id,
            "X-Webhook-Signature": self.signature(webhook, body),
        }
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    webhook.url, data=body, headers=headers, timeout=ANSWER_WITHIN, allow_redirects=False
                )
        except requests.RequestException:
            return 0
        return answer.status_code
