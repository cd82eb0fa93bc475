"""What a person may ask the daemon or have it do over HTTP: see alertd/web/desk.py."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from alertd.config.settings import Settings
from alertd.daemon.acking import acknowledge
from alertd.daemon.asked import named_monitor
from alertd.daemon.drill import Wish, drill
from alertd.daemon.fleet import fleet_of
from alertd.daemon.listing import alerts_now, rule_facts
from alertd.daemon.muting import Muting
from alertd.daemon.setup import Setup
from alertd.daemon.showing import placed, show
from alertd.daemon.silence_terms import Asked
from alertd.daemon.silencing import add_silence, expire_silence, held
from alertd.daemon.why import why
from alertd.daemon.words import read_matchers
from alertd.logs import redact
from alertd.model import Alert, Instrument
from alertd.notify.silences import Silence, SilenceState
from alertd.present import Json, acked_json, message_json, rule_json, silence_json, tried_json
from alertd.present_why import effective_json, reasons_json
from alertd.rules.rule import Rule
from alertd.store.dead_letters import SaidAgain
from alertd.store.store import Store
from alertd.web.desk import SilenceWish
from alertd.web.house import StatedSilence


class _Around(Protocol):
    """What the House has beside it."""

    store: Store

    @property
    def setup(self) -> Setup: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def rules(self) -> Sequence[Rule]: ...

    def now(self) -> datetime: ...

    def alerts_json(self, alerts: Iterable[Alert]) -> list[Json]: ...

    def stated(self, silences: Iterable[Silence]) -> list[StatedSilence]: ...

    def would_hold(self, matchers: Sequence[str]) -> tuple[list[Alert], list[Instrument]]: ...


class Desk:
    """A part of the House."""

    def fleet(self: _Around) -> list[Instrument]:
        """See the protocol."""
        return fleet_of(self.store.instruments(), self.settings.instruments)

    def alerts_now(self: _Around) -> list[Alert]:
        """See the protocol."""
        return alerts_now(self.store, Muting.look(self.store, self.settings, self.rules, self.now()))

    def acknowledge(self: _Around, alert_id: str, *, by: str, lasts: str | None, note: str) -> Json:
        """See the protocol."""
        return acked_json(acknowledge(self.store, alert_id, by=by, lasts=lasts, note=note, now=self.now()))

    def silences_json(self: _Around, silences: Iterable[Silence]) -> list[Json]:
        """See the protocol."""
        return [silence_json(*each) for each in _stated(self, silences)]

    def add_silence(self: _Around, wish: SilenceWish) -> Json:
        """See the protocol."""
        now = self.now()
        asked = Asked(
            matchers=read_matchers(wish.matchers),
            lasts=wish.lasts,
            until=wish.until,
            until_resolved=wish.until_resolved,
            start=wish.start,
            rrule=wish.rrule,
            timezone=wish.timezone,
            reason=wish.reason,
            author=wish.author,
        )
        silence = add_silence(self.store, asked, now)
        return silence_json(silence, "active" if silence.starts_at <= now else "pending")

    def expire_silence(self: _Around, silence: Silence) -> Json:
        """See the protocol."""
        ((_, state),) = _stated(self, [silence])
        expire_silence(self.store, silence.id, state, self.now())
        return silence_json(self.store.standing.silence(silence.id) or silence, "expired")

    def would_hold(self: _Around, matchers: Sequence[str]) -> tuple[list[Alert], list[Instrument]]:
        """See the protocol."""
        muting = Muting.look(self.store, self.settings, self.rules, self.now())
        found = held(self.store, self.settings, self.rules, read_matchers(matchers), muting)
        return list(found.alerts), list(found.instruments)

    def preview_silence(self: _Around, matchers: Sequence[str]) -> Json:
        """See the protocol."""
        alerts, instruments = self.would_hold(matchers)
        return {"alerts": self.alerts_json(alerts), "instruments": [each.serial for each in instruments]}

    def rules_json(self: _Around) -> list[Json]:
        """See the protocol."""
        rules = self.rules
        facts = rule_facts(self.store, self.settings, rules)
        return [rule_json(rule, facts.watched[rule.name], facts.unsent.get(rule.name)) for rule in rules]

    def effective_json(self: _Around, serial: str) -> list[Json]:
        """See the protocol."""
        setup = self.setup
        instrument = named_monitor(serial, self.store.instruments(), setup.settings.instruments)
        return [effective_json(rule, instrument, setup.config) for rule in setup.rules]

    def why_json(self: _Around, subject: str, rule: str, at: datetime | None) -> Json:
        """See the protocol."""
        now, setup = self.now(), self.setup
        found = why(setup.config, self.store, setup.rules, (subject, rule), now=now, at=at or now)
        return reasons_json(found, setup.config)

    def render_json(self: _Around, alert_id: str, channel: str) -> Json:
        """See the protocol."""
        setup = self.setup
        rendered = show(setup, self.store, alert_id, channel, self.now())
        failures = [str(placed(setup, failure)) for failure in rendered.failures]
        return {**message_json(rendered.message), "failures": failures}

    def drill_json(self: _Around, *, rule: str, instrument: str, receiver: str) -> Json:
        """See the protocol."""
        done = drill(self.setup, self.store, Wish(rule=rule, instrument=instrument, receiver=receiver), self.now())
        items = [{**tried_json(each), "error": redact(each.error)} for each in done.tried]
        return {"items": items, "warnings": [redact(warning) for warning in done.warnings]}

    def send_again(self: _Around, delivery_id: int) -> bool:
        """See the protocol."""
        return self.store.say_again(delivery_id, self.now()) in {SaidAgain.OWED, SaidAgain.QUEUED}


def _stated(house: _Around, silences: Iterable[Silence]) -> list[tuple[Silence, SilenceState]]:
    """Each with its state; of a series in each monitor's zone by the clocks of the monitors that it covers."""
    return [(each.silence, each.state) for each in house.stated(silences)]
