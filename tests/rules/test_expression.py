"""Expressions: what they answer, and how they say why."""

from datetime import timedelta

import pytest

from alertd.fields import Kind
from alertd.model import Source
from alertd.rules.expression import compile_expression
from tests.rules.seeing import view

KINDS = {"low": Kind.NUMBER, "limit": Kind.DURATION, "word": Kind.TEXT, "on": Kind.FLAG}
PARAMS = {"low": 11.3, "limit": "35d", "word": "Error", "on": True}

SEEN = view(
    {
        "current.voltage": 11.21,
        "current.temp": None,
        "current.simUsage": 950.0,
        "current.simQuota": 0.0,
        "current.uptime": 900,
        "stats.cpu": float("nan"),
        "stats.mem": float("inf"),
        "stats.ping": "12",
        "stats.disk": True,
        "stats.mTot": 10**400,
        "sic.status": "Error",
        "sic.khz1": 48.5,
        "status.online": False,
        "status.measuring": None,
        "status.sicInProgress": 1,
    },
    ages={"calibration": timedelta(days=36, hours=5), "note": timedelta(hours=-1)},
    why={"event": "no answer: time-out"},
    site="Quarry A",
)


def answer(text: str) -> object:
    return compile_expression(text, params=KINDS).bind(PARAMS).evaluate(SEEN)


def why(text: str) -> str:
    return compile_expression(text, params=KINDS).bind(PARAMS).explain(SEEN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("current.voltage", 11.21),
        ("current.voltage < params.low", True),
        ("current.voltage <= 11.21", True),
        ("current.voltage > params.low", False),
        ("current.voltage == 11.21 and current.voltage != 11.2", True),
        ("10 < current.voltage < 11.3", True),
        ("10 < current.voltage < 11", False),
        ("12 < current.voltage < current.temp", False),  # the first pair decides
        ("current.uptime + 1", 901.0),
        ("-current.voltage < -11", True),
        ("+current.voltage > 11", True),
        ("current.uptime % 100 == 0", True),
        ("(current.voltage - 1) * 2 / 4 < 6", True),
        ('sic.status == "Error"', True),
        ('sic.status == "error"', False),  # words are told apart by case
        ("sic.status == params.word", True),
        ('sic.status in ["Error", "Failed"]', True),
        ('sic.status not in ["Error", params.word]', False),
        ("current.voltage in [11.21, 12]", True),
        ("status.online", False),
        ("not status.online", True),
        ("status.online == params.on", False),
        ("status.online == False", True),
        ('instrument.site == "Quarry A"', True),
        ('instrument.power == ""', True),  # a missing label is the empty text
        ('instrument.subscription == "Active"', True),
        ('age(calibration) > "35d"', True),
        ("age(calibration) > params.limit", True),
        ("params.limit < age(calibration)", True),
        ('age(calibration) in ["35d", "36d5h"]', True),
        ('35 < age(calibration) / "1d" < 37', True),
        ("age(note)", 0.0),  # a record a little ahead of the clock is new
        ("hour_of_day()", 15.5),
        ("  current.voltage\n    < params.low", True),  # folded over lines in YAML
        ('"#" == sic.status', False),
        ('"µ°C" == sic.status', False),
    ],
)
def test_answers(text: str, expected: object) -> None:
    """Fields, arithmetic, comparisons and functions answer as a person would."""
    assert answer(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "current.temp > 80",  # the API said null
        "current.cpu > 80",  # the record lacks it
        'event.type == "Connection"',  # the source has no values
        "stats.cpu > 1",  # NaN
        "stats.mem > 1",  # Infinity
        "stats.mem < 1",
        "stats.ping > 1",  # text where a number belongs
        "stats.disk > 0",  # a yes/no where a number belongs
        "stats.mTot > 1",  # more digits than a number has
        "status.sicInProgress",  # a number where a yes/no belongs
        "not status.measuring",
        "current.simUsage / current.simQuota > 0.8",
        "current.simUsage % current.simQuota > 0.8",
        "current.voltage + current.temp > 3",
        "current.voltage * " + "1e15 * " * 22 + "1 > 0",  # past the largest number
        'age(sic) > "35d"',
        "10 < current.voltage < current.temp",
        "current.temp in [1, 2]",
        "current.temp not in [1, 2]",
        "current.simUsage > 1 / 0",
    ],
)
def test_unknown(text: str) -> None:
    """What is missing, no number or not finite makes the answer UNKNOWN, never clear."""
    assert answer(text) is None


WORDS = {"T": "not status.online", "F": "status.online", "U": "status.measuring"}
AND = {"TT": "T", "TF": "F", "TU": "U", "FT": "F", "FF": "F", "FU": "F", "UT": "U", "UF": "F", "UU": "U"}
OR = {"TT": "T", "TF": "T", "TU": "T", "FT": "T", "FF": "F", "FU": "U", "UT": "T", "UF": "U", "UU": "U"}
TRUTH = {"T": True, "F": False, "U": None}


@pytest.mark.parametrize(("word", "table"), [("and", AND), ("or", OR)])
def test_kleene(word: str, table: dict[str, str]) -> None:
    """`and` and `or` follow Kleene's tables: what decides alone decides beside the unknown too."""
    for (left, right), expected in table.items():
        assert answer(f"({WORDS[left]}) {word} ({WORDS[right]})") is TRUTH[expected], (left, word, right)


def test_kleene_not() -> None:
    """`not unknown` is unknown."""
    assert [answer(f"not ({WORDS[each]})") for each in "TFU"] == [False, True, None]


@pytest.mark.parametrize(
    ("zone", "hour"), [("", 15.5), ("Europe/Berlin", 16.5), ("Asia/Kolkata", 21.0), ("No/Where", None), ("../x", None)]
)
def test_hour_in_the_instruments_zone(zone: str, hour: float | None) -> None:
    """hour_of_day() is the instrument's own; UTC without a zone, UNKNOWN in one that does not exist."""
    assert compile_expression("hour_of_day()").evaluate(view(timezone=zone)) == hour


def test_subscription_that_is_not_told_is_unknown() -> None:
    """An empty subscription is no news, unlike an empty label."""
    expression = compile_expression('instrument.subscription != "Active"')
    assert expression.evaluate(view(subscription="")) is None
    assert expression.explain(view(subscription="")) == "subscription unknown (not given)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("current.voltage < params.low", "voltage 11.21 V < 11.3 V"),
        ("params.low > current.voltage", "voltage 11.21 V < 11.3 V"),
        ("current.voltage >= params.low", "voltage 11.21 V < 11.3 V"),
        ("current.voltage < 11.2099", "voltage 11.21 V ≥ 11.2099 V"),
        ("current.voltage < 11.2100001", "voltage 11.21 V < 11.2100001 V"),
        ("current.voltage == 11.21", "voltage is 11.21 V"),
        ("current.voltage > sic.khz1", "voltage 11.21 V ≤ khz1 48.5 V".replace("khz1", "SIC khz1")),
        ('sic.status != "Success"', 'SIC status "Error" ≠ "Success"'),
        ('sic.status == "Success"', 'SIC status "Error" ≠ "Success"'),
        ('sic.status not in ["Success", "InProgress"]', 'SIC status "Error" is none of "Success", "InProgress"'),
        ('sic.status in ["Error"]', 'SIC status is "Error"'),
        ("not status.online", "offline"),
        ("status.online", "offline"),
        ("status.online == False", "offline"),
        ('age(calibration) > "35d"', "age(calibration) 36.2 d > 35 d"),
        ('age(calibration) > "36d"', "age(calibration) 36.2 d > 36 d"),
        ('age(calibration) < "90s"', "age(calibration) 36.2 d ≥ 90 s"),
        ("current.voltage < 12 and current.uptime > 3", "voltage 11.21 V < 12 V and uptime 900 s > 3 s"),
        ("current.voltage < 12 or current.uptime < 3", "voltage 11.21 V < 12 V"),
        ("current.voltage > 12 and current.uptime > 3", "voltage 11.21 V ≤ 12 V"),
        ("current.voltage > 12 or current.uptime < 3", "voltage 11.21 V ≤ 12 V and uptime 900 s ≥ 3 s"),
        ("not (current.voltage > 12 or status.online)", "voltage 11.21 V ≤ 12 V and offline"),
        ("current.temp > 80 and current.voltage < 12", "temp unknown (not given)"),
        ('event.type == "x"', "event type unknown (no answer: time-out)"),
        ('note.user == "x"', "note user unknown (not polled)"),
        ('age(event) > "1d"', "age(event) unknown (no answer: time-out)"),
        ("current.simUsage * 100 / current.simQuota > 90", "simUsage * 100 / simQuota unknown (division by zero)"),
        ("(current.simUsage + 5) * 100 > -90", "(simUsage + 5) * 100 95500 > -90"),
        ("-current.voltage > 0", "-voltage -11.21 V ≤ 0 V"),
        ("current.voltage + current.temp > 1", "temp unknown (not given)"),
        ('instrument.site == "Quarry B"', 'site "Quarry A" ≠ "Quarry B"'),
        ("hour_of_day() > 18", "hour_of_day() 15.5 ≤ 18"),
        ("current.voltage", "voltage 11.21 V"),
    ],
)
def test_explains(text: str, expected: str) -> None:
    """An explanation says the facts that decided, with units, true of the instrument whatever the answer is."""
    assert why(text) == expected


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("online", True, "online"),
        ("online", False, "offline"),
        ("measuring", True, "measuring"),
        ("measuring", False, "not measuring"),
        ("sicInProgress", True, "sicInProgress is yes"),
        ("sicInProgress", False, "sicInProgress is no"),
        ("online", None, "online unknown (not given)"),
    ],
)
def test_flags_in_words(flag: str, value: bool | None, expected: str) -> None:
    """A flag is told as a person would, where there are words for it; turned round or compared, it is the same fact."""
    for text in (f"status.{flag}", f"not status.{flag}", f"status.{flag} == True"):
        assert compile_expression(text).explain(view({f"status.{flag}": value})) == expected


def test_tells_a_value_from_its_limit() -> None:
    """A value that rounds to its limit gets the decimals that tell them apart."""
    seen = view({"current.voltage": 11.2999})
    assert compile_expression("current.voltage < 11.3").explain(seen) == "voltage 11.2999 V < 11.3 V"
    assert compile_expression("current.voltage < 12").explain(seen) == "voltage 11.3 V < 12 V"


def test_knows_what_it_reads() -> None:
    """Fields come in order of appearance; a source whose age is asked counts; the clock is noted."""
    expression = compile_expression('stats.cpu > 1 and current.voltage < 3 or stats.cpu > 2 or age(calibration) > "1d"')
    assert expression.fields == ((Source.STATS, "cpu"), (Source.CURRENT, "voltage"))
    assert expression.sources == {Source.STATS, Source.CURRENT, Source.CALIBRATIONS}
    assert expression.uses_clock
    assert not compile_expression("current.voltage < 3").uses_clock
    assert compile_expression("1 < 2").constant
    assert not compile_expression('instrument.site == ""').constant


@pytest.mark.parametrize(
    ("text", "limit"),
    [("current.voltage < params.low", 11.3), ("12 > current.voltage", 12.0), ("current.voltage < current.temp", None)],
)
def test_limit_of_a_field(text: str, limit: float | None) -> None:
    """The limit of a field is the number it is compared with, params included."""
    bound = compile_expression(text, params=KINDS).bind(PARAMS)
    assert bound.limit_of(Source.CURRENT, "voltage") == limit
