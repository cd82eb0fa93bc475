"""Time in the simulator: a clock that runs fast, and how fast a story is told on a clock that does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.clock import Monotonic, monotonic


class SimulatedClock:
    """A `Clock` on which `speed` seconds pass in each real one. Simulator and daemon share one."""

    def __init__(self, start: datetime, speed: float = 1.0, real: Monotonic = monotonic) -> None:
        if not speed > 0:
            raise ValueError(f"time must go forward: a speed of {speed} does not")
        self.start = start
        self.speed = speed
        self._real = real
        self._origin = real()

    def __call__(self) -> datetime:
        """The simulated time now, in UTC."""
        return self.start + timedelta(seconds=(self._real() - self._origin) * self.speed)

    def monotonic(self) -> float:
        """Simulated seconds: a `Monotonic` that keeps step with this clock."""
        return self._real() * self.speed


@dataclass(frozen=True, slots=True)
class Tempo:
    """How the story's time follows the clock's: from `start` on `speed` times as fast, before it as fast.

    A fleet told at speed 60 on the real clock has its third hour after three real minutes, and every record carries the
    real time at which it happened, so that an alertd on the real clock reads it like any other.
    """

    start: datetime
    speed: float = 1.0

    def story(self, at: datetime) -> float:
        """Seconds of the story that have passed at this time; negative before its start."""
        seconds = (at - self.start).total_seconds()
        return seconds * self.speed if seconds > 0 else seconds

    def time(self, story: float) -> datetime:
        """When this second of the story is."""
        return self.start + timedelta(seconds=story / self.speed if story > 0 else story)
