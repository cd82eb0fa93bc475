"""How MyCirrus answers: from outcomes of requests to the own alerts ApiUnreachable and ApiKeyRefused."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.alerts.own import Condition
from alertd.errors import ApiError, KeyRefused, NotAllowed
from alertd.model import Alert, Source

API = "MyCirrus API"
LISTING = "instruments"
JUDGED = ("ApiUnreachable", "ApiKeyRefused")
FORBIDDEN = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one round heard of the API; `endpoint` is the source's name, or `instruments` for the listing."""

    endpoint: str
    answered: int
    contained: int = 0
    """Answers of 403 or 404 for one instrument."""
    forbidden: int = 0
    """403s among them."""
    failure: ApiError | None = None

    @property
    def refused(self) -> ApiError | None:
        """The key was refused: 401 anywhere, or 403 for every instrument of the source."""
        if isinstance(self.failure, KeyRefused):
            return self.failure
        if self.forbidden and not self.answered and self.forbidden == self.contained and self.failure is None:
            return KeyRefused(f"403 for every instrument of {self.endpoint}: the key lacks the scope")
        if isinstance(self.failure, NotAllowed) and self.failure.status == FORBIDDEN:
            return KeyRefused(f"403 for {self.endpoint}: the key lacks the scope")
        return None

    @property
    def usable(self) -> bool:
        """Whether somebody was answered for; a refusal is an answer, 404 for all that was asked is none."""
        return self.answered > 0 or self.refused is not None


class ApiHealth:
    """Keeps the conditions that stand; not thread-safe, the poller's lock guards it."""

    def __init__(
        self,
        unreachable_after: timedelta,
        sources: Collection[Source],
        active: Iterable[Alert],
        failing_since: datetime | None,
    ) -> None:
        self._unreachable_after = unreachable_after
        self.failing_since = failing_since
        """Since when no request had a usable answer; None while they have."""
        endpoints = {API, LISTING, *(source.value for source in sources)}
        self._standing = {
            (alert.rule, alert.subject): Condition(
                rule=alert.rule, about=alert.subject, explanation=alert.explanation, labels=_own_labels(alert)
            )
            for alert in active
            if alert.own and alert.rule in JUDGED and alert.subject in endpoints
        }

    def hear(self, heard: Heard, now: datetime) -> list[Condition]:
        """The conditions that stand after a round."""
        if heard.usable:
            self.failing_since = None
            self._standing.pop(("ApiUnreachable", API), None)
        elif heard.failure is not None or heard.contained:
            self.failing_since = self.failing_since or now
            if now - self.failing_since >= self._unreachable_after:
                why = heard.failure or f"404 for every instrument of {heard.endpoint}"
                self._stand("ApiUnreachable", API, f"no usable answer from MyCirrus: {why}", {})
        refused = heard.refused
        if refused is not None:
            whole = isinstance(heard.failure, KeyRefused)
            about, labels = (API, {}) if whole else (heard.endpoint, {"endpoint": heard.endpoint})
            self._stand("ApiKeyRefused", about, str(refused), labels)
        elif heard.answered:
            self._standing.pop(("ApiKeyRefused", API), None)
            self._standing.pop(("ApiKeyRefused", heard.endpoint), None)
        return list(self._standing.values())

    def clock_stepped(self, step: timedelta) -> None:
        """Keep the time without an answer what it was."""
        if self.failing_since is not None:
            self.failing_since += step

    def _stand(self, rule: str, about: str, explanation: str, labels: dict[str, str]) -> None:
        kept = self._standing.get((rule, about))
        if kept is None:
            self._standing[rule, about] = Condition(rule=rule, about=about, explanation=explanation, labels=labels)


def _own_labels(alert: Alert) -> dict[str, str]:
    return {"endpoint": alert.labels["endpoint"]} if "endpoint" in alert.labels else {}


def heard(source: Source, outcomes: Iterable[ApiError | None]) -> Heard:
    """Sum up a source's round from each instrument's outcome, None for an answer."""
    answered = contained = forbidden = 0
    failure: ApiError | None = None
    for error in outcomes:
        if error is None:
            answered += 1
        elif isinstance(error, NotAllowed):
            contained += 1
            forbidden += error.status == FORBIDDEN
        else:
            failure = failure or error
    return Heard(endpoint=source.value, answered=answered, contained=contained, forbidden=forbidden, failure=failure)
