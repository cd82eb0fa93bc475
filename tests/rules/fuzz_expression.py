"""Atheris's half of the fuzzing: run as a program, it looks for texts that reach new code of the expressions.

    python -m tests.rules.fuzz_expression -runs=20000 -seed=1

Whatever the text: an expression that answers yes, no, a value or unknown, or an ExpressionError with its place.
"""

import sys

import atheris

with atheris.instrument_imports(include=["alertd.rules"]):
    from alertd.fields import FIELDS, PREFIX_OF, Kind
    from alertd.model import Source
    from alertd.rules.expression import compile_expression
    from alertd.rules.functions import FUNCTIONS
    from alertd.rules.series import Series
    from alertd.rules.tree import ExpressionError
    from alertd.rules.view import View
    from alertd.rules.window_functions import WINDOW_FUNCTIONS
    from tests.rules.seeing import NOW, view

KINDS = {"low": Kind.NUMBER, "limit": Kind.DURATION, "word": Kind.TEXT, "on": Kind.FLAG}
PARAMS = {"low": 11.3, "limit": "6h", "word": "Error", "on": True}

TOKENS = [
    *(f"{PREFIX_OF[source]}.{name}" for source in Source for name in FIELDS[source]),
    *(f"params.{name}" for name in KINDS),
    *(f"{name}(" for name in [*FUNCTIONS, *WINDOW_FUNCTIONS]),
    *(
        "instrument.site",
        "sic",
        "calibration",
        "offset=",
        "ahead=",
        "within=",
        '"6h"',
        '"1d"',
        '"Success"',
        "11.3",
        "0",
    ),
    *(
        " and ",
        " or ",
        "not ",
        " in ",
        " not in ",
        "<",
        "<=",
        "==",
        "!=",
        ">",
        "+",
        "-",
        "*",
        "/",
        "%",
        "(",
        ")",
        "[",
        "]",
    ),
    *(",", ".", "__class__", "__import__('os')", "lambda: 0", "x := 1", "**", "{}", "f'{0}'", "#", "\n", "é", "\0"),
]


def seen() -> View:
    """A monitor of which a good deal is known."""
    found = view(
        {
            "current.voltage": 12.1,
            "stats.voltage": 12.0,
            "sic.status": "Error",
            "status.online": True,
            "sic.khz1": None,
        },
        site="Quarry A",
    )
    points = [(NOW.timestamp() - 60.0 * n, 12.0 + n % 7 / 10) for n in range(400, -1, -1)]
    found.times = dict.fromkeys(PREFIX_OF.values(), NOW)
    found.past = {name: Series(points) for name in ("current.voltage", "stats.voltage")}
    return found


SEEN = seen()


def try_one(data: bytes) -> None:
    """One text, out of words that mean something and of whatever comes."""
    provider = atheris.FuzzedDataProvider(data)
    parts = []
    while provider.remaining_bytes() and len(parts) < 40:
        if provider.ConsumeIntInRange(0, 7):
            parts.append(TOKENS[provider.ConsumeIntInRange(0, len(TOKENS) - 1)])
        else:
            parts.append(provider.ConsumeUnicode(4))
    text = "".join(parts)
    mistake = None
    try:
        bound = compile_expression(text, params=KINDS).bind(PARAMS)
    except ExpressionError as error:
        mistake = error
    if mistake is not None:
        assert 0 <= mistake.offset <= len(text)
        assert len(mistake.text.splitlines()) == 1
        return
    answer = bound.evaluate(SEEN)
    assert answer is None or isinstance(answer, bool | float | str)
    assert bound.explain(SEEN)


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
