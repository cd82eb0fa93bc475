"""`alertd rules show`: what each rule comes to on one monitor, and where each param was given."""

import pytest

from tests.support.processes import LOW_VOLTAGE, Alertd, Site

FIRST, SECOND = "QT100000", "QT100001"
SUPPLY = {
    "alert": "Supply",
    "match": ['power=~"battery|solar"'],
    "params": {"low": 11.3, "limit": "35d"},
    "overrides": [{"match": ['supply="24v"'], "params": {"low": 22.6}}],
    "labels": {"team": "field"},
    "levels": {
        "warning": {"when": "current.voltage < params.low + 0.5", "for": "15m"},
        "critical": {
            "when": "current.voltage < params.low",
            "until": "age(calibration) < params.limit",
            "keep_firing_for": "5m",
        },
    },
}


@pytest.fixture
def labelled(site: Site) -> Site:
    """Two monitors with labels, two rules; nothing was polled yet."""
    site.write(instruments={"labels": {FIRST: {"power": "solar", "supply": "24v"}, SECOND: {"power": "mains"}}})
    site.write_rules(SUPPLY, LOW_VOLTAGE)
    return site


def test_as_json(labelled: Site, alertd: Alertd):
    """Every rule: conditions with the params in place, who gave each param, terms, labels, what is not polled."""
    supply, low = alertd("rules", "show", FIRST, "--json", "-c", labelled.path).json
    lines = (labelled.folder / "rules" / "site.yaml").read_text().splitlines()
    assert (supply["alertname"], supply["instrument"], supply["applies"]) == ("Supply", FIRST, True)
    assert supply["source"] == "rules/site.yaml:2"
    assert supply["levels"] == {
        "critical": {
            "when": "current.voltage < 22.6",
            "until": 'age(calibration) < "35d"',
            "for": "0s",
            "keep_firing_for": "5m",
        },
        "warning": {"when": "current.voltage < 23.1", "until": None, "for": "15m", "keep_firing_for": "0s"},
    }
    assert supply["params"] == {
        "low": {
            "value": 22.6,
            "source": f"rules/site.yaml:{lines.index('      low: 22.6') + 1}",
            "override": ['supply="24v"'],
        },
        "limit": {
            "value": "35d",
            "source": f"rules/site.yaml:{lines.index('    limit: 35d') + 1}",
            "override": None,
        },
    }
    assert (supply["labels"], supply["not_polled"]) == ({"team": "field"}, ["calibrations"])
    assert (low["alertname"], low["params"], low["not_polled"]) == ("LowVoltage", {}, [])


def test_what_is_not_about_it(labelled: Site, alertd: Alertd):
    """The first matcher that fails, and what it met."""
    supply, low = alertd("rules", "show", SECOND, "--json", "-c", labelled.path).json
    assert (supply["applies"], low["applies"], low["why_not"]) == (False, True, None)
    assert supply["why_not"] == 'power=~"battery|solar" is asked for, and power is "mains"'


def test_as_text(labelled: Site, alertd: Alertd):
    """The same for a person; options before the word count, too."""
    assert alertd("poll", "-c", labelled.path).code == 0
    ran = alertd("rules", "-c", labelled.path, "show", SECOND)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"Monitor {SECOND} ({SECOND}): 1 of 2 rules"
    assert '  Supply (rules/site.yaml:2): power=~"battery|solar" is asked for, and power is "mains"' in lines
    out = alertd("rules", "show", FIRST, "-c", labelled.path).out
    assert '  critical: current.voltage < 22.6, for 0s, until age(calibration) < "35d", keeps firing for 5m' in out
    assert "low = 22.6, from rules/site.yaml:" in out
    assert 'the override for supply="24v"' in out
    assert '  labels: team="field"' in out
    assert "calibrations is not polled here" in out


def test_the_list_is_as_it_was(labelled: Site, alertd: Alertd):
    """`alertd rules` alone lists the rules, wherever its options stand."""
    assert [each["alertname"] for each in alertd("rules", "-c", labelled.path, "--json").json] == [
        "Supply",
        "LowVoltage",
    ]
    assert alertd("rules", "-c", labelled.path).out.startswith("RULE")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "QT10000"), "there is no monitor QT10000: did you mean QT10000"),
        (("show", "zz"), "there is no monitor zz: alertd instruments lists them"),
        (("show",), "alertd rules show: Missing argument 'SERIAL'. (see alertd rules show --help)"),
        (("shw",), "alertd rules: No such command 'shw'"),
    ],
)
def test_mistakes(polled: Site, alertd: Alertd, words: tuple[str, ...], says: str):
    """Exit 2 and one line."""
    ran = alertd("rules", "-c", polled.path, *words)
    assert (ran.code, ran.out, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith(says)


def test_no_config(alertd: Alertd, tmp_path):
    """A config that is not there is named, with and without the word."""
    for words in (("rules",), ("rules", "show", FIRST)):
        ran = alertd(*words, "-c", tmp_path / "none.yaml")
        assert (ran.code, len(ran.errors)) == (2, 1)
        assert "no such file" in ran.errors[0]
