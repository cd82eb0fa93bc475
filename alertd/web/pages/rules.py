"""The rules in force: each with its text, its tests, what it did lately, and what lint says of it."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alertd.matchers import all_match
from alertd.model import Instrument
from alertd.present import Json
from alertd.rules.rule import Override, Rule, labels_of
from alertd.store.alert_log import Fired
from alertd.web.access import RefusedError, Viewer
from alertd.web.house import House
from alertd.web.templating import page

LOOKED_BACK = timedelta(days=30)
KEPT = timedelta(seconds=30)
ALERTS_SHOWN = 20
MONITORS_SHOWN = 30
NEVER = Fired(times=0, firing=0, lasted=timedelta(0), last=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """What a rule in shadow would have sent."""

    firings: int
    firing: int
    since: datetime | None
    last: datetime | None
    receivers: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideSeen:
    """Other params for some monitors, and how many these are."""

    override: Override
    monitors: int


class _Lately:
    """What the rules did, kept for a moment: it is counted over every alert on record, whoever reloads the page."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = threading.Lock()
        self._rules: Sequence[Rule] = ()
        self._at: datetime | None = None
        self._fired: dict[str, Fired] = {}
        self._facts: dict[str, Json] = {}

    def facts(self) -> tuple[dict[str, Fired], dict[str, Json]]:
        """By rule: its firings of the last 30 days, and what `alertd rules` says of it."""
        house, now = self._house, self._house.now()
        with self._lock:
            if self._at is None or self._rules is not house.rules or abs(now - self._at) >= KEPT:
                self._fired = house.store.fired_since(now - LOOKED_BACK, now)
                self._facts = {str(each["alertname"]): each for each in house.rules_json()}
                self._rules, self._at = house.rules, now
            return self._fired, self._facts


def rules_routes(house: House) -> APIRouter:
    """The routes of the list and of each rule's page."""
    router = APIRouter()
    lately = _Lately(house)

    @router.get("/rules")
    def rules(request: Request, person: Viewer) -> HTMLResponse:
        fired, facts = lately.facts()
        advice = house.rulebook.advice()
        return page(
            request,
            "rules.html",
            person=person,
            rules=house.rules,
            fired=fired,
            never=NEVER,
            monitors={name: each["instruments"] for name, each in facts.items()},
            shadows={name: _shadow(each["would_have_sent"]) for name, each in facts.items()},
            tests={rule.name: len(house.rulebook.tests(rule)) for rule in house.rules},
            advice=advice,
            advised=sum(map(len, (advice or {}).values())),
            place=house.rule_place,
        )

    @router.get("/rules/{name}")
    def rule(request: Request, name: str, person: Viewer) -> HTMLResponse:
        found = next((each for each in house.rules if each.name == name), None)
        if found is None:
            raise RefusedError(404, "there is no rule of that name")
        fired, facts = lately.facts()
        watched = [each for each in house.fleet() if found.matches(labels_of(each))]
        advice = house.rulebook.advice()
        return page(
            request,
            "rule.html",
            person=person,
            rule=found,
            place=house.rule_place(found),
            written=house.rulebook.written(found),
            overrides=_overrides(found, watched),
            watched=watched[:MONITORS_SHOWN],
            watched_count=len(watched),
            tests=house.rulebook.tests(found),
            advice=None if advice is None else advice.get(name, ()),
            fired=fired.get(name, NEVER),
            alerts=house.store.alerts_of_rule(name, limit=ALERTS_SHOWN),
            shadow=_shadow(facts[name]["would_have_sent"]),
        )

    return router


def _overrides(rule: Rule, watched: Sequence[Instrument]) -> list[OverrideSeen]:
    labels = [labels_of(each) for each in watched]
    return [
        OverrideSeen(override=each, monitors=sum(all_match(each.match, some) for some in labels))
        for each in rule.overrides
    ]


def _shadow(sent: Any) -> Shadow | None:
    """From the JSON of `alertd rules`."""
    if sent is None:
        return None
    since, last = (None if at is None else datetime.fromisoformat(at) for at in (sent["since"], sent["last"]))
    return Shadow(
        firings=sent["firings"], firing=sent["firing"], since=since, last=last, receivers=dict(sent["receivers"])
    )
