"""One test of a `*.test.yaml` → a Case, or every mistake in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from alertd.config.durations import format_duration
from alertd.config.forms import IDENTITY_LABELS, LABEL, check_zone
from alertd.config.validate import FormT, suggest, validate
from alertd.config.yaml import Document, Loc
from alertd.errors import ConfigError, Mistake
from alertd.fields import FIELDS, PREFIX_OF, SOURCE_OF, Field, Kind
from alertd.model import OWN_RULES, RANGE_SOURCES, Instrument, Severity, Source, Value
from alertd.rules.rule import Rule
from alertd.rules.suggest import nearest_field
from alertd.rules.testing.case import Case, Expected, ExpectedMessage, Record, Series, Silenced
from alertd.rules.testing.forms import (
    DEFAULT_START,
    RECORDS,
    CaseOutline,
    ExpectForm,
    MessageForm,
    SampleForm,
    SilenceForm,
)
from alertd.rules.testing.shorthand import ShorthandError, expand

LONGEST = timedelta(days=366)
"""A test that lasts longer has a slip of the pen in it; before the start lies no more either."""

FACTS = ("name", "model", "subscription")
"""Keys of an instrument that MyCirrus tells; all others are labels."""

_TYPES = {Kind.NUMBER: float, Kind.TEXT: str, Kind.FLAG: bool}
_KIND_WORDS = {Kind.NUMBER: "a number", Kind.TEXT: "a text", Kind.FLAG: "true or false"}


class About:
    """What names a test may use."""

    def __init__(self, rules: list[Rule] | None, targets: tuple[str, ...]) -> None:
        self.alerts = None if rules is None else [rule.name for rule in rules]
        """None where it is not known, for the rules have mistakes."""
        self.targets = targets


class CaseReader:
    """Reads one test and collects its mistakes; a class because each step needs the document and the place in it."""

    def __init__(self, document: Document, index: int, about: About, mistakes: list[Mistake]) -> None:
        self._document = document
        self._loc: Loc = ("tests", index)
        self._about = about
        self._mistakes = mistakes
        self._serials: list[str] = []

    def read(self) -> Case | None:
        """The test; None where it has mistakes, which are noted."""
        before = len(self._mistakes)
        form = self._validated(CaseOutline, ())
        given = self._document.get((*self._loc, "instruments"))
        self._serials = list(given) if isinstance(given, dict) else []
        samples = self._rows(SampleForm, "samples")
        case = Case(
            name=form.name if form else "",
            line=self._line(()),
            start=form.start if form else DEFAULT_START,
            instruments=tuple(self._instruments(form.instruments if form else {})),
            series=tuple(self._series(samples)),
            records=tuple(self._records(samples)),
            silences=tuple(self._silences()),
            expect=tuple(self._expected()),
            messages=tuple(self._messages()),
        )
        if case.lasts > LONGEST:
            self._note(("name",), f"the test lasts {format_duration(case.lasts)}: a year at the most")
        return case if len(self._mistakes) == before else None

    def _rows(self, model: type[FormT], key: str) -> list[tuple[int, FormT]]:
        """The rows of a list that are in form, with their numbers."""
        found = self._document.get((*self._loc, key))
        rows = enumerate(found) if isinstance(found, list) else ()
        read = ((index, self._validated(model, (key, index))) for index, _ in rows)
        return [(index, row) for index, row in read if row is not None]

    def _validated(self, model: type[FormT], loc: Loc) -> FormT | None:
        try:
            return validate(model, self._document, (*self._loc, *loc))
        except ConfigError as error:
            self._mistakes += error.mistakes
            return None

    # -- the parts ---------------------------------------------------------------------------------------------------

    def _instruments(self, given: Mapping[str, Mapping[str, str]]) -> Iterator[Instrument]:
        for serial, texts in given.items():
            labels = {name: text for name, text in texts.items() if name not in FACTS}
            for name in labels:
                loc = ("instruments", serial, name)
                if name in IDENTITY_LABELS:
                    self._note(loc, "alertd sets this label itself; choose another name", key=True)
                elif not LABEL.fullmatch(name):
                    self._note(loc, f'"{name}" is no label: letters, digits and _ only', key=True)
            try:
                check_zone(labels.get("timezone", "UTC"))
            except ValueError as error:
                self._note(("instruments", serial, "timezone"), f"timezone: {error}")
            yield Instrument(
                serial=serial,
                name=texts.get("name", ""),
                model=texts.get("model", ""),
                subscription=texts.get("subscription", "Active") or None,
                labels=labels,
            )

    def _series(self, rows: Sequence[tuple[int, SampleForm]]) -> Iterator[Series]:
        for index, row in rows:
            loc: Loc = ("samples", index)
            if self._check_row(row, loc) and row.field is not None and row.every is not None:
                found = self._field(row.field, (*loc, "field"))
                values = self._values(row, found[1], loc) if found else []
                if found and values:
                    at = row.at or timedelta(0)
                    self._check_at(at, found[0], loc)
                    yield Series(
                        instrument=row.instrument,
                        source=found[0],
                        field=found[1].name,
                        at=at,
                        every=row.every,
                        values=values,
                    )

    def _records(self, rows: Sequence[tuple[int, SampleForm]]) -> Iterator[Record]:
        for index, row in rows:
            for key in RECORDS:
                values = getattr(row, key)
                if values is not None and row.at is not None:
                    source, loc = SOURCE_OF[key], ("samples", index, key)
                    self._check_record(source, values, loc)
                    self._check_at(row.at, source, ("samples", index))
                    yield Record(instrument=row.instrument, source=source, at=row.at, values=values)

    def _silences(self) -> Iterator[Silenced]:
        for index, each in self._rows(SilenceForm, "silences"):
            if each.end is not None and each.end <= each.start:
                self._note(("silences", index, "end"), "the silence ends before it starts")
            yield Silenced(matchers=tuple(each.matchers), start=each.start, end=each.end, reason=each.reason)

    def _expected(self) -> Iterator[Expected]:
        for index, each in self._rows(ExpectForm, "expect"):
            loc: Loc = ("expect", index)
            self._check_alert(each.alert, (*loc, "alert"))
            if each.alert not in OWN_RULES:
                self._check_instrument(each.instrument, (*loc, "instrument"))
            living = each.state in ("pending", "firing")
            if each.stale is not None and not living:
                self._note((*loc, "stale"), "stale: only what is pending or firing is marked stale", key=True)
            if each.severity is not None and each.state == "inactive":
                self._note((*loc, "severity"), "severity: what is inactive has none", key=True)
            yield Expected(
                at=each.at,
                alert=each.alert,
                instrument=each.instrument,
                state=each.state,
                severity=None if each.severity is None else Severity[each.severity.upper()],
                stale=each.stale,
                line=self._line(loc),
            )

    def _messages(self) -> Iterator[ExpectedMessage]:
        latest = timedelta(0)
        for index, each in self._rows(MessageForm, "messages"):
            loc: Loc = ("messages", index)
            if each.at < latest:
                self._note((*loc, "at"), "at: the messages stand in the order of their times, and this one is earlier")
            latest = max(latest, each.at)
            yield ExpectedMessage(
                at=each.at,
                target=self._target(each.target, loc),
                reason=each.reason,
                contains=tuple(each.contains),
                line=self._line(loc),
            )

    # -- checks ------------------------------------------------------------------------------------------------------

    def _check_row(self, row: SampleForm, loc: Loc) -> bool:
        """Whether a row of `samples` is a series; one that is neither that nor a record is a mistake."""
        self._check_instrument(row.instrument, (*loc, "instrument"))
        kinds = [key for key in ("field", *RECORDS) if getattr(row, key) is not None]
        if len(kinds) != 1:
            wanted = f"field (with every and values), or one of {', '.join(RECORDS)} (with at)"
            found = f", not {' and '.join(kinds)} in one row" if kinds else ""
            self._note(loc, f"{wanted} is wanted{found}", key=True)
            return False
        is_series = kinds == ["field"]
        for key in ("every", "values") if is_series else ("at",):
            if getattr(row, key) is None:
                self._note((*loc, key), f'"{key}" is missing', key=True)
        if not is_series:
            for key in ("every", "values"):
                if getattr(row, key) is not None:
                    self._note((*loc, key), f"{key}: only a series, a row with field, has it", key=True)
        return is_series and row.every is not None and row.values is not None

    def _field(self, name: str, loc: Loc) -> tuple[Source, Field] | None:
        prefix, _, short = name.partition(".")
        source = SOURCE_OF.get(prefix)
        field = FIELDS[source].get(short) if source else None
        if source is None or field is None:
            self._note(loc, f"unknown field {name}{nearest_field(prefix, short)}")
            return None
        return source, field

    def _values(self, row: SampleForm, field: Field, loc: Loc) -> list[Value | None]:
        try:
            return expand(row.values or "", field.kind)
        except ShorthandError as error:
            self._note((*loc, "values"), error.text, offset=error.offset)
            return []

    def _check_record(self, source: Source, values: Mapping[str, Value | None], loc: Loc) -> None:
        known = FIELDS[source]
        for name, value in values.items():
            field = known.get(name)
            if field is None:
                self._note((*loc, name), f"unknown field {PREFIX_OF[source]}.{name}{suggest(name, known)}", key=True)
            elif value is not None and type(value) is not _TYPES[field.kind]:
                self._note((*loc, name), f"{name}: {_KIND_WORDS[field.kind]} is wanted")

    def _check_at(self, at: timedelta, source: Source, loc: Loc) -> None:
        if at < timedelta(0) and source not in RANGE_SOURCES:
            self._note((*loc, "at"), f"at: MyCirrus has no past of {PREFIX_OF[source]}: 0s or later is wanted")
        elif at < -LONGEST:
            self._note((*loc, "at"), "at: a year before the start at the most")

    def _check_alert(self, name: str, loc: Loc) -> None:
        known = self._about.alerts
        if known is not None and name not in known and name not in OWN_RULES:
            self._note(loc, f'there is no rule "{name}"{_suggest(name, known)}')

    def _check_instrument(self, serial: str, loc: Loc) -> None:
        if serial not in self._serials:
            self._note(loc, f'there is no instrument "{serial}" in this test{_suggest(serial, self._serials)}')

    def _target(self, name: str | None, loc: Loc) -> str:
        known = self._about.targets
        if name is None:
            if len(known) != 1:
                self._note(loc, f'"target" is missing: {", ".join(known)}', key=True)
            return next(iter(known), "")
        if name not in known:
            self._note((*loc, "target"), f'there is no target "{name}"{_suggest(name, known)}')
        return name

    def _note(self, loc: Loc, text: str, *, offset: int | None = None, key: bool = False) -> None:
        self._mistakes.append(self._document.mistake((*self._loc, *loc), text, offset=offset, key=key))

    def _line(self, loc: Loc) -> int:
        return self._document.place((*self._loc, *loc))[0]


def _suggest(name: str, known: Iterable[str]) -> str:
    """A near name, or all of a few."""
    names = list(known)
    return suggest(name, names) or (f": {', '.join(names)}" if 0 < len(names) <= 5 else "")
