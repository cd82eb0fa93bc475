"""Alerts that might be: what `route test`, `drill` and `silence preview` ask about. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from alertd.config.settings import Instruments
from alertd.daemon.fleet import fleet_of
from alertd.matchers import Matcher, all_match
from alertd.model import OWN_RULES, Alert, Instrument, Severity, State
from alertd.rules.forms import BUILT_IN_LABELS
from alertd.rules.rule import Rule, labels_of


def labels_if(rule: Rule | None, instrument: Instrument | None, severity: Severity | None = None) -> dict[str, str]:
    """The labels that an alert of this rule on this monitor would have, at its worst where no severity is given.

    Of what is None they say nothing.
    """
    found: dict[str, str] = {}
    if rule is not None:
        found["alertname"] = rule.name
    if instrument is not None:
        found |= {"instrument": instrument.serial, "name": instrument.name, "model": instrument.model}
    if rule is not None:
        found["severity"] = (severity or rule.levels[0].severity).word
    if instrument is not None:
        found |= instrument.labels
    if rule is not None:
        found |= rule.labels
    return found


def labels_if_own(name: str) -> dict[str, str]:
    """The labels that an alert of alertd about itself has, but for what it is about."""
    severity = OWN_RULES[name].word
    return {
        "alertname": name,
        "instrument": "",
        "name": "",
        "model": "",
        "severity": severity,
        "source": "alertd",
    }


def completed(
    given: Mapping[str, str], rules: Mapping[str, Rule], instruments: Mapping[str, Instrument]
) -> dict[str, str]:
    """Given labels with those that a rule and a monitor among them bring; what is given wins."""
    name = given.get("alertname", "")
    if name in OWN_RULES:
        return {**labels_if_own(name), **given}
    return {**labels_if(rules.get(name), instruments.get(given.get("instrument", ""))), **given}


def instruments_by_serial(known: Sequence[Instrument], settings: Instruments) -> dict[str, Instrument]:
    """The watched monitors, and those that the config gives labels to."""
    labelled = {serial: Instrument(serial=serial, labels=labels) for serial, labels in settings.labels.items()}
    return labelled | {each.serial: each for each in fleet_of(known, settings)}


def supposed(labels: Mapping[str, str], now: datetime) -> Alert:
    """An alert with these labels that fires now."""
    own = labels.get("alertname", "") in OWN_RULES
    about = (text for label, text in labels.items() if label not in BUILT_IN_LABELS)
    return Alert(
        id="",
        rule=labels.get("alertname", ""),
        subject=next(about, "") if own else labels.get("instrument", ""),
        state=State.FIRING,
        severity=_severity(labels.get("severity", "")),
        labels=labels,
        values={},
        explanation="",
        name=labels.get("name", ""),
        model=labels.get("model", ""),
        active_at=now,
        fired_at=now,
        own=own,
    )


def covered(matchers: Sequence[Matcher], fleet: Iterable[Instrument], rules: Sequence[Rule]) -> list[Instrument]:
    """The monitors of which an alert could have labels that meet all of these."""
    of_rules = {"alertname", "severity"}.union(*(rule.labels for rule in rules))
    loose = [matcher for matcher in matchers if matcher.label in of_rules]
    fixed = [matcher for matcher in matchers if matcher.label not in of_rules]
    return [
        each
        for each in fleet
        if all_match(fixed, labels_of(each))
        and (not loose or any(all_match(loose, labels) for labels in _possible(each, rules)))
    ]


def _possible(instrument: Instrument, rules: Iterable[Rule]) -> Iterator[dict[str, str]]:
    own = labels_of(instrument)
    for rule in rules:
        if rule.matches(own):
            for level in rule.levels:
                yield labels_if(rule, instrument, level.severity)


def _severity(word: str) -> Severity:
    return next((severity for severity in Severity if severity.word == word), Severity.WARNING)
