"""That the web server ends: for answers that would never end by themselves."""

import threading


class Closing:
    """Says once that it is over; may be asked from any thread."""

    def __init__(self) -> None:
        self._over = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether the server ends."""
        return self._over.is_set()

    def close(self) -> None:
        """End soon."""
        self._over.set()
