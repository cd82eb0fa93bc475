"""What of the set-up breaks at work: RuleBroken and TemplateBroken, from the first failure to the end."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from alertd.alerts.own import Condition, Identity
from alertd.daemon.own_alerts import OwnAlerts
from alertd.errors import Mistake, RenderError, TextError
from alertd.logs import logger
from alertd.notify.letter import Rendered, RenderedParts
from alertd.notify.render_check import text_mistake
from alertd.rules.rule import Rule
from alertd.store.store import Store

log = logger(__name__)

REMEMBERED = "broken"
RULE, TEMPLATE = "RuleBroken", "TemplateBroken"


@dataclass(slots=True)
class _Broken:
    """What is known of one broken rule or template."""

    edition: str
    """Of its file, when it broke: an edited one may be good again."""
    hit: set[str] = field(default_factory=set)
    """Serials that a rule raised on, or ids of the alerts that a template failed for."""
    words: bool = False
    """A rule's summary or description failed: only an edit ends that."""


class Breakage:
    """Tells what breaks, once, and its end. It outlives restarts; safe to use from several threads.

    A rule that raised is good again once it is judged on the same instruments, a template once it renders for another
    alert, and each of them, a rule's words too, once its file was edited and read again.
    """

    def __init__(self, own: OwnAlerts, store: Store, rules: Iterable[Rule], templates: Path | None) -> None:
        self._own = own
        self._store = store
        self._rules = {rule.name: rule for rule in rules}
        self._templates = templates
        self._lock = threading.Lock()
        self._broken = _recalled(store)
        self._begun: frozenset[Identity] = frozenset()
        """What this process has told of; whatever a killed one had not come to tell is told now."""
        self._end_what_was_edited()

    def refused(self, why: Mapping[str, str]) -> None:
        """A reload was refused; `why` is the first mistake of each file. Ends with the next set-up that is good."""
        self._own.change([_condition(RULE, file, text) for file, text in why.items()])

    def judged(self, serials: Collection[str], rules: Collection[str], raised: Mapping[tuple[str, str], str]) -> None:
        """These rules were judged on these instruments; `raised` says by (rule, serial) what some of them did."""
        if not raised and not self._broken:
            return
        conditions = []
        with self._lock:
            before = {key: set(broken.hit) for key, broken in self._broken.items()}
            over = self._good_again(serials, rules)
            for (name, serial), what in raised.items():
                rule = self._rules[name]
                text = f"{name} could not be judged on {serial}: {what}"
                conditions.append(_condition(RULE, name, str(Mistake(rule.file, rule.line, rule.column, text))))
                self._hit((RULE, name)).hit.add(serial)
            over = [key for key in over if key not in self._broken]
            if before != {key: broken.hit for key, broken in self._broken.items()}:
                self._remember()
        self._change(conditions, over)

    def rendered(self, rendered: Rendered | RenderedParts, alert_ids: Sequence[str]) -> None:
        """A message about these alerts was made."""
        failures = {_identity(failure): failure for failure in rendered.failures}
        if not failures and not self._broken:
            return
        conditions, over = [], []
        with self._lock:
            for key, failure in failures.items():
                conditions.append(_condition(*key, self._words(failure)))
                broken = self._hit(key)
                broken.words = key[0] == RULE
                broken.hit.update(alert_ids if key[0] == TEMPLATE else ())
            for name in rendered.good:
                found = self._broken.get((TEMPLATE, name))
                if found is not None and not found.hit.issuperset(alert_ids):
                    over.append((TEMPLATE, name))
                    del self._broken[TEMPLATE, name]
            if failures or over:
                self._remember()
        self._change(conditions, over)

    def _hit(self, key: Identity) -> _Broken:
        return self._broken.setdefault(key, _Broken(self._edition(key)))

    def _good_again(self, serials: Collection[str], rules: Collection[str]) -> list[Identity]:
        """Which of the broken rules raise no more on any instrument."""
        over = []
        for key, broken in list(self._broken.items()):
            if key[0] == RULE and key[1] in rules and broken.hit:
                broken.hit.difference_update(serials)
                if not broken.hit and not broken.words:
                    over.append(key)
                    del self._broken[key]
        return over

    def _end_what_was_edited(self) -> None:
        """Refused files are good now, or this set-up would not be; so is what was edited, and what is gone."""
        over = [(RULE, about) for about in self._own.active(RULE) if (RULE, about) not in self._broken]
        edited = [key for key, broken in self._broken.items() if broken.edition != self._edition(key)]
        for key in edited:
            del self._broken[key]
        if edited:
            self._remember()
        self._change((), [*over, *edited])

    def _edition(self, key: Identity) -> str:
        """A digest of the file that a rule or template is in; empty where there is none."""
        kind, name = key
        rule = self._rules.get(name) if kind == RULE else None
        path = rule.file if rule else self._templates / name if kind == TEMPLATE and self._templates else None
        try:
            return blake2b(path.read_bytes(), digest_size=8).hexdigest() if path else ""
        except OSError:
            return ""

    def _words(self, failure: RenderError) -> str:
        if isinstance(failure, TextError) and failure.rule in self._rules:
            return str(text_mistake(self._rules[failure.rule], failure))
        return str(failure)

    def _change(self, begin: Sequence[Condition], over: Sequence[Identity]) -> None:
        new = [condition for condition in begin if condition.identity not in self._begun]
        for condition in new:
            log.error("setup.broken", rule=condition.rule, about=condition.about, error=condition.explanation)
        if new or over:
            self._own.change(new, over)
        self._begun = (self._begun | {condition.identity for condition in new}) - set(over)

    def _remember(self) -> None:
        kept = [
            {"rule": kind, "about": name, "edition": broken.edition, "hit": sorted(broken.hit), "words": broken.words}
            for (kind, name), broken in self._broken.items()
        ]
        self._store.remember(REMEMBERED, kept)


def _recalled(store: Store) -> dict[Identity, _Broken]:
    kept = store.recall(REMEMBERED)
    return {
        (each["rule"], each["about"]): _Broken(each["edition"], set(each["hit"]), each["words"])
        for each in (kept if isinstance(kept, list) else ())
    }


def _identity(failure: RenderError) -> Identity:
    return (RULE, failure.rule) if isinstance(failure, TextError) else (TEMPLATE, failure.template)


def _condition(rule: str, about: str, explanation: str) -> Condition:
    label = "rule" if rule == RULE else "template"
    return Condition(rule=rule, about=about, explanation=explanation, labels={label: about})
