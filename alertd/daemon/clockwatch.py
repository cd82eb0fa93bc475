"""Notices when the wall clock is set, against the time since boot, and tells it as ClockStepped."""

from datetime import timedelta

from alertd.alerts.own import Condition
from alertd.clock import Clock, Monotonic
from alertd.daemon.own_alerts import OwnAlerts
from alertd.errors import StoreError
from alertd.logs import logger
from alertd.notify.render_words import duration

log = logger(__name__)

RULE, ABOUT = "ClockStepped", "wall clock"
NOTICED = 2.0
"""Seconds by which the two clocks may part between two looks; slewing by NTP stays far below."""
TOLD = 60.0
"""Seconds of a step that people should know of."""
CLOSE = 5.0
"""Seconds between two looks; over a longer time, such as a sleep of the machine, nobody can say what was a step."""
OVER_AFTER = 600.0
"""Seconds since boot after which a step is history."""


class ClockWatch:
    """Looks once a second. One thread looks; `unsettled` may be asked from any."""

    def __init__(self, wall: Clock, since_boot: Monotonic) -> None:
        self._wall = wall
        self._since_boot = since_boot
        self._looked_at = since_boot()
        self._ahead = self._difference()
        self._stepped_at: float | None = None
        self._untold: Condition | None = None

    def look(self) -> timedelta:
        """By how much the wall clock stepped since the last look; zero where it hardly did."""
        now, ahead = self._since_boot(), self._difference()
        step, apart = ahead - self._ahead, now - self._looked_at
        self._looked_at, self._ahead = now, ahead
        if abs(step) <= NOTICED:
            return timedelta(0)
        log.warning("clock.stepped", seconds=round(step, 1))
        if abs(step) > TOLD and apart <= CLOSE:
            self._stepped_at = now
            self._untold = Condition(rule=RULE, about=ABOUT, explanation=_words(step))
        return timedelta(seconds=step)

    def tell(self, own: OwnAlerts) -> None:
        """Begin and end the alert; where the store fails, the next call tries again."""
        over = self._stepped_at is not None and self._since_boot() - self._stepped_at >= OVER_AFTER
        if self._untold is None and not over:
            return
        try:
            own.change([self._untold] if self._untold else (), [(RULE, ABOUT)] if over else ())
        except StoreError:
            return  # whoever polls says so
        self._untold = None
        if over:
            self._stepped_at = None

    def take_over(self, own: OwnAlerts) -> None:
        """At start: an alert that a process before left firing has its ten minutes from now on."""
        if self._stepped_at is None and ABOUT in own.active(RULE):
            self._stepped_at = self._since_boot()

    @property
    def unsettled(self) -> bool:
        """Whether the wall clock stepped within the last ten minutes, noticed or not yet: no lease may count that."""
        return self._stepped_at is not None or abs(self._difference() - self._ahead) > NOTICED

    def _difference(self) -> float:
        return self._wall().timestamp() - self._since_boot()


def _words(step: float) -> str:
    way = "forward" if step > 0 else "back"
    return f"the wall clock was set {way} by {duration(abs(step))}"
