"""From the config's words to the routes and all that holds messages back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from alertd.alerts.flapping import FlapTerms
from alertd.alerts.sites import SiteTerms
from alertd.config.notifications import Times, flapping_terms
from alertd.config.settings import Route as RouteSettings
from alertd.config.settings import Settings, SubRoute
from alertd.notify.causes import CauseTerms
from alertd.notify.groups import Routing
from alertd.notify.holds import HoldTerms, QuietHours
from alertd.notify.inhibition import InhibitRule
from alertd.notify.routes import Policy, Route, Step
from alertd.notify.standing import QuietMode
from alertd.notify.wallclock import TimeInterval
from alertd.rules.rule import Rule


def routing_of(settings: Settings, rules: Iterable[Rule]) -> Routing:
    """The routes with everything inherited filled in, each receiver's targets, and what holds messages back."""
    rules = tuple(rules)
    return Routing(
        root=_root(settings.route),
        receivers={receiver.name: tuple(target.name for target in receiver.targets) for receiver in settings.receivers},
        holds=_holds(settings),
        causes=_causes(settings, rules),
        shadow=frozenset(rule.name for rule in rules if rule.shadow),
    )


def _holds(settings: Settings) -> HoldTerms:
    return HoldTerms(
        inhibit_rules=tuple(
            InhibitRule(
                source_matchers=tuple(each.source_matchers),
                target_matchers=tuple(each.target_matchers),
                equal=tuple(each.equal),
            )
            for each in settings.inhibit_rules
        ),
        intervals={each.name: tuple(map(_interval, each.time_intervals)) for each in settings.time_intervals},
        quiet_hours={
            receiver.name: QuietHours(
                intervals=(_interval(receiver.quiet_hours),),
                mode=QuietMode(receiver.quiet_hours.mode),
                bypass=tuple(receiver.quiet_hours.bypass),
            )
            for receiver in settings.receivers
            if receiver.quiet_hours is not None
        },
    )


def _causes(settings: Settings, rules: Sequence[Rule]) -> CauseTerms:
    return CauseTerms(
        site_label=settings.causes.site_label,
        explains_instrument=frozenset(rule.name for rule in rules if rule.explains_instrument and not rule.shadow),
        sources={rule.name: frozenset(source.value for source in rule.sources) for rule in rules},
    )


def _interval(times: Times) -> TimeInterval:
    return TimeInterval(
        times=tuple(each.minutes for each in times.times),
        weekdays=tuple(times.weekdays),
        days_of_month=tuple(times.days_of_month),
        months=tuple(times.months),
        years=tuple(times.years),
        location=times.location,
    )


def _root(settings: RouteSettings) -> Route:
    root = Route(
        receiver=settings.receiver,
        policy=Policy(
            group_wait=settings.group_wait,
            group_interval=settings.group_interval,
            repeat_interval=settings.repeat_interval,
            repeat_max=settings.repeat_max,
        ),
        group_by=tuple(settings.group_by),
        mute_time_intervals=tuple(settings.mute_time_intervals),
        active_time_intervals=tuple(settings.active_time_intervals),
        escalate=tuple(Step(after=each.after, receiver=each.receiver) for each in settings.escalate),
    )
    return replace(root, routes=tuple(_branch(child, root) for child in settings.routes))


def _branch(settings: SubRoute, parent: Route) -> Route:
    """A branch with everything that it inherits filled in; times of day are its own, as in Alertmanager."""
    above = parent.policy
    policy = Policy(
        group_wait=above.group_wait if settings.group_wait is None else settings.group_wait,
        group_interval=settings.group_interval or above.group_interval,
        repeat_interval=settings.repeat_interval or above.repeat_interval,
        repeat_max=settings.repeat_max or above.repeat_max,
    )
    steps = None if settings.escalate is None else [Step(after=e.after, receiver=e.receiver) for e in settings.escalate]
    branch = Route(
        receiver=settings.receiver or parent.receiver,
        policy=policy,
        group_by=parent.group_by if settings.group_by is None else tuple(settings.group_by),
        matchers=tuple(settings.matchers),
        continue_=settings.continue_,
        mute_time_intervals=tuple(settings.mute_time_intervals),
        active_time_intervals=tuple(settings.active_time_intervals),
        escalate=parent.escalate if steps is None else tuple(steps),
    )
    return replace(branch, routes=tuple(_branch(child, branch) for child in settings.routes))


def site_terms(settings: Settings) -> SiteTerms | None:
    """When a site counts as down; None where that is off."""
    down = settings.causes.site_down
    if down is None:
        return None
    return SiteTerms(label=settings.causes.site_label, share=down.share, at_least=down.at_least, within=down.within)


def flap_terms(settings: Settings, rules: Iterable[Rule]) -> dict[str, FlapTerms]:
    """What counts as flapping, by rule; one without an entry never does, as none in shadow."""
    found = {}
    for rule in rules:
        terms = None if rule.shadow else flapping_terms(rule.flapping, settings.flapping)
        if terms is not None:
            found[rule.name] = FlapTerms(changes=terms.changes, within=terms.within, quiet=terms.quiet)
    return found
