"""`/api/v1/instruments`: the fleet with its newest values, and what each rule comes to on one monitor."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from alertd.errors import UsageError
from alertd.model import Instrument, Sample
from alertd.present import Json, instrument_json
from alertd.web.access import Viewer
from alertd.web.house import House
from alertd.web.rest.answers import Answering, RestError, in_fields, may_come, not_there
from alertd.web.rest.cursors import LIMIT, Cursor, Limit, cut, page_json
from alertd.web.rest.forms import Effective, InstrumentForm, Page

Serial = Annotated[str, Path(max_length=200, description="An instrument's serial number.")]


def instrument_routes(house: House) -> APIRouter:
    """The routes of instruments."""
    router = APIRouter(prefix="/instruments", tags=["instruments"])

    @router.get("", response_model=Page[InstrumentForm], responses=may_come(304, 422))
    def list_instruments(_person: Viewer, answer: Answering, limit: Limit = LIMIT, cursor: Cursor = "") -> Response:
        """The watched instruments with their newest values, by serial."""
        page, last = cut(house.fleet(), lambda each: each.serial, cursor, limit)
        return answer(page_json(_with_newest(house, page), last))

    @router.get("/{serial}", response_model=InstrumentForm, responses=may_come(304, 404, 422))
    def one_instrument(_person: Viewer, answer: Answering, serial: Serial) -> Response:
        """One instrument with its newest values."""
        found = [each for each in house.fleet() if each.serial == serial]
        if not found:
            raise not_there("instrument")
        return answer(_with_newest(house, found)[0])

    @router.get("/{serial}/rules", response_model=list[Effective], responses=may_come(304, 404, 422))
    def rules_of(_person: Viewer, answer: Answering, serial: Serial) -> Response:
        """What each rule comes to on it: conditions with the params in place, and where each was given."""
        try:
            return answer(house.effective_json(serial))
        except UsageError as error:
            raise RestError(404, in_fields(error)) from error

    return router


def _with_newest(house: House, instruments: Iterable[Instrument]) -> list[Json]:
    instruments = list(instruments)
    newest: dict[str, list[Sample]] = {}
    for sample in house.store.newest_among(each.serial for each in instruments):
        newest.setdefault(sample.instrument, []).append(sample)
    return [instrument_json(each, newest.get(each.serial, ())) for each in instruments]
