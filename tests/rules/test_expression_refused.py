"""Expressions that cannot be: each is refused at load, with its place and a remedy."""

import pytest

from alertd.fields import Kind
from alertd.rules.expression import compile_expression
from alertd.rules.tree import ExpressionError

KINDS = {"low": Kind.NUMBER, "limit": Kind.DURATION, "word": Kind.TEXT}


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, params=KINDS)
    return caught.value


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("current.voltge < 3", 0, "unknown field current.voltge: did you mean current.voltage?"),
        ("1 < current.simusage", 4, "did you mean current.simUsage?"),
        ("events.type == 'x'", 0, "did you mean event.type?"),
        ("current.lteRsrp > 3", 0, "did you mean stats.lteRsrp?"),
        ("prams.low < 3", 0, "did you mean params?"),
        ("voltage < 3", 0, "did you mean stats.voltage or current.voltage?"),
        ("low < 3", 0, "did you mean params.low?"),
        ("zzz < 3", 0, "a field is source.name"),
        ("current < 3", 0, "current needs a field"),
        ("status.online == true", 17, "write the yes/no field alone"),
        ("current.voltage < params.lov", 18, "unknown param params.lov: did you mean params.low?"),
        ("current.voltage < params.x9", 18, "add it to the rule's params"),
        ("agee(sic) > '1d'", 0, "unknown function agee: did you mean age?"),
        ("average(current.voltage, '6h') < 3", 0, "unknown function average"),
        ("avg(current.voltage) < 3", 0, 'write avg(current.voltage, "6h")'),
        ("avg(12, '6h') < 3", 4, "a field stands here"),
        ("avg(status.online, '6h') < 3", 4, "avg needs a number, but status.online is a yes/no"),
        ("avg(current.voltage, '6x') < 3", 21, "a duration is wanted"),
        ("avg(current.voltage, '0s') < 3", 21, "longer than nothing"),
        ("avg(current.voltage, '60d') < 3", 21, "current is kept at hand for 31 days"),
        ("avg(current.voltage, 6) < 3", 21, 'avg needs a duration here, such as "6h", but 6 is a number'),
        ("avg(current.voltage, '6h', ahead='1h') < 3", 0, "write avg"),
        ("avg(current.voltage, '6h', offset='1h', offset='2h') < 3", 0, "write avg"),
        ("forecast(current.voltage, '6h') < 3", 0, "write forecast"),
        ("time_to(current.voltage, '11', '6h') < '8h'", 25, "time_to needs a number"),
        ("time_to(current.voltage, 11, '6h') < 8", 37, "write a duration"),
        ("previous(sic.status) == 3", 0, "they cannot be compared"),
        ("avg < 3", 0, "avg is a function"),
        ("age > '1d'", 0, "write age(calibration)"),
        ("age() > '1d'", 0, "write age(calibration)"),
        ("age(sic, note) > '1d'", 0, "write age(calibration)"),
        ("age(source=sic) > '1d'", 0, "write age(calibration)"),
        ("age(calibrations) > '1d'", 4, "unknown source calibrations: did you mean calibration?"),
        ("age('sic') > '1d'", 4, "the name of a source stands here"),
        ("age(sic) > 35", 11, 'write a duration, such as "35d"'),
        ("age(sic) > '35x'", 11, "a duration is wanted"),
        ("age(sic) > params.low", 11, "params.low is a number"),
        ("age(sic) > params.word", 11, "params.word is text"),
        ("age(sic) + 1 > 3", 0, "a duration can only be divided by another"),
        ("age(sic) / 2 > 3", 11, "age(sic) is a duration, 2 is a number"),
        ("-age(sic) > 3", 1, "needs a number"),
        ("current.voltage < 'low'", 0, "current.voltage is a number, 'low' is text"),
        ("sic.status > 'a'", 0, "> compares numbers or durations, not text"),
        ("status.online < True", 0, "< compares numbers or durations, not a yes/no"),
        ("status.online == 1", 0, "they cannot be compared"),
        ("not current.voltage", 4, "not needs a yes/no, but current.voltage is a number"),
        ("status.online and current.voltage", 18, "and needs a yes/no"),
        ("sic.status + 'x' == 'y'", 0, "+ needs numbers, but sic.status is text"),
        ("sic.status in 'Error'", 14, "in needs a list"),
        ("sic.status in []", 14, "in needs a list"),
        ("sic.status in ['a', 1]", 20, "1 is a number, but sic.status is text"),
        ("sic.status in ['a', sic.status]", 20, "write each choice as a number, a text or a param"),
        ("age(sic) in [1]", 13, "write a duration"),
        ("sic.status in ['a'] == True", 0, "cannot be chained"),
        ("['a'] == sic.status", 0, "a list stands only after in"),
        ("current.voltage = 3", 16, "write == to compare"),
        ("current.voltage < 3 && status.online", 21, "write and / or"),
        ("!status.online", 0, "write not"),
        ("current.voltage <", 16, "breaks off"),
        ("(current.voltage < 3", 0, "never closed"),
        ("sic.status == 'x", 14, "the quotes do not close"),
        ("current.voltage is 3", 0, "write == or !="),
        ("current.voltage == None", 19, "unknown by itself"),
        ("current.voltage < 3 # low", 20, "no comments"),
        ("current.voltage < 3 # low\n or status.online", 20, "no comments"),
        ("  voltge < 3", 2, "unknown name voltge"),
        ("'µ°' == sic.stats", 8, "did you mean sic.status?"),
        ("current.voltage ** 2 > 3", 0, "only + - * / %"),
        ("current.voltage // 2 > 3", 0, "only + - * / %"),
        ("~current.voltage > 3", 0, "~ is not allowed"),
        ("current.voltage < 1e400", 18, "too large a number"),
        ("current.voltage < 1e16", 18, "too large a number"),
        ("current.voltage < 1j", 18, "not allowed"),
        ("", 0, "empty"),
        (" \n ", 0, "empty"),
    ],
)
def test_says_what_and_where(text: str, offset: int, says: str) -> None:
    """A mistake is named at its character, in words that help to mend it."""
    error = refusal(text)
    assert says in error.text
    assert error.offset == offset
    assert "\n" not in error.text


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__()",
        "current.__class__",
        "current.voltage.__class__ == 3",
        "instrument.__class__ == 'x'",
        "params.__class__ == 'x'",
        "age.__globals__ == 'x'",
        "getattr(current, 'voltage') < 3",
        "open('/etc/passwd')",
        "lambda: 1",
        "(x := 3)",
        "[x for x in [1]]",
        "{x: 1 for x in [1]}",
        "(x for x in [1])",
        "f'{current.voltage}' == 'x'",
        "'a' if status.online else 'b'",
        "current['voltage'] < 3",
        "{1, 2}",
        "(1, 2)",
        "*status.online",
        "await status.online",
        "yield",
        "import os",
        "status.online; status.online",
        "9**9**9 > 1",
        "1 << 99999999 > 1",
        "'a' * 999999999 == 'b'",
        "b'x' == sic.status",
        "... == 3",
        "9" * 1900,
        "9" * 5000,
        "0x" + "f" * 1900,
        "(" * 900 + ")" * 900,
        "-" * 1900 + "1",
        "not " * 450 + "status.online",
        "1+" * 900 + "1 > 0",
        "current" + ".a" * 900,
        "sic.status in [" + "'a'," * 400 + "]",
        "status.\0online",
        "\0",
        "\ud800 < 3",
        "a\u2028b",
        "current.voltage < 3\\\n",
    ],
)
def test_attacks_are_refused(text: str) -> None:
    """Nothing but fields, params, constants and the table's functions can be reached, and no text takes long."""
    assert refusal(text).text
