"""Where a message's links lead: to an alert's page, where it can be acknowledged, and to a form for a silence."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from alertd.matchers import Matcher
from alertd.model import Alert, NotifyReason, State
from alertd.notify.letter import Letter

Link = dict[str, str]
"""`text` and `url`."""

_UNSAFE = re.compile(r"[^A-Za-z0-9:/?#@!$&'+,;=.%-]")
"""Would end a link, or format text, in one channel's markup or another's."""
_EVERYBODYS = frozenset({"name", "model", "severity", "source"})
"""Labels that an own alert is not told apart by."""
_KEYED = re.compile(r"(/alerts/[^\s\"'<>()?|]{1,1000})\?k=[A-Za-z0-9_.%-]+")


def letter_links(letter: Letter) -> list[Link]:
    """The links of a whole message; none without `http.external_url`."""
    if not letter.external_url:
        return []
    alerts = (*letter.firing, *letter.resolved)
    found: list[Link] = []
    if letter.reason not in (NotifyReason.DRILL, NotifyReason.DIGEST):
        if len(alerts) == 1:
            found = alert_links(letter, alerts[0])
        elif letter.firing and any(letter.group_labels.values()):
            found = [_silence(letter.external_url, letter.group_labels, "Silence all")]
    return [*found, {"text": "alertd", "url": _address(letter.external_url)}]


def alert_links(letter: Letter, alert: Alert) -> list[Link]:
    """The links of one alert: once it is over there is nothing to acknowledge or to silence."""
    if not letter.external_url:
        return []
    page = f"{letter.external_url.rstrip('/')}/alerts/{quote(alert.id, safe='')}"
    if key := letter.keys.get(alert.id):
        page += f"?k={quote(key, safe='')}"
    if alert.state is State.RESOLVED:
        return [{"text": "Details", "url": _address(page)}]
    return [{"text": "Acknowledge", "url": _address(page)}, _silence(letter.external_url, _identity(alert))]


def _identity(alert: Alert) -> Mapping[str, str]:
    if not alert.own:
        return {"alertname": alert.rule, "instrument": alert.subject}
    return {name: text for name, text in alert.labels.items() if name not in _EVERYBODYS and text}


def _silence(external_url: str, labels: Mapping[str, str], text: str = "Silence") -> Link:
    given = [str(Matcher(name, "=", value)) for name, value in labels.items() if value]
    matchers = "&".join("matcher=" + quote(each, safe="") for each in given)
    return {"text": text, "url": _address(f"{external_url.rstrip('/')}/silences/new?{matchers}")}


def _address(url: str) -> str:
    """The same address without a character that means something in a channel's markup."""
    return _UNSAFE.sub(lambda found: quote(found[0], safe="").replace("_", "%5F").replace("~", "%7E"), url)


def without_keys(text: str) -> str:
    """A message's text for readers who are not its target: its links open no page by themselves."""
    return _KEYED.sub(r"\1", text)
