"""What the threads share that work whenever there is something to do, as long as the daemon runs."""

import threading


class Worker(threading.Thread):
    """Waits on `_wake` between two pieces of work, and ends soon after `_stopping` is set."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._wake = threading.Event()
        self._stopping = threading.Event()

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def stop(self) -> None:
        """End after what is being done; does not wait."""
        self._stopping.set()
        self._wake.set()
