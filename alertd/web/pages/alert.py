"""One alert: what it is about and since when, drawn; what happened; who was told what; and what a person does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from alertd.chart.chart import Chart
from alertd.chart.svg import to_svg
from alertd.errors import UsageError
from alertd.matchers import Matcher
from alertd.model import Alert, Delivery, State
from alertd.present import Json
from alertd.rules.rule import Rule
from alertd.web.access import Operator, Person, Viewer, audit
from alertd.web.desk import SilenceWish
from alertd.web.house import House
from alertd.web.pages.steps import steps
from alertd.web.templating import page

ACK_FOR = {"": "until it ends", "1h": "1 hour", "4h": "4 hours", "12h": "12 hours", "1d": "1 day", "3d": "3 days"}
SILENCE_FOR = {"1h": "1 hour", "4h": "4 hours", "12h": "12 hours", "1d": "1 day", "7d": "7 days", "": "until it ends"}
NARROW, WIDE = (360, 220), (860, 280)


class SilenceForm(BaseModel):
    """What the form for a silence sends."""

    scope: str = "alert"
    lasts: str = ""
    reason: str = ""


def alert_routes(house: House) -> APIRouter:
    """The routes of one alert's page and of its buttons."""
    router = APIRouter()

    @router.get("/alerts/{alert_id}")
    def alert(alert_id: str, request: Request, person: Viewer) -> HTMLResponse:
        return _page(house, request, person, alert_id)

    @router.post("/alerts/{alert_id}/acknowledge")
    def acknowledge(
        alert_id: str,
        request: Request,
        person: Operator,
        lasts: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            acked = house.acknowledge(alert_id, by=person.name, lasts=lasts or None, note=note)
        except UsageError as error:
            return _page(house, request, person, alert_id, refused=_words(error))
        audit(person, "acknowledge", f"{acked['alertname']}/{acked['subject']}")
        house.acted()
        return RedirectResponse(person.path(f"/alerts/{quote(alert_id, safe='')}"), 303)

    @router.post("/alerts/{alert_id}/silence")
    def silence(alert_id: str, request: Request, person: Operator, asked: Annotated[SilenceForm, Form()]) -> Response:
        found = house.store.alert(alert_id)
        if found is None:
            return _missing(request, person)
        matchers = scopes_for(person, found, house.settings.causes.site_label).get(asked.scope)
        if matchers is None:
            return _page(house, request, person, alert_id, refused=f"There is no {asked.scope} here to silence.")
        wish = SilenceWish(
            matchers=[str(matcher) for matcher in matchers],
            reason=asked.reason,
            author=person.name,
            lasts=asked.lasts or None,
            until_resolved=not asked.lasts,
        )
        try:
            made = house.add_silence(wish)
        except UsageError as error:
            return _page(house, request, person, alert_id, refused=_words(error))
        audit(person, "silence", f"{made['id']}: {' '.join(wish.matchers)}")
        house.acted()
        return RedirectResponse(person.path(f"/alerts/{quote(alert_id, safe='')}"), 303)

    return router


def scopes_of(alert: Alert, site_label: str) -> Mapping[str, tuple[Matcher, ...]]:
    """What a silence of an alert may be about: itself, its monitor, its site."""
    about = Matcher("alertname", "=", alert.rule)
    if alert.own:
        more = [
            Matcher(name, "=", alert.labels[name])
            for name in ("target", "rule", "template", "endpoint", site_label)
            if alert.labels.get(name)
        ]
        return {"alert": (about, *more)}
    found = {
        "alert": (about, Matcher("instrument", "=", alert.subject)),
        "monitor": (Matcher("instrument", "=", alert.subject),),
    }
    site = alert.labels.get(site_label)
    return found | ({"site": (Matcher(site_label, "=", site),)} if site else {})


def scopes_for(person: Person, alert: Alert, site_label: str) -> Mapping[str, tuple[Matcher, ...]]:
    """What this person may silence: whoever came by a link, its alert alone."""
    scopes = scopes_of(alert, site_label)
    return scopes if person.alert_id is None else {"alert": scopes["alert"]}


def drawings(chart: Chart) -> tuple[str, str]:
    """A chart for a phone and for wider screens, as SVG; the style sheet shows one of them."""
    return to_svg(chart, *NARROW), to_svg(chart, *WIDE)


def _page(house: House, request: Request, person: Person, alert_id: str, refused: str = "") -> HTMLResponse:
    alert = house.store.alert(alert_id)
    if alert is None:
        return _missing(request, person)
    rule = next((each for each in house.rules if each.name == alert.rule), None)
    chart = house.chart(alert)
    (shown,) = house.alerts_json([alert])
    site_label = house.settings.causes.site_label
    may_change = person.may_act
    scopes = scopes_for(person, alert, site_label)
    return page(
        request,
        "alert.html",
        person=person,
        status=409 if refused else 200,
        alert=alert,
        shown=shown,
        refused=refused,
        zone=alert.labels.get("timezone") or "UTC",
        chart=None if chart is None else drawings(chart),
        rule=rule,
        place=None if rule is None else house.rule_place(rule),
        runbook=_link(rule),
        site=alert.labels.get(site_label, ""),
        steps=steps(house, alert),
        ack=_in_hand(shown),
        messages=_messages(house, alert),
        ack_for=ACK_FOR if may_change and alert.state is State.FIRING and not alert.shadow else None,
        silence_for=SILENCE_FOR if may_change and alert.state is not State.RESOLVED and not alert.shadow else None,
        scopes=scopes,
    )


def _missing(request: Request, person: Person) -> HTMLResponse:
    return page(request, "missing.html", person=person, status=404, what="alert")


def _messages(house: House, alert: Alert) -> list[Delivery]:
    """Every message that spoke of it, or of a flapping in which it was, oldest first."""
    end = alert.resolved_at
    episodes = [
        each.id
        for each in house.store.standing.episodes_of(alert.rule, alert.subject)
        if (end is None or each.began_at <= end) and (each.ended_at is None or each.ended_at >= alert.active_at)
    ]
    return house.store.messages_about([alert.id, *episodes])


def _in_hand(shown: Json) -> Mapping[str, Any] | None:
    """Who has it in hand, with times that a page can show."""
    ack = shown["acknowledged"]
    if not isinstance(ack, dict):
        return None
    until = ack["until"]
    return ack | {"at": datetime.fromisoformat(ack["at"]), "until": datetime.fromisoformat(until) if until else None}


def _link(rule: Rule | None) -> str:
    """The rule's runbook, where it is an address that may be followed."""
    runbook = "" if rule is None else rule.runbook
    return runbook if runbook.startswith(("http://", "https://")) else ""


def _words(error: UsageError) -> str:
    """A mistake in the words of a page, which has no options."""
    return str(error).replace("--for", "For").replace("--reason", "Reason").replace("--note", "Note")
