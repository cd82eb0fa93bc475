"""An `alertd run` that takes webhooks, between a simulator that knows their secrets and senders good and bad."""

import http.client
import json
import re
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alertd.clock import wall
from alertd.mycirrus.simulator.pace import Tempo
from alertd.mycirrus.simulator.script import Fleet
from alertd.mycirrus.simulator.webhooks import Registered
from tests.support.processes import Running, Site, wait_until
from tests.support.sockets import free_port

HOOK = "/hooks/mycirrus"
SIC_FAILED: dict[str, object] = {"alert": "SicFailed", "when": 'sic.status != "Success"', "severity": "critical"}
RARELY = {"status": "1h", "sic": "1h"}
BAD_SIC = {"status": "Error", "_500Hz": 55.3, "_1KHz": 40.1, "_8KHz": 20.2}


class Hooked(Site):
    """A site whose daemon listens, and is registered as the test says."""

    def __init__(
        self,
        folder: Path,
        *,
        fleet: Fleet | None = None,
        every: Mapping[str, str] = RARELY,
        webhooks: Mapping[str, object] | None = None,
        **changes: object,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{HOOK}"
        terms = {"public_url": self.url, "types": ["SicFinished", "InstrumentStatus"]} | dict(webhooks or {})
        super().__init__(
            folder,
            fleet=fleet,
            rules=[SIC_FAILED],
            every=every,
            http={"listen": f"127.0.0.1:{self.port}"},
            webhooks=terms,
            **changes,
        )
        self.simulator.oddities.change(retry_after=0.2)
        # Each monitor's first SIC, within ten minutes of the story's start, is over; the next one is hours away.
        self.simulator.world.tempo = Tempo(wall() - timedelta(hours=2))

    def registered(self, kind: str, serial: str) -> Registered:
        """A new registration with MyCirrus."""
        return self.simulator.webhooks.register({"type": kind, "instrument": serial, "url": self.url})

    def run(self, **env: str) -> Running:
        """`alertd run`, once it works, on however busy a machine."""
        daemon = self.start("run", **env)
        daemon.wait_for("service.started", seconds=60)
        return daemon

    def run_read(self, **env: str) -> Running:
        """`alertd run`, once each source was read and what is registered is known."""
        daemon = self.run(**env)
        wait_until(self.has_read, 60, story=lambda: daemon.text)
        self.wait_quiet()
        return daemon

    def wait_quiet(self, seconds: float = 1.0) -> None:
        """Until MyCirrus was asked nothing for so long; the listing does not count."""
        while True:
            before = self.reads()
            time.sleep(seconds)
            if self.reads() == before:
                return

    def reads(self) -> int:
        """How many requests for more than the listing came."""
        return sum(request.source != "instruments" for request in list(self.simulator.requests))

    def has_read(self) -> bool:
        """Whether every source was read once, and the registrations too."""
        asked = {request.source for request in list(self.simulator.requests)}
        return {"sic", "status", "webhooks"} <= asked and self.ready()["checks"]["poll"]["ok"]

    def ready(self) -> Any:
        """What /readyz says."""
        return json.loads(self.get("/readyz")[1])

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def message(self, webhook: Registered, at: datetime | None = None, **parts: object) -> bytes:
        """A message of this registration."""
        time = (at or wall()).isoformat().replace("+00:00", "Z")
        return json.dumps({"type": webhook.type, "instrument": webhook.instrument, "time": time, **parts}).encode()

    def headers(self, webhook: Registered, body: bytes, **more: str) -> dict[str, str]:
        """With a good signature."""
        signature = self.simulator.webhooks.signature(webhook, body)
        return {"X-Webhook-Id": webhook.id, "X-Webhook-Signature": signature} | more

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of an answer; 0 where there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", HOOK, body, dict(headers))
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return answer.status

    def send(self, webhook: Registered, body: bytes | None = None) -> int:
        """A good message."""
        body = body or self.message(webhook)
        return self.post(body, self.headers(webhook, body))

    def counted(self) -> dict[tuple[str, str], int]:
        """(type, outcome) → how many, by /metrics."""
        rows = re.findall(
            r'^alertd_webhooks_total\{outcome="(\w+)",type="(\w+)"\} ([\d.]+)$', self.get("/metrics")[1], re.MULTILINE
        )
        return {(kind, outcome): int(float(count)) for outcome, kind, count in rows}

    def rows(self, where: str = "1=1") -> list[tuple[str, str, int, int, int | None]]:
        """(type, instrument, time, received_at, done_at) of what is stored."""
        with sqlite3.connect(self.database) as raw:
            found = raw.execute(
                f"SELECT type, instrument, time, received_at, done_at FROM webhooks WHERE {where} ORDER BY id"
            ).fetchall()
        raw.close()
        return found

    def asked(self, source: str) -> list[tuple[str, ...]]:
        """The serials of each request for a source."""
        return [request.serials for request in list(self.simulator.requests) if request.source == source]
