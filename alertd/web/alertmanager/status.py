"""What alertd says of itself to those who take it for an Alertmanager. Pure; no secret is in it."""

from datetime import datetime
from typing import Any

import yaml

from alertd import __version__
from alertd.config.durations import format_duration
from alertd.config.settings import Route, Settings, SubRoute
from alertd.notify.routes import ALL_LABELS
from alertd.present import Json, time_text

HEAD = "# alertd's routes in Alertmanager's form: without times of day, escalations, and how receivers are reached.\n"


def status_shown(settings: Settings, started_at: datetime) -> Json:
    """alertmanagerStatus: there is no cluster."""
    return {
        "cluster": {"name": "", "peers": [], "status": "disabled"},
        "config": {"original": config_text(settings)},
        "uptime": time_text(started_at),
        "versionInfo": {
            "branch": "alertd",
            "buildDate": "",
            "buildUser": "",
            "goVersion": "",
            "revision": "",
            "version": __version__,
        },
    }


def config_text(settings: Settings) -> str:
    """YAML that `amtool config routes` reads: routes, receivers by their names alone, inhibitions."""
    document = {
        "route": _route(settings.route),
        "receivers": [{"name": receiver.name} for receiver in settings.receivers],
        "inhibit_rules": [
            {
                "source_matchers": [str(matcher) for matcher in each.source_matchers],
                "target_matchers": [str(matcher) for matcher in each.target_matchers],
                "equal": list(each.equal),
            }
            for each in settings.inhibit_rules
        ],
    }
    return HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _route(route: Route | SubRoute) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(route, SubRoute):
        found["matchers"] = [str(matcher) for matcher in route.matchers]
        found["continue"] = route.continue_
    if route.receiver is not None:
        found["receiver"] = route.receiver
    if route.group_by is not None:
        found["group_by"] = [ALL_LABELS] if ALL_LABELS in route.group_by else list(route.group_by)
    for name in ("group_wait", "group_interval", "repeat_interval"):
        span = getattr(route, name)
        if span is not None:
            found[name] = format_duration(span)
    found["routes"] = [_route(child) for child in route.routes]
    return found
