"""What a command line names: a rule, a monitor, an earlier time, and what an alert of alertd about itself is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.config.durations import format_duration
from alertd.config.settings import Instruments, Settings
from alertd.daemon.api_health import API, LISTING
from alertd.daemon.clockwatch import ABOUT as WALL_CLOCK
from alertd.daemon.fleet import fleet_of, watched
from alertd.errors import UsageError
from alertd.model import Instrument
from alertd.notify.render_templates import template_names
from alertd.rules.rule import Rule
from alertd.rules.suggest import did_you_mean


def named_rule(name: str, rules: Iterable[Rule]) -> Rule:
    """The rule of that name, or that had it once.

    Raises:
        UsageError: there is none.
    """
    rules = list(rules)
    found = next((rule for rule in rules if rule.name == name), None)
    found = found or next((rule for rule in rules if name in rule.was), None)
    if found is None:
        remedy = did_you_mean(name, (rule.name for rule in rules)) or ": alertd rules lists them"
        raise UsageError(f"there is no rule {name}{remedy}")
    return found


def named_monitor(serial: str, known: Sequence[Instrument], settings: Instruments) -> Instrument:
    """The watched monitor with that serial.

    Before the first listing any serial that the config lets in may be one.

    Raises:
        UsageError: there is none.
    """
    fleet = {each.serial: each for each in fleet_of(known, settings)}
    if serial in fleet:
        return fleet[serial]
    if serial in {each.serial for each in known}:
        raise UsageError(f"{serial} is not watched: instruments in the config leaves it out")
    if settings.discover and not known:
        supposed = watched(
            [Instrument(serial=serial)], include=settings.include, exclude=settings.exclude, labels=settings.labels
        )
        if supposed:
            return supposed[0]
    raise UsageError(f"there is no monitor {serial}{did_you_mean(serial, fleet) or ': alertd instruments lists them'}")


def earlier(option: str, text: str, now: datetime) -> datetime:
    """A time that is over: an ISO 8601 time, or `2h` for so long ago.

    Raises:
        UsageError: it is none, or yet to come.
    """
    from alertd.notify.silences import parse_earlier

    try:
        return parse_earlier(text, now)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAsk:
    """What one of alertd's alerts about itself asks."""

    kind: str
    """What it is about: `a target`."""
    subjects: tuple[str, ...]
    """Those that there are."""
    fires_when: str


def own_ask(name: str, settings: Settings, rules: Sequence[Rule], fleet: Iterable[Instrument]) -> OwnAsk:
    """What the own alert of that name is about, and when it fires."""
    down = settings.causes.site_down
    label = settings.causes.site_label
    sites = sorted({each.labels.get(label, "") for each in fleet} - {""})
    targets = tuple(target.name for receiver in settings.receivers for target in receiver.targets)
    sources = (LISTING, *(source.value for source in settings.poll.every))
    together = (
        "causes.site_down is on; it is off"
        if down is None
        else f"at least {down.at_least} and {down.share:.0%} of a site's monitors went offline within"
        f" {format_duration(down.within)} of each other"
    )
    asks = {
        "ApiUnreachable": ("MyCirrus", (API,), f"it gave no usable answer for {_span(settings)}"),
        "ApiKeyRefused": ("MyCirrus, or one of its sources", (API, *sources), "MyCirrus refused the key"),
        "SiteDown": ("a site", tuple(sites), together),
        "TargetFailing": ("a target", targets, "it did not take five messages in a row, or any for ten minutes"),
        "RuleBroken": (
            "a rule, or a file of rules",
            (*(rule.name for rule in rules), *sorted({str(rule.file) for rule in rules})),
            "a reload found mistakes in it, or it or its words failed at work",
        ),
        "TemplateBroken": ("a template", tuple(template_names()), "it failed, and the shipped one stands in for it"),
        "ClockStepped": ("the server's clock", (WALL_CLOCK,), "it was set forward or back by more than a minute"),
    }
    kind, subjects, fires_when = asks[name]
    return OwnAsk(kind=kind, subjects=subjects, fires_when=fires_when)


def _span(settings: Settings) -> str:
    return format_duration(settings.unreachable_after)


def refuse_subject(name: str, subject: str, ask: OwnAsk) -> UsageError:
    """That an own alert is not about this: one line that says what it is about."""
    near = did_you_mean(subject, ask.subjects)
    some = ", ".join(ask.subjects[:8]) + (", …" if len(ask.subjects) > 8 else "")
    remedy = near or (f": there are {some}" if len(ask.subjects) > 1 else f": {some}" if some else ": there is none")
    return UsageError(f"{name} is about {ask.kind}, and {subject} is none{remedy}")
