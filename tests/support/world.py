"""A small world on a virtual clock: real config, rules, decisions and store; a fleet and channels that a test moves.

    world.at("0m").voltage("QT1", 11.2).at("12m").voltage("QT1", 12.4)
    world.expect(told("mail", "first", at="0m"), told("mail", "all_resolved", at="12m"))
    world.run(until="1h")

Anything that is told and not expected fails, and so does anything expected that was not told.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from alertd.config.durations import parse_duration
from alertd.daemon.compose import Parts, compose
from alertd.daemon.deliverer import Attempt
from alertd.daemon.setup import Setup, load_setup
from alertd.daemon.timetable import Timetable
from alertd.errors import ApiError
from alertd.matchers import parse_matcher
from alertd.model import Source, State, Value
from alertd.notify.outcome import Failed
from alertd.notify.silences import Silence
from alertd.notify.standing import Ack
from alertd.store.store import Store
from tests.support.fakes import UNREACHABLE, FakeChannels, FakeClient

START = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)
TICK = timedelta(minutes=1)

LOW_VOLTAGE = {
    "alert": "LowVoltage",
    "when": "current.voltage < 11.3",
    "until": "current.voltage >= 11.6",
    "severity": "critical",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """One message that must come, in its place in the order of its target."""

    target: str
    reason: str
    at: str
    contains: tuple[str, ...]


def told(target: str, reason: str, *, at: str, contains: tuple[str, ...] | str = ()) -> Expected:
    """`at` is after the start."""
    words = (contains,) if isinstance(contains, str) else contains
    return Expected(target, reason, at, words)


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that came."""

    target: str
    reason: str
    at: str
    text: str


class World:
    """See the module's text."""

    def __init__(
        self, folder: Path, *rules: dict[str, object], serials: tuple[str, ...] = ("QT1",), **config: object
    ) -> None:
        self.folder = folder
        self.client = FakeClient()
        self.client.add(*serials)
        self.channels = FakeChannels()
        self.now = START
        self.heard: list[Heard] = []
        self.attempts: list[Attempt] = []
        """Every attempt to send, in order."""
        self.edit: Callable[[Setup], Setup] = lambda setup: setup
        """What is done to each set-up after it was read."""
        self._expected: list[Expected] = []
        self._plan: list[tuple[timedelta, Callable[[], None]]] = []
        self._cursor = timedelta(0)
        self._config = config
        self._skip_until = START
        self.write_rules(*rules)
        self.write_config()
        self.store: Store
        self.parts: Parts
        self._start()

    # -- the timetable ---------------------------------------------------------------------------------------------

    def at(self, when: str) -> "World":
        """What follows happens so long after the start."""
        self._cursor = parse_duration(when)
        return self

    def does(self, action: Callable[[], None]) -> "World":
        """Anything."""
        self._plan.append((self._cursor, action))
        return self

    def voltage(self, serial: str, volts: float | None) -> "World":
        return self.does(lambda: self.client.current[serial].update(voltage=volts))

    def value(self, serial: str, name: str, value: Value | None) -> "World":
        return self.does(lambda: self.client.current[serial].update({name: value}))

    def online(self, serial: str, is_online: bool) -> "World":
        return self.does(lambda: self.client.online.update({serial: is_online}))

    def sic(self, serial: str, status: str) -> "World":
        return self.record(Source.SIC, serial, {"status": status, "hz500": 55.0, "khz1": 48.0, "khz8": 35.0})

    def record(self, source: Source, serial: str, values: dict[str, Value]) -> "World":
        when = START + self._cursor
        return self.does(lambda: self.client.record(source, serial, when, values))

    def fails(self, what: str, error: ApiError = UNREACHABLE) -> "World":
        """A source, a serial, or `*`."""
        return self.does(lambda: self.client.failing.update({what: error}))

    def heals(self, what: str) -> "World":
        return self.does(lambda: self.client.failing.pop(what, None) and None)

    def target_down(self, target: str, *, maybe: bool = False) -> "World":
        return self.does(lambda: self.channels.down.update({target: Failed("HTTP 500", maybe=maybe)}))

    def target_up(self, target: str) -> "World":
        return self.does(lambda: self.channels.down.pop(target, None) and None)

    def add(self, serial: str) -> "World":
        return self.does(lambda: self.client.add(serial))

    def remove(self, serial: str) -> "World":
        return self.does(lambda: self.client.fleet.pop(serial) and None)

    def rules(self, *rules: dict[str, object]) -> "World":
        """The rule file is edited and read again."""
        return self.does(lambda: (self.write_rules(*rules), self.start_again())[1])

    def config(self, **config: object) -> "World":
        """The config is edited and read again."""
        return self.does(lambda: (self._config.update(config), self.write_config(), self.start_again())[2])

    def clock_steps(self, span: timedelta) -> "World":
        """The wall clock is set by so much."""

        def step() -> None:
            self.now += span
            self._timetable = Timetable(self.parts)  # as the schedule is armed anew
            self.parts.poller.clock_stepped(span)

        return self.does(step)

    def restart(self) -> "World":
        return self.does(self.start_again)

    def stopped_for(self, span: str) -> "World":
        """alertd is down for so long."""
        return self.does(lambda: setattr(self, "_skip_until", self.now + parse_duration(span)))

    def silence(
        self, *matchers: str, until: str | None = None, reason: str = "battery swap", **more: object
    ) -> "World":
        """Somebody silences what matches, from now on; `until` is after the start."""
        begin = START + self._cursor

        def add() -> None:
            silence = Silence(
                id=f"s{len(self.store.standing.silences())}",
                matchers=tuple(map(parse_matcher, matchers)),
                starts_at=begin,
                ends_at=None if until is None else START + parse_duration(until),
                until_resolved=until is None and "rrule" not in more,
                reason=reason,
                created_at=begin,
            )
            self.store.standing.add_silence(replace(silence, **more))  # type: ignore[arg-type]

        return self.does(add)

    def expire(self, silence_id: str) -> "World":
        return self.does(lambda: self.store.standing.expire_silence(silence_id, self.now) and None)

    def ack(self, rule: str, serial: str, *, lasts: str | None = None) -> "World":
        """Somebody has it in hand."""

        def add() -> None:
            alert = next(a for a in self.store.active_alerts() if (a.rule, a.subject) == (rule, serial))
            until = None if lasts is None else self.now + parse_duration(lasts)
            ack = Ack(
                alert_id=alert.id,
                rule=rule,
                subject=serial,
                by="field",
                at=self.now,
                until=until,
                severity=alert.severity,
            )
            self.store.standing.add_ack(ack)

        return self.does(add)

    def expect(self, *messages: Expected) -> "World":
        self._expected += messages
        return self

    def run(self, until: str, *, step: str = "1m") -> None:
        """Live through it step by step, then compare."""
        self.run_to(until, step=step)
        self._compare()

    def run_to(self, until: str, *, step: str = "1m") -> None:
        """Live through it step by step; the test looks at `heard` itself."""
        end = START + parse_duration(until)
        plan = sorted(self._plan, key=lambda each: each[0])
        while self.now <= end:
            while plan and START + plan[0][0] <= self.now:
                plan.pop(0)[1]()
            if self.now >= self._skip_until:
                self._live()
            self.now += parse_duration(step)

    def tick(self, minutes: int = 1) -> None:
        """Time passes and what is due is done; nothing is compared."""
        self.now += minutes * TICK
        self._live()

    # -- looking ---------------------------------------------------------------------------------------------------

    def states(self) -> dict[tuple[str, str], str]:
        """The state of the newest alert of each (rule, subject) that ever fired or is pending."""
        newest: dict[tuple[str, str], str] = {}
        for alert in self.store.alerts(states=list(State)):
            if alert.fired_at or alert.state is State.PENDING:
                newest.setdefault((alert.rule, alert.subject), alert.state.value)
        return newest

    def close(self) -> None:
        self.store.close()

    # -- inside ----------------------------------------------------------------------------------------------------

    def write_rules(self, *rules: dict[str, object]) -> None:
        path = self.folder / "rules" / "world.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump({"rules": list(rules)}, sort_keys=False))

    def write_config(self) -> None:
        route = {
            "receiver": "team",
            "group_by": ["alertname", "instrument"],
            "group_wait": "0s",
            "group_interval": "1m",
            "repeat_interval": "4h",
        }
        every = {"status": "1m", "current": "1m", "stats": "off", "events": "off", "sic": "off", "calibrations": "off"}
        base: dict[str, object] = {
            "mycirrus": {"base_url": "http://127.0.0.1:9/v1", "api_key": "mycirrus-000000-0000000000000000"},
            "poll": {**every, **_mapping(self._config.get("poll"))},
            "rules": ["rules/*.yaml"],
            "receivers": [
                {"name": "team", "targets": [{"name": "mail", "url": "json://127.0.0.1:9/mail"}]},
            ],
            "route": {**route, **_mapping(self._config.get("route"))},
            "http": {"listen": "off"},
        }
        base.update({key: value for key, value in self._config.items() if key not in ("poll", "route")})
        (self.folder / "config.yaml").write_text(yaml.safe_dump(base, sort_keys=False))

    def _start(self) -> None:
        self.store = Store.open("sqlite:///alertd.db", base=self.folder, work=True, clock=lambda: self.now)
        self.store.release_leases(self.now, all_=True)
        self.read_again()

    def read_again(self) -> None:
        """As on a reload: new parts by the config as it is now, on the same store."""
        setup = self.edit(load_setup(self.folder / "config.yaml", {}))
        self.parts = compose(
            setup,
            self.store,
            clock=lambda: self.now,
            monotonic=lambda: (self.now - START).total_seconds(),  # noqa: PLW0108 - `now` moves
            client=self.client,  # type: ignore[arg-type]
            channels=self.channels,  # type: ignore[arg-type]
            noise=lambda: 0.5,
        )
        self._timetable = Timetable(self.parts)

    def start_again(self) -> None:
        """alertd is stopped and started."""
        self.store.close()
        self._start()

    def _live(self) -> None:
        attempts = self._timetable.run_due(self.now)
        self.attempts += attempts
        for attempt in attempts:
            if attempt.delivered:
                message = attempt.delivery.message
                self.heard.append(
                    Heard(
                        attempt.delivery.target,
                        attempt.delivery.reason.value,
                        _minutes(self.now - START),
                        f"{message.title}\n{message.body}",
                    )
                )

    def _compare(self) -> None:
        got = sorted((each.target, _span(each.at), each.reason) for each in self.heard)
        wanted = sorted((each.target, _span(each.at), each.reason) for each in self._expected)
        story = "\n".join(
            f"{each.at:>6} {each.target} {each.reason}: {each.text.splitlines()[0]}" for each in self.heard
        )
        assert got == wanted, f"told:\n{story}"
        for each in self._expected:
            texts = [
                h.text
                for h in self.heard
                if (h.target, _span(h.at), h.reason) == (each.target, _span(each.at), each.reason)
            ]
            for word in each.contains:
                assert any(word in text for text in texts), f"{word!r} is not in {texts}"


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)}m"


def _span(text: str) -> timedelta:
    return parse_duration(text)


NewWorld = Callable[..., World]
"""Makes a world of these rules and this config; the fixture `world` is one."""
