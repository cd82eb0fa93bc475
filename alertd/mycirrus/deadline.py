"""A deadline for a whole HTTP exchange: one thread that shuts down the socket of each that is overdue.

Time-outs of sockets are for each receive, so an answer that drips in outlives them; only closing the socket from
outside ends a blocked receive at once. The same way ends all that is in flight when the daemon stops.
"""

import contextlib
import os
import socket
import threading
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from alertd.clock import monotonic


class Watch:
    """One exchange under a deadline; knows the socket that it runs on."""

    __slots__ = ("_lock", "_socket", "connected", "due", "expired")

    def __init__(self, due: float) -> None:
        self.due = due
        """On alertd.clock.monotonic."""
        self.expired = False
        """The deadline passed, or everything was aborted: whatever came of the exchange is not to be trusted."""
        self.connected = False
        """A new connection was made for it."""
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def over(self, handle: socket.socket) -> None:
        """From now on the exchange runs over this socket."""
        with self._lock:
            self._socket = handle
            expired = self.expired
        if expired:
            _shut(handle)

    def expire(self) -> None:
        """End it: its blocked call returns at once with an error."""
        with self._lock:
            self.expired = True
            handle = self._socket
        if handle is not None:
            _shut(handle)


class Watchdog:
    """Ends every exchange that outlives its deadline, from one thread that sleeps when there is none."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._watches: set[Watch] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at: float | None = None
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether everything was ended."""
        return self._stopped

    def watch(self, seconds: float) -> Watch:
        """Start the clock of one exchange in this thread; `release` must follow."""
        watch = Watch(monotonic() + seconds)
        with self._wake:
            self._watches.add(watch)
            if self._stopped:
                watch.expired = True
            elif self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mycirrus-deadline", daemon=True)
                self._thread.start()
            elif self._wakes_at is None or watch.due < self._wakes_at:
                self._wake.notify()
        _running.watch = watch
        return watch

    def release(self, watch: Watch) -> None:
        """The exchange is over."""
        _running.watch = None
        with self._wake:
            self._watches.discard(watch)

    def stop(self) -> None:
        """End everything in flight, and whatever is started after."""
        with self._wake:
            self._stopped = True
            watches = list(self._watches)
            self._wake.notify()
        for watch in watches:
            watch.expire()

    def _run(self) -> None:
        with self._wake:
            while not self._stopped:
                now = monotonic()
                for watch in [watch for watch in self._watches if watch.due <= now]:
                    self._watches.discard(watch)
                    watch.expire()
                self._wakes_at = min((watch.due for watch in self._watches), default=None)
                self._wake.wait(None if self._wakes_at is None else self._wakes_at - now)


class _Running(threading.local):
    """The exchange of this thread, for the connection it takes from the pool."""

    watch: Watch | None = None


_running = _Running()


class _Watched(HTTPConnection):
    """A connection that tells the running exchange's watch which socket it uses.

    The watch gets a duplicate: TLS takes the first socket object's file descriptor away.
    """

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        watch = _running.watch
        if watch is None:
            return super()._new_conn()
        watch.connected = True
        trouble: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self._dns_host, self.port, 0, socket.SOCK_STREAM):
            if watch.expired:
                break
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as error:  # a family that this machine does not speak
                trouble = error
                continue
            try:
                self._prepare(sock, watch)
                sock.connect(address)
            except OSError as error:
                trouble = error
                sock.close()
            else:
                return sock
        raise trouble

    def _prepare(self, sock: socket.socket, watch: Watch) -> None:
        """Put the socket under the watch before it connects, for that can hang as well."""
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        self._forget()
        self._handle = socket.socket(fileno=os.dup(sock.fileno()))
        watch.over(self._handle)
        # All addresses of a name share the one deadline.
        sock.settimeout(max(0.001, watch.due - monotonic()))

    def request(self, *args: Any, **kwargs: Any) -> None:
        watch = _running.watch
        if watch is not None and self._handle is not None:
            watch.over(self._handle)
        super().request(*args, **kwargs)

    def close(self) -> None:
        super().close()
        self._forget()

    def _forget(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()


class _WatchedSecure(_Watched, HTTPSConnection):
    """The same over TLS; the handshake counts too."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _WatchedSecure


_POOLS = {"http": _Pool, "https": _SecurePool}


class WatchedAdapter(HTTPAdapter):
    """requests' adapter to one host, over connections that a Watchdog can end, through a proxy as well.

    Every request has the same host, proxies and certificates, so the pool that serves the first one serves all.
    """

    _pool: Any = None

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The pools for connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # those bring connections of their own
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The one pool; to find it anew takes a fifth of a request."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool


def _shut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already: good
        handle.shutdown(socket.SHUT_RDWR)
