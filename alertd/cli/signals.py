"""What a service manager or a keyboard asks of `alertd run`. Light to import: it is there before anything slow."""

import signal
from queue import Empty, SimpleQueue


class StoppedEarly(BaseException):
    """A stop while nothing was open yet. No Exception, so that nothing on the way takes it for a failure."""


class Signals:
    """Notes SIGTERM and SIGINT as a wish to stop, SIGHUP as one to reload.

    Until `keep_order`, a stop ends whatever goes on at once, by StoppedEarly in the main thread. The handlers set
    plain marks and fill a SimpleQueue, which is made to be filled in the middle of anything; a threading.Event is not:
    set by a handler while the main thread was just about to wait for it, it would wait for itself.
    """

    def __init__(self) -> None:
        self._stop = False
        self._reload = False
        self._edited = False
        self._at_once = True
        self._came: SimpleQueue[None] = SimpleQueue()

    def heed(self) -> None:
        """Set the handlers. In the main thread only."""
        signal.signal(signal.SIGTERM, self._note_stop)
        signal.signal(signal.SIGINT, self._note_stop)
        signal.signal(signal.SIGHUP, self._note_reload)

    def keep_order(self) -> None:
        """From now on a stop is only noted: something is open, or at work, that wants to be ended in order."""
        self._at_once = False

    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop

    def wait(self, seconds: float) -> None:
        """Until a signal comes, so long at most."""
        try:
            self._came.get(timeout=seconds)
        except Empty:
            return

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last time; one that comes later counts anew."""
        asked, self._reload = self._reload, False
        return asked

    def ask_reload(self) -> None:
        """As SIGHUP does, but for waking up."""
        self._reload = True

    def note_edit(self) -> None:
        """Some file may have changed: called by the watch's thread."""
        self._edited = True
        self._came.put(None)

    def take_edit(self) -> bool:
        """Whether some file may have changed since the last time."""
        edited, self._edited = self._edited, False
        return edited

    def _note_stop(self, *_: object) -> None:
        self._stop = True
        self._came.put(None)
        if self._at_once:
            self._at_once = False
            raise StoppedEarly

    def _note_reload(self, *_: object) -> None:
        self._reload = True
        self._came.put(None)
