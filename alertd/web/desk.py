"""What a person may ask the daemon or have it do, as commands can: the answers are the commands' own JSON.

A part of the House. Whatever asks for something that is not, or in words that nobody understands, raises a UsageError
of one line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alertd.model import Alert, Instrument
from alertd.notify.silences import Silence
from alertd.present import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceWish:
    """A silence as it was asked for, in the words of `alertd silence add`."""

    matchers: Sequence[str]
    reason: str
    author: str
    lasts: str | None = None
    until: str | None = None
    until_resolved: bool = False
    start: str | None = None
    rrule: str | None = None
    timezone: str | None = None


class Desk(Protocol):
    """What commands and web pages have in common."""

    def fleet(self) -> list[Instrument]:
        """The watched instruments, by serial, with the config's labels."""

    def alerts_now(self) -> list[Alert]:
        """What `alertd alerts` lists: pending, firing and flapping ones, newest first, none in shadow."""

    def acknowledge(self, alert_id: str, *, by: str, lasts: str | None, note: str) -> Json:
        """As `alertd ack`."""

    def silences_json(self, silences: Iterable[Silence]) -> list[Json]:
        """As `alertd silence list`."""

    def add_silence(self, wish: SilenceWish) -> Json:
        """As `alertd silence add`."""

    def expire_silence(self, silence: Silence) -> Json:
        """As `alertd silence expire`."""

    def would_hold(self, matchers: Sequence[str]) -> tuple[list[Alert], list[Instrument]]:
        """What a silence would hold now: alerts, and monitors that may have some."""

    def preview_silence(self, matchers: Sequence[str]) -> Json:
        """As `alertd silence preview`."""

    def rules_json(self) -> list[Json]:
        """As `alertd rules`."""

    def effective_json(self, serial: str) -> list[Json]:
        """As `alertd rules show`."""

    def why_json(self, subject: str, rule: str, at: datetime | None) -> Json:
        """As `alertd why`; None is now."""

    def render_json(self, alert_id: str, channel: str) -> Json:
        """As `alertd render`, and the templates and texts that failed, as `failures`."""

    def drill_json(self, *, rule: str, instrument: str, receiver: str) -> Json:
        """What `alertd drill` prints, as `items`, and its warnings, as `warnings`."""

    def send_again(self, delivery_id: int) -> bool:
        """Let a dead letter's target hear what it did not; False where it is not dead, or nothing is left to say."""
