"""What a rule says of its alerts beside its condition: whether they explain others, and when they flap."""

from datetime import timedelta
from pathlib import Path

import pytest

from alertd.config.notifications import Flapping, flapping_terms
from alertd.errors import ConfigError
from alertd.rules.load import load_rules
from alertd.rules.rule import Rule


def load(folder: Path, *lines: str) -> Rule:
    path = folder / "a.yaml"
    path.write_text("rules:\n  - alert: A\n" + "".join(f"    {line}\n" for line in lines))
    [rule] = load_rules([path])
    return rule


@pytest.mark.parametrize(
    ("lines", "explains"),
    [
        (["when: not status.online"], True),
        (["when: current.voltage < 11 or not status.online"], True),
        (["levels: {warning: {when: current.temp > 70}, critical: {when: not status.online}}"], True),
        (["when: current.voltage < 11"], False),
        (["when: not status.measuring"], False),
        (["when: current.voltage < 11", "until: status.online"], False),
        (["when: not status.online", "cause: none"], False),
        (["when: current.voltage < 11", "cause: instrument"], True),
    ],
)
def test_what_explains_the_rest_of_a_monitor(tmp_path: Path, lines: list[str], explains: bool) -> None:
    """A rule that looks at whether it is online does, unless it says otherwise; `until` decides nothing."""
    assert load(tmp_path, *lines).explains_instrument is explains


BY_CONFIG = Flapping(changes=6, within=timedelta(hours=2), quiet=timedelta(hours=3))


@pytest.mark.parametrize(
    ("line", "by_config", "terms"),
    [
        ("", BY_CONFIG, (6, 2, 3)),
        ("", None, None),
        ("flapping: off", BY_CONFIG, None),
        ("flapping: off", None, None),
        ("flapping: {changes: 8}", BY_CONFIG, (8, 2, 3)),
        ("flapping: {quiet: 12h}", BY_CONFIG, (6, 2, 12)),
        ("flapping: {changes: 8, within: 1h, quiet: 1h}", None, (8, 1, 1)),
        ("flapping: {changes: 8}", None, (8, 6, 6)),
    ],
)
def test_when_a_rules_alerts_flap(
    tmp_path: Path, line: str, by_config: Flapping | None, terms: tuple[int, int, int] | None
) -> None:
    """A rule's own keys go before the config's, one by one; off is off, whatever the config says."""
    found = flapping_terms(load(tmp_path, "when: current.voltage < 11", line).flapping, by_config)
    hours = found and (found.changes, found.within / timedelta(hours=1), found.quiet / timedelta(hours=1))
    assert hours == terms


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("flapping: {changes: 1}", "4:25: changes: at least 2 is wanted: each alert begins once"),
        ("flapping: {chnges: 2}", '4:16: unknown key "chnges": did you mean "changes"?'),
        ("flapping: no", "4:15: flapping: a mapping (key: value) is wanted, not text"),
        ("flapping:", "4:14: flapping: off or a mapping (key: value) is wanted, and nothing is there"),
        ("cause: site", "4:12: cause: 'none' or 'instrument' is wanted"),
    ],
)
def test_mistakes_at_their_place(tmp_path: Path, line: str, mistake: str) -> None:
    """As everywhere in a rule file."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "when: current.voltage < 11", line)
    assert [str(each).removeprefix(f"{tmp_path}/a.yaml:") for each in caught.value.mistakes] == [mistake]
