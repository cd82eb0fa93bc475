"""Silences: those that there are, and a new one made by clicking labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from alertd.errors import UsageError
from alertd.matchers import Matcher, all_match, parse_matcher
from alertd.model import Alert, Instrument
from alertd.notify.decide import worst_first
from alertd.notify.silences import Silence, next_start
from alertd.rules.rule import labels_of
from alertd.web.access import Operator, Person, RefusedError, Role, Viewer, audit
from alertd.web.house import House, StatedSilence
from alertd.web.pages.silence_form import Filled, chips, filled, in_words_of_the_form
from alertd.web.templating import page

EXPIRED_SHOWN = 200
NEXT_SHOWN = 3
PREVIEWED = 20
SPANS = ("30m", "1h", "2h", "4h", "8h", "1d", "3d", "7d")
"""Offered for how long; any other may be written."""

Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One silence of the list."""

    stated: StatedSilence
    following: tuple[datetime, ...]
    """When the next occurrences of a series begin, by its zone's clocks."""

    @property
    def silence(self) -> Silence:
        """The silence itself."""
        return self.stated.silence

    @property
    def again(self) -> str:
        """Where the same matchers are filled in anew."""
        return Filled(matchers=tuple(map(str, self.silence.matchers))).address()


def silences_routes(house: House) -> APIRouter:
    """The routes of the list, of the form and of their buttons."""
    router = APIRouter()

    @router.get("/silences")
    def silences(request: Request, person: Viewer) -> HTMLResponse:
        return _list(house, request, person)

    @router.get("/silences/new")
    def new(
        request: Request, person: Viewer, matcher: Annotated[list[str] | None, Query()] = None, reason: str = ""
    ) -> HTMLResponse:
        try:
            asked = filled(matcher or (), lasts="2h", reason=reason)
        except UsageError as error:
            return _form(house, request, person, Filled(), in_words_of_the_form(error))
        return _form(house, request, person, asked)

    @router.post("/silences")
    def add(  # noqa: PLR0913 - the fields of the form
        request: Request,
        person: Operator,
        *,
        matcher: Annotated[list[str] | None, Form()] = None,
        lasts: Text = "",
        until: Text = "",
        ends: Text = "lasts",
        start: Text = "",
        rrule: Text = "",
        timezone: Text = "",
        reason: Text = "",
    ) -> Response:
        asked = Filled()
        words = {"lasts": lasts, "until": until, "start": start, "rrule": rrule, "timezone": timezone}
        try:
            asked = filled(matcher or (), ends=ends, reason=reason, **words)
            if not asked.matchers:
                raise UsageError("say what it is about: choose a label, or write a matcher")
            made = house.add_silence(asked.wish(person.name))
        except UsageError as error:
            return _form(house, request, person, asked, in_words_of_the_form(error), status=400)
        audit(person, "silence added", f"{made['id']}: {' '.join(asked.matchers)}")
        house.acted()
        return RedirectResponse(f"/silences?{urlencode({'made': str(made['id'])})}", 303)

    @router.post("/silences/{silence_id}/expire")
    def expire(request: Request, silence_id: str, person: Operator) -> Response:
        silence = house.store.standing.silence(silence_id)
        if silence is None:
            raise RefusedError(404, "there is no such silence")
        try:
            house.expire_silence(silence)
        except UsageError as error:
            return _list(house, request, person, in_words_of_the_form(error))
        audit(person, "silence ended", silence_id)
        house.acted()
        return RedirectResponse("/silences", 303)

    return router


def _list(house: House, request: Request, person: Person, error: str = "") -> HTMLResponse:
    now, everything = house.now(), request.query_params.get("all") == "1"
    known = house.store.standing.silences(now=None if everything else now)
    rows = [_row(each, now) for each in house.stated(known)]
    living = [row for row in rows if row.stated.state != "expired"]
    expired = [row for row in reversed(rows) if row.stated.state == "expired"] if everything else []
    made = request.query_params.get("made", "")
    return page(
        request,
        "silences.html",
        person=person,
        status=409 if error else 200,
        error=error,
        may_act=person.role >= Role.OPERATOR,
        living=sorted(living, key=lambda row: (row.stated.state != "active", row.stated.starts_at)),
        expired=expired[:EXPIRED_SHOWN],
        everything=everything,
        made=next((row for row in living if row.silence.id == made), None),
    )


def _row(stated: StatedSilence, now: datetime) -> Row:
    silence = stated.silence
    goes_on = silence.rrule is not None and stated.state != "expired"
    return Row(stated=stated, following=tuple(_following(silence, now)) if goes_on else ())


def _following(silence: Silence, now: datetime) -> Iterator[datetime]:
    for _ in range(NEXT_SHOWN):
        start = next_start(silence, silence.timezone or "UTC", now)
        if start is None:
            return
        yield start
        now = start


# -- the form ----------------------------------------------------------------------------------------------------------


def _form(
    house: House, request: Request, person: Person, asked: Filled, error: str = "", *, status: int = 200
) -> HTMLResponse:
    nothing: tuple[list[Alert], list[Instrument]] = ([], [])
    bad = ""
    try:
        alerts, monitors = house.would_hold(asked.matchers) if asked.matchers else nothing
    except UsageError as wrong:
        error = error or in_words_of_the_form(wrong)
        good, bad = _sorted_out(house, asked.matchers)
        asked = replace(asked, matchers=good)
        alerts, monitors = house.would_hold(good) if good else nothing
    chosen = tuple(map(parse_matcher, asked.matchers))
    fleet = house.fleet()
    living = [alert for alert in house.store.active_alerts() if not alert.shadow]
    return page(
        request,
        "silence_new.html",
        person=person,
        status=status,
        error=error,
        may_act=person.role >= Role.OPERATOR,
        asked=asked,
        written=bad,
        chosen=chosen,
        chips=_clickable(living, fleet, chosen, house.settings.causes.site_label),
        alerts=worst_first(alerts)[:PREVIEWED],
        alert_count=len(alerts),
        monitors=monitors[:PREVIEWED],
        monitor_count=len(monitors),
        spans=SPANS,
    )


def _sorted_out(house: House, texts: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The matchers that can be read, and the first one that cannot."""
    good: list[str] = []
    bad = ""
    for text in texts:
        try:
            house.would_hold([text])
        except UsageError:
            bad = bad or text
        else:
            good.append(text)
    return tuple(good), bad


def _clickable(alerts: Sequence[Alert], fleet: Sequence[Instrument], chosen: Sequence[Matcher], site_label: str) -> Any:
    """The labels of what the matchers chosen so far leave over."""
    settled = [each.label for each in chosen if each.operator == "="]
    of_alerts = [dict(alert.labels) for alert in alerts if all_match(chosen, alert.labels)]
    about_alerts = {"alertname", "severity"}
    fixed = [each for each in chosen if each.label not in about_alerts]
    of_monitors = [labels for each in fleet if all_match(fixed, labels := labels_of(each))]
    first = ("alertname", "severity", site_label, "instrument")
    return chips(of_alerts, of_monitors, first, settled)
