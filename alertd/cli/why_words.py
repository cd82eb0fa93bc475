"""The reasons of an alert as lines for a person: a word at the left, what there is to say of it at the right."""

from collections.abc import Iterable, Iterator

from alertd.cli.route import look_words
from alertd.config.load import Config
from alertd.daemon.reasons import Reasons, Seen, Timer
from alertd.fields import FIELDS, SOURCE_OF, Kind
from alertd.model import DeliveryState, Severity, State, Verdict
from alertd.present import short_time, time_text
from alertd.present_why import given_words, place_text, rule_place, span_words
from alertd.rules.explain import measure
from alertd.rules.explain import span as age_words
from alertd.rules.parts import Part

WIDTH = 10
"""Characters of the words at the left."""

_HOLDS = {Verdict.BREACHED: "holds", Verdict.CLEAR: "does not hold", Verdict.UNKNOWN: "unknown"}


def lines(reasons: Reasons, config: Config) -> Iterator[str]:
    """All of it."""
    yield from _head(reasons)
    rule = reasons.rule
    yield from _column("rule", ["alertd itself" if rule is None else rule_place(rule, config)])
    if rule is not None:
        yield from _column("params", (given_words(given, rule, config) for given in reasons.params))
    yield from _column("asks", [reasons.asks] if reasons.asks else [])
    for level in reasons.levels:
        yield from _column("when", _part(level.when, level.severity))
        yield from _column("until", _part(level.until, level.severity, until=True) if level.until else [])
    yield from _column("values", (_value(name, seen) for name, seen in reasons.values.items()))
    if not reasons.not_watched:
        yield from _column("timers", (_timer(severity, timer) for severity, timer in reasons.timers.items()))
    yield from _column("muted by", ["; ".join(_stand(reasons)) or "nothing"])
    yield from _column("route", _route(reasons, config))
    yield from _column("told", _told(reasons))
    yield from _column("note", reasons.notes)


def _head(reasons: Reasons) -> Iterator[str]:
    known = reasons.instrument
    where = f"{known.name} ({known.serial})" if known is not None and known.name else reasons.subject
    when = f" at {short_time(reasons.at)} UTC" if reasons.past else ""
    yield f"{reasons.name} on {where}{when}: {reasons.verdict.value}, {_state(reasons)}"
    yield f"  {reasons.explanation}"


def _state(reasons: Reasons) -> str:
    alert = reasons.alert
    if alert is None or reasons.state == "inactive":
        return "inactive"
    if alert.state is State.RESOLVED:
        why = f" ({alert.resolved_reason.value})" if alert.resolved_reason else ""
        return f"resolved since {short_time(alert.resolved_at)} UTC{why}"
    since = alert.fired_at if alert.state is State.FIRING else alert.active_at
    stale = f", no data that counts since {short_time(alert.stale_since)}" if alert.stale_since else ""
    return f"{alert.state.value} as {alert.severity.word} since {short_time(since)} UTC{stale}"


def _column(word: str, entries: Iterable[str]) -> Iterator[str]:
    for index, entry in enumerate(entries):
        yield f"{'' if index else word:<{WIDTH}}{entry}"


def _part(part: Part, severity: Severity, *, until: bool = False, depth: int = 0) -> Iterator[str]:
    level = f"{severity.word}: " if depth == 0 else ""
    verdict = _HOLDS[part.verdict] if until or depth else part.verdict.value
    yield f"{'  ' * depth}{level}{part.text}: {verdict}{'' if part.parts else f', {part.explanation}'}"
    for window in part.windows:
        samples = "1 sample" if window.samples == 1 else f"{window.samples} samples"
        yield f"{'  ' * (depth + 1)}{window.text}: {window.explanation}, from {samples}"
    for each in part.parts:
        yield from _part(each, severity, until=until, depth=depth + 1)


def _value(name: str, seen: Seen) -> str:
    told = _measured(name, seen)
    if seen.measured_at is None or seen.age is None:
        return f"{name} {told}"
    return f"{name} {told}, measured {short_time(seen.measured_at)} UTC, {age_words(seen.age.total_seconds())} before"


def _measured(name: str, seen: Seen) -> str:
    prefix, _, field = name.partition(".")
    known = FIELDS[SOURCE_OF[prefix]][field] if field else None
    kind, unit = (known.kind, known.unit) if known is not None else (Kind.DURATION, "")
    if seen.value is not None:
        return measure(seen.value, kind, unit)
    last = f"; the last was {measure(seen.last, kind, unit)}" if seen.last is not None else ""
    return f"unknown ({seen.why}{last})"


def _timer(severity: Severity, timer: Timer) -> str:
    stands = "" if timer.state is None or timer.observed_at is not None else "; it stands still, for now it is unknown"
    if timer.state is State.FIRING:
        return f"{severity.word}: fires{_clear(timer)}{stands}"
    words = f"{severity.word}: breached for {span_words(timer.breached_for)} of {span_words(timer.for_)}"
    missing = f", {span_words(timer.missing)} missing" if timer.missing else ""
    return f"{words}{missing}{stands}"


def _clear(timer: Timer) -> str:
    if timer.clear_for is None:
        return f", ends after {span_words(timer.keep_firing_for)} of being clear" if timer.keep_firing_for else ""
    words = f", clear for {span_words(timer.clear_for)} of {span_words(timer.keep_firing_for)}"
    return words + (f", {span_words(timer.clear_missing)} missing" if timer.clear_missing else "")


def _stand(reasons: Reasons) -> Iterator[str]:
    stand = reasons.stand
    if stand.flapping:
        yield f"flapping, {stand.changes} changes"
    if stand.ack is not None:
        until = f" until {time_text(stand.ack.until)}" if stand.ack.until else ""
        yield f"acknowledged by {stand.ack.by}{until}"
    yield from stand.muted_by


def _route(reasons: Reasons, config: Config) -> Iterator[str]:
    for look in reasons.ways.looks:
        place = place_text(config.path, config.document.place(look.loc)[0], config.base)
        yield f"{'  ' * look.depth}{look_words(look)} ({place})"
    yield f"targets: {', '.join(reasons.ways.targets) or 'none'}"


def _told(reasons: Reasons) -> Iterator[str]:
    for target, messages in reasons.told.items():
        for each in messages:
            yield f"{target}: {short_time(each.at)} UTC, {each.reason.value}: {each.title}"
    for delivery in reasons.untold:
        error = f" ({delivery.error})" if delivery.error else ""
        state = "waits" if delivery.state is DeliveryState.QUEUED else delivery.state.value
        yield f"{delivery.target}: {state}{error}, {delivery.reason.value}: {delivery.message.title}"
    if not reasons.told and not reasons.untold:
        yield "nobody"
