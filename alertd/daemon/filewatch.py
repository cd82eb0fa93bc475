"""Notices edits beside a set-up: a thread that waits for the system's word, and says when it has been quiet again."""

import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

from alertd.config.load import Config
from alertd.daemon.editions import folders_of, marks_of
from alertd.logs import logger

log = logger(__name__)

QUIET = 500
"""Milliseconds without another change after which an edit is over: an editor writes aside and renames."""
AT_MOST = 10_000
"""Milliseconds that changes on end are waited for: a checkout of many files."""
LOOK_AFTER = 5_000
"""Milliseconds after which a silent watch is looked at: the folder it watches may have been moved away."""
TRY_AGAIN_AFTER = 30.0
"""Seconds until a watch that the system refused is tried again."""


class FileWatch(threading.Thread):
    """Calls `edited` after a change in one of the config's folders; started once, ended by `stop`."""

    def __init__(self, config: Config, edited: Callable[[], None]) -> None:
        super().__init__(name="filewatch", daemon=True)
        self._config = config
        self._edited = edited
        self._ended = threading.Event()
        self._failed = False

    def stop(self, within: float = 2.0) -> None:
        """End it; waits for its end for so many seconds at most."""
        self._ended.set()
        self.join(within)

    def run(self) -> None:
        """Watch, and begin anew whenever a folder came, went or was replaced."""
        while not self._ended.is_set():
            folders = folders_of(self._config)
            try:
                self._watch(folders)
            except (OSError, RuntimeError) as error:
                # A folder that went between two lines above is there or gone on the next look; a limit of the system's
                # on watches stays, and then only SIGHUP reloads.
                if not self._failed and folders == folders_of(self._config):
                    self._failed = True
                    log.warning("watch.failed", error=str(error))
                self._ended.wait(TRY_AGAIN_AFTER if self._failed else QUIET / 1000)

    def _watch(self, folders: list[Path]) -> None:
        marks = marks_of(folders)
        rounds = watch(
            *folders,
            watch_filter=None,
            debounce=AT_MOST,
            step=QUIET,
            stop_event=self._ended,
            rust_timeout=LOOK_AFTER,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        )
        for changes in rounds:
            self._failed = False
            moved = folders != folders_of(self._config) or marks != marks_of(folders)
            if changes or moved:
                self._edited()
            if moved:
                return
