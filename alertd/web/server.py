"""The web server, in a thread of its own. It costs the alerting nothing: whoever is slow to ask is let go."""

import asyncio
import contextlib
import logging
import socket
import sys
import threading
from typing import Any

import uvicorn
from anyio import to_thread
from uvicorn.protocols.http.h11_impl import H11Protocol

from alertd.config.forms import Address
from alertd.errors import UsageError
from alertd.logs import logger
from alertd.web.limits import HEAD_AT_MOST

log = logger(__name__)

HEAD_WITHIN = 10.0
"""Seconds in which a client has to say what it wants: 150 half-open connections are then gone again."""
TAKEN_WITHIN = 30.0
"""Seconds in which a client has to take some of what it asked for, once more waits than the system buffers."""
KEEP_ALIVE = 15
"""Seconds that a connection may idle between two requests."""
AT_ONCE = 300
"""Connections; whoever comes beyond them is told 503."""
OPEN_AT_MOST = 2 * AT_ONCE
"""Connections that may be open, a request whole or not: each takes a file, of which alertd itself needs some."""
STOP_WITHIN = 2.0
THREADS = 2
"""Answers that are worked out at once. Threads of Python take turns: with more of them, polls would wait longer."""
TURN = 0.000_5
"""Seconds of a thread's turn while another one waits. A poll gives its own turn away each time that it waits for the
network, some ten times a request; at Python's usual 5 ms it would stand in line most of the time while pages are read.
"""
BACKLOG = 128


def bind(address: Address) -> socket.socket:
    """A socket that listens there.

    Raises:
        UsageError: somebody else does, or there is no such address on this machine.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # With its protocol named, asyncio switches Nagle's algorithm off; else answers wait 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"http.listen: {address.host}:{address.port} cannot be listened at: {error.strerror or error}"
        ) from None
    listener.setblocking(False)
    return listener


class WebServer:
    """Serves an application on a socket that is bound already."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application,
            http=_Patient,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # what strangers send amiss is not worth a line
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=HEAD_AT_MOST,
        )
        self._server = uvicorn.Server(config)
        self._application = application
        self._listener = listener
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Begin to serve; from then on threads take turns more often."""
        sys.setswitchinterval(TURN)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being answered, for a moment, and end."""
        self._application.close()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it calls whoever still hangs a fault
        self._server.should_exit = True
        self._thread.join(STOP_WITHIN)
        with contextlib.suppress(OSError):
            self._listener.close()

    def _serve(self) -> None:
        try:
            asyncio.run(self._serve_on())
        except (Exception, SystemExit):
            log.exception("web.failed")

    async def _serve_on(self) -> None:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        await self._server.serve(sockets=[self._listener])


class _Patient(H11Protocol):
    """Drops a connection on which no whole request arrives in time, or whose client does not take its answer.

    uvicorn waits for a first request, and for a reader, for ever.
    """

    _let_go: asyncio.TimerHandle | None = None
    _give_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > OPEN_AT_MOST:
            transport.abort()
            return
        self._expect()

    def data_received(self, data: bytes) -> None:
        if not self._answers():
            self._expect()
        super().data_received(data)
        if self._answers():
            self._expect_nothing()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_nothing()  # from here on the keep-alive's own time counts
        if self.transport.get_write_buffer_size():
            self._expect_reader()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        self._forget_reader()
        super().connection_lost(exc)

    def _answers(self) -> bool:
        """Whether a request is being answered; before the first one there is no cycle, whatever uvicorn's types say."""
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _expect(self) -> None:
        if self._let_go is None:
            self._let_go = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._let_go is not None:
            self._let_go.cancel()
            self._let_go = None

    def _expect_reader(self) -> None:
        if self._give_up is None:
            self._give_up = self.loop.call_later(TAKEN_WITHIN, self._abandon)

    def _abandon(self) -> None:
        self._give_up = None
        if self.transport.get_write_buffer_size():  # closing would wait for it to be read
            self.transport.abort()

    def _forget_reader(self) -> None:
        if self._give_up is not None:
            self._give_up.cancel()
            self._give_up = None
