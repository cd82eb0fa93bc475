"""Which instruments are watched, with which labels. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from alertd.config.settings import Instruments
from alertd.model import Instrument, Source

MONITOR_SOURCES = frozenset({Source.CURRENT, Source.STATS, Source.EVENTS})
"""Endpoints that serve noise monitors only; MyCirrus answers 404 there for any other type."""


def fleet_of(known: Sequence[Instrument], settings: Instruments) -> list[Instrument]:
    """The watched instruments: of those discovered, or just those listed."""
    if settings.discover:
        return watched(known, include=settings.include, exclude=settings.exclude, labels=settings.labels)
    return watched(listed(settings.include, known), include=["*"], exclude=settings.exclude, labels=settings.labels)


def watched(
    known: Iterable[Instrument],
    *,
    include: Sequence[str],
    exclude: Sequence[str],
    labels: Mapping[str, Mapping[str, str]],
) -> list[Instrument]:
    """The instruments that the config includes, each with its configured labels; in serial order."""
    return [
        replace(instrument, labels=labels.get(instrument.serial, {}))
        for instrument in sorted(known, key=lambda each: each.serial)
        if _any(include, instrument.serial) and not _any(exclude, instrument.serial)
    ]


def listed(serials: Iterable[str], known: Iterable[Instrument]) -> list[Instrument]:
    """With `discover: false`: just the listed serials, with what is known of each."""
    by_serial = {instrument.serial: instrument for instrument in known}
    return [by_serial.get(serial, Instrument(serial=serial)) for serial in serials]


def asked_of(source: Source, instruments: Iterable[Instrument]) -> list[str]:
    """The serials that a source is asked for."""
    return [
        instrument.serial
        for instrument in instruments
        if source not in MONITOR_SOURCES or instrument.type.lower() in ("noise", "")
    ]


def _any(patterns: Sequence[str], serial: str) -> bool:
    return any(fnmatchcase(serial, pattern) for pattern in patterns)
