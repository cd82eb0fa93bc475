"""What a request for alerts, groups or silences asks for: Alertmanager's query parameters. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from alertd.matchers import Matcher, parse_matcher
from alertd.web.alertmanager.refusal import NotMapped

TRUE = frozenset({"true", "1", "yes", "y", "on", "t"})
FALSE = frozenset({"false", "0", "no", "n", "off", "f"})
MATCHERS_AT_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which alerts are wanted: those that one of the flags names are shown, and meet every matcher."""

    matchers: tuple[Matcher, ...] = ()
    receiver: Matcher | None = None
    active: bool = True
    silenced: bool = True
    inhibited: bool = True
    unprocessed: bool = True
    """Never leaves anything out: alertd shows nothing that it has not looked at."""
    muted: bool = True

    def takes_receiver(self, name: str) -> bool:
        """Whether what goes to this receiver is wanted."""
        return self.receiver is None or self.receiver.matches({"receiver": name})


def asked_of(parameters: Iterable[tuple[str, str]]) -> Asked:
    """Read the parameters; an empty one counts as left out, one that Alertmanager does not know is passed over.

    Raises:
        NotMapped: with one line that says what is wrong.
    """
    matchers: list[Matcher] = []
    receiver: Matcher | None = None
    flags: dict[str, bool] = {}
    for name, text in parameters:
        if name == "filter":
            matchers.append(read_matcher(text))
        elif name == "receiver" and text:
            receiver = _receiver(text)
        elif name in ("active", "silenced", "inhibited", "unprocessed", "muted") and text:
            flags[name] = _flag(name, text)
    if len(matchers) > MATCHERS_AT_MOST:
        raise NotMapped(f"{len(matchers)} matchers; {MATCHERS_AT_MOST} are the most")
    return Asked(matchers=tuple(matchers), receiver=receiver, **flags)


def read_matcher(text: str) -> Matcher:
    """One matcher in Alertmanager's notation.

    Raises:
        NotMapped: with one line that says what is wrong.
    """
    try:
        return parse_matcher(text)
    except ValueError as error:
        raise NotMapped(f"bad matcher: {error}") from error


def _receiver(text: str) -> Matcher:
    try:
        return read_matcher(str(Matcher("receiver", "=~", text)))
    except NotMapped as error:
        raise NotMapped(f"failed to parse receiver param: {error}") from error


def _flag(name: str, text: str) -> bool:
    word = text.lower()
    if word not in TRUE | FALSE:
        raise NotMapped(f"{name}: {text!r} is neither true nor false")
    return word in TRUE
