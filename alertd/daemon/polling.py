"""How MyCirrus is being asked, as the web pages see it: see alertd/web/rooms.py."""

from collections.abc import Mapping

from alertd.daemon.service import Service
from alertd.mycirrus.client import ClientStand
from alertd.web.rooms import SourceSeen


class Polling:
    """Looks at one service over its reloads."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def rounds(self) -> Mapping[str, SourceSeen]:
        """See the protocol."""
        return self._service.rounds.seen()

    def client(self) -> ClientStand | None:
        """See the protocol."""
        parts = self._service.parts
        return None if parts is None else parts.client.stand()
