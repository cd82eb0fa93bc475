"""`alertd run`: the daemon."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option
from alertd.cli.signals import Signals, StoppedEarly

if TYPE_CHECKING:
    import socket

    from alertd.daemon.edits import Edits
    from alertd.daemon.house import House
    from alertd.daemon.service import Service
    from alertd.daemon.setup import Setup
    from alertd.daemon.systemd import Systemd
    from alertd.errors import Mistake
    from alertd.web.server import WebServer

ALIVE_WITHIN = 30.0
"""Seconds since the scheduler's last sign of life after which the watchdog is no longer fed."""


@click.command("run")
@config_option
def command(config: Path) -> int:
    """Watch the fleet and tell people, until told to stop.

    An edited config, rule file or template is read again at once, and on SIGHUP.
    """
    signals = Signals()
    signals.heed()
    try:
        return _watch(config, signals)
    except StoppedEarly:
        return 0


def _watch(config: Path, signals: Signals) -> int:
    """All of it, beginning with the imports, which take most of a start."""
    from alertd.cli.logging import start_logging
    from alertd.clock import monotonic, wall
    from alertd.daemon.edits import Edits
    from alertd.daemon.house import House
    from alertd.daemon.service import Service
    from alertd.daemon.setup import load_setup
    from alertd.daemon.stores import open_for_work
    from alertd.daemon.systemd import Systemd
    from alertd.daemon.tally import Tally

    edits = Edits(config, signals.note_edit)
    setup = load_setup(config, lean=True)
    start_logging(setup.settings.logging, stream=sys.stdout)
    signals.keep_order()
    store = open_for_work(setup.config)
    systemd = Systemd()
    tally = Tally()
    service = Service(store, wall, monotonic, tally=tally)
    web: WebServer | None = None
    try:
        if not signals.stopping():
            listener = _listen(setup)
            service.start(setup)
            if listener is not None:
                web = _serve(listener, House(service, store, tally, wall, monotonic))
                _say_where(listener)
            edits.follow(setup.config)
            _spare_the_collector()
            systemd.ready("watching")
        while not signals.stopping():
            signals.wait(1.0)
            service.tick()
            if monotonic() - service.alive_at < ALIVE_WITHIN:
                systemd.alive()
            _reload_if_told(signals, service, config, systemd, edits)
        systemd.stopping()
        edits.stop()
        if web is not None:
            web.stop()
        service.stop()
    finally:
        store.close()
    return 0


def _listen(setup: "Setup") -> "socket.socket | None":
    """The web server's socket, before anything works: a port that somebody else has is the user's to settle."""
    address = setup.settings.http.listen
    if address is None:
        return None
    from alertd.web.server import bind

    return bind(address)


def _serve(listener: "socket.socket", house: "House") -> "WebServer":
    from alertd.web.app import application
    from alertd.web.server import WebServer

    web = WebServer(application(house), listener)
    web.start()
    return web


def _say_where(listener: "socket.socket") -> None:
    from alertd.logs import logger

    host, port = listener.getsockname()[:2]
    logger(__name__).info("web.listening", url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")


def _reload_if_told(signals: Signals, service: "Service", config: Path, systemd: "Systemd", edits: "Edits") -> None:
    if signals.take_edit() and edits.are_new():
        signals.ask_reload()
    if not signals.stopping() and signals.take_reload():
        edits.are_new()  # what is read now need not be read again
        if not _reload(service, config, systemd, edits):
            signals.ask_reload()  # the next look tries again


def _reload(service: "Service", config: Path, systemd: "Systemd", edits: "Edits") -> bool:
    """All valid, or nothing changes and the refusal is told; False where the store failed on the way."""
    from alertd.clock import monotonic
    from alertd.daemon.setup import load_setup
    from alertd.errors import ConfigError, StoreError
    from alertd.logs import logger

    systemd.reloading(monotonic())
    try:
        try:
            setup = load_setup(config, lean=True)
        except ConfigError as error:
            _refuse(service, error.mistakes)
            edits.follow_refused(config)
            status = "watching; the last reload was refused"
        else:
            _change_over(service, setup)
            edits.follow(setup.config)
            status = "watching"
    except StoreError as error:
        logger(__name__).error("store.failed", during="reload", error=str(error))
        return False
    systemd.ready(status)
    return True


def _refuse(service: "Service", mistakes: "list[Mistake]") -> None:
    from alertd.logs import logger

    for mistake in mistakes:
        logger(__name__).error("reload.refused", mistake=str(mistake))
    service.refuse_reload({mistake.file.name: str(mistake) for mistake in reversed(mistakes)})


def _change_over(service: "Service", setup: "Setup") -> None:
    from alertd.cli.logging import start_logging
    from alertd.logs import logger

    start_logging(setup.settings.logging, stream=sys.stdout)
    service.reload(setup)
    _spare_the_collector()
    logger(__name__).info("reload.done", rules=len(setup.rules))


def _spare_the_collector() -> None:
    """What is there after a start mostly stays: to look for garbage in it again and again is a tenth of a poll."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
