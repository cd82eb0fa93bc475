"""Functions over windows: a table of each with whole, thin, empty, uneven and odd pasts."""

from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.fields import FIELDS, SOURCE_OF, Kind
from alertd.model import Sample, Source, Value
from alertd.rules.expression import compile_expression
from alertd.rules.pasts import TWINS, Pasts, needs_of
from alertd.rules.view import View
from tests.rules.seeing import FACTS, NOW

MINUTE = timedelta(minutes=1)
EVERY = dict.fromkeys(Source, MINUTE)

Points = list[tuple[float, Value | None]]
"""(minutes ago, value), the newest last."""


def past_view(text: str, points: Points, *, field: str = "current.voltage", there: bool = True) -> View:
    """What an instrument's rules see after these records."""
    prefix, _, name = field.partition(".")
    source = SOURCE_OF[prefix]
    bound = compile_expression(text).bind()
    pasts = Pasts(needs_of(bound.windows), EVERY)
    samples = [
        Sample(instrument="QT000001", source=source, at=NOW - ago * MINUTE, values={name: value})
        for ago, value in points
    ]
    pasts.add(samples)
    newest = samples[-1] if samples else None
    return View(
        now=NOW,
        instrument=FACTS,
        values={prefix: newest.values} if newest and there else {},
        times={prefix: newest.at} if newest else {},
        why={} if there else {prefix: "offline"},
        past=pasts.of("QT000001"),
    )


def answer(text: str, points: Points, **more: object) -> Value | None:
    """What a call answers after these records."""
    return compile_expression(text).bind().evaluate(past_view(text, points, **more))  # type: ignore[arg-type]


def falling(minutes: int = 60, *, start: float = 12.6, step: float = 0.01) -> Points:
    """One value a minute, the last one now, each a step lower."""
    return [(minutes - 1 - n, start - step * n) for n in range(minutes)]


WHOLE: Points = [(4, 12.0), (3, 12.4), (2, 12.4), (1, 11.8), (0, 12.0)]
THIN: Points = [(60.5, 12.0), (59.5, 12.0), (2, 12.0), (1, 12.0), (0, 12.0)]
UNEVEN: Points = [(59, 12.0), (31, 13.0), (1, 14.0), (0, 14.0)]


@pytest.mark.parametrize(
    ("call", "points", "wanted"),
    [
        ('avg(current.voltage, "5m")', WHOLE, 12.12),
        ('min(current.voltage, "5m")', WHOLE, 11.8),
        ('max(current.voltage, "5m")', WHOLE, 12.4),
        ('median(current.voltage, "5m")', WHOLE, 12.0),
        ('count(current.voltage, "3m")', WHOLE, 3.0),
        ('changes(current.voltage, "5m")', WHOLE, 3.0),
        ('delta(current.voltage, "5m")', WHOLE, 0.0),
        ('delta(current.voltage, "3m")', WHOLE, -0.4),
        ("previous(current.voltage)", WHOLE, 11.8),
        # The window is open at its beginning and closed at its end: of three minutes, three values.
        ('max(current.voltage, "3m")', WHOLE, 12.4),
        ('max(current.voltage, "2m")', WHOLE, 12.0),
        ('max(current.voltage, "2m", offset="2m")', WHOLE, 12.4),
        ('slope(current.voltage, "1h")', falling(), -0.6),
        ('forecast(current.voltage, "1h", ahead="2h")', falling(), 12.01 - 1.2),
        ('time_to(current.voltage, 11.41, "1h")', falling(), 3600.0),
        # Came to pass within the window; gone from; never.
        ('time_to(current.voltage, 12.3, "1h")', falling(), 0.0),
        ('time_to(current.voltage, 12.9, "1h")', falling(), inf),
        ('time_to(current.voltage, 11.3, "1h")', falling(step=0), inf),
        ('time_to(current.voltage, 12.6, "1h")', falling(step=0), 0.0),
        ('time_to(current.voltage, current.voltage - 0.6, "1h")', falling(), 3600.0),
        # Fewer than half of the values that a window would hold.
        ('avg(current.voltage, "1h")', THIN, None),
        ('slope(current.voltage, "1h")', THIN, None),
        ('count(current.voltage, "1h")', THIN, 4.0),
        ('avg(current.voltage, "1h")', falling(29), None),
        ('avg(current.voltage, "1h")', falling(30), 12.455),
        # Uneven spacing: 28 and 30 and 1 minutes apart, usually 28.
        ('delta(current.voltage, "1h")', UNEVEN, 2.0),
        ('avg(current.voltage, "1h")', UNEVEN, 13.25),
        # One value, none, no number.
        ('avg(current.voltage, "5m")', [(0, 12.0)], None),
        ('count(current.voltage, "5m")', [(0, 12.0)], None),
        ('delta(current.voltage, "5m")', [(0, 12.0)], None),
        ("previous(current.voltage)", [(0, 12.0)], None),
        ('avg(current.voltage, "5m")', [], None),
        ('avg(current.voltage, "5m")', [*WHOLE[:2], (2, nan), (1, None), (0, 12.0)], 12.133333333333333),
        ('max(current.voltage, "5m")', [*WHOLE[:4], (0, inf)], 12.4),
        ('avg(current.voltage, "5m")', [(2, "12"), (1, True), (0, 12.0)], None),
        # What the clock was wrong about: values from the future are not looked at.
        ('max(current.voltage, "5m")', [*WHOLE, (-30, 99.0)], 12.4),
        ("same_hour_yesterday(current.voltage)", [(n, 12.0 if n > 1400 else 10.0) for n in range(1500, -1, -1)], 12.0),
        ("same_hour_yesterday(current.voltage)", falling(), None),
    ],
)  # fmt: skip
def test_answers(call: str, points: Points, wanted: float | None) -> None:
    """Each function, over each kind of past."""
    got = answer(call, points)
    assert got == (wanted if wanted in (None, inf) else pytest.approx(wanted))


@pytest.mark.parametrize(
    ("call", "field", "points", "wanted"),
    [
        ("previous(sic.status)", "sic.status", [(600, "Success"), (30, "Error"), (0, "Error")], "Error"),
        ('previous(sic.status, within="20m")', "sic.status", [(600, "Success"), (30, "Error"), (0, "Error")], None),
        ('previous(sic.status, within="40m")', "sic.status", [(600, "Success"), (30, "Error"), (0, "Error")], "Error"),
        ('count(event.type, "6h")', "event.type", [(700, "Connection"), (300, "Connection"), (9, "Connection")], 2.0),
        ('count(event.type, "5m")', "event.type", [(300, "Connection"), (9, "Connection")], 0.0),
        ('changes(sic.status, "12h")', "sic.status", [(600, "Success"), (30, "Error"), (0, "Error")], 1.0),
        ('changes(status.online, "5m")', "status.online", [(2, True), (1, False), (0, True)], 2.0),
        # A source that comes when something happens has no usual spacing that could be missed.
        ('median(sic.khz1, "30d")', "sic.khz1", [(40000, 48.0), (9000, 48.4), (0, 50.0)], 48.4),
        ('avg(calibration.offset, "200d")', "calibration.offset", [(200000, 0.2), (0, 0.4)], 0.3),
    ],
)
def test_answers_of_other_sources(call: str, field: str, points: Points, wanted: Value | None) -> None:
    """Words, flags, and records that come when something happens."""
    got = answer(call, points, field=field)
    assert got == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


@pytest.mark.parametrize(
    ("condition", "points", "there", "says"),
    [
        ('min(current.voltage, "1h") < 12.5', falling(), True, "lowest voltage of 1 h 12.01 V < 12.5 V"),
        (
            'avg(current.voltage, "1h", offset="1h") > 12',
            falling(120),
            True,
            "mean voltage of 1 h up to 1 h ago 12.3 V > 12 V",
        ),
        ('slope(current.voltage, "1h") < -0.5', falling(), True, "trend of voltage over 1 h -0.6 V/h < -0.5 V/h"),
        (
            'forecast(current.voltage, "1h", ahead="8h") < 10',
            falling(),
            True,
            "voltage expected in 8 h 7.21 V < 10 V",
        ),
        (
            'time_to(current.voltage, 11.3, "1h") < "8h"',
            falling(),
            True,
            "time until voltage is 11.3 V 71 min < 8 h",
        ),
        (
            'time_to(current.voltage, 12.9, "1h") < "8h"',
            falling(),
            True,
            "time until voltage is 12.9 V never ≥ 8 h",
        ),
        ('avg(current.voltage, "1h") < 12', THIN, True, "mean voltage of 1 h unknown (4 of about 60 values)"),
        ('avg(current.voltage, "1h") < 12', falling(), False, "mean voltage of 1 h unknown (offline)"),
        ('avg(current.voltage, "1h") < 12', [(0, 12.0)], True, "mean voltage of 1 h unknown (one value so far)"),
        ("previous(current.voltage) < 12", [(0, 1.0)], True, "previous voltage unknown (1 of at least 2 values)"),
    ],
)
def test_explains(condition: str, points: Points, there: bool, says: str) -> None:
    """Every answer in words, an unknown one with what is missing."""
    view = past_view(condition, points, there=there)
    assert compile_expression(condition).bind().explain(view) == says


@given(
    st.sampled_from(["avg", "min", "max", "median", "count", "changes", "delta", "slope"]),
    st.integers(1, 90),
    st.lists(st.tuples(st.integers(0, 120), st.floats(-50, 50)), max_size=80),
    st.integers(0, 80),
)
def test_fed_in_parts_or_at_once(name: str, span: int, points: list[tuple[int, float]], cut: int) -> None:
    """What is held while records come in says the same as a new one that is given all of them, in any order."""
    bound = compile_expression(f'{name}(current.voltage, "{span}m")').bind()
    samples = [
        Sample(instrument="A", source=Source.CURRENT, at=NOW - ago * MINUTE, values={"voltage": volts})
        for ago, volts in dict(points).items()
    ]
    at_once, in_parts = Pasts(needs_of(bound.windows), EVERY), Pasts(needs_of(bound.windows), EVERY)
    at_once.add(sorted(samples, key=lambda each: each.at))
    for part in (samples[:cut], samples[cut:]):
        in_parts.add(part)
        bound.evaluate(View(now=NOW, instrument=FACTS, values={"current": {}}, past=in_parts.of("A")))
    answers = [
        bound.evaluate(View(now=NOW, instrument=FACTS, values={"current": {}}, past=pasts.of("A")))
        for pasts in (at_once, in_parts)
    ]
    assert answers[0] == answers[1]


def test_the_past_of_current_is_filled_from_stats() -> None:
    """Before the first value and in gaps, not between values that come as they should; also when they come first."""
    needs = needs_of(compile_expression('avg(current.voltage, "2h")').bind().windows)
    stats = [
        Sample(instrument="A", source=Source.STATS, at=NOW - ago * MINUTE, values={"voltage": 11.0})
        for ago in range(90, 0, -1)
    ]
    read = [
        Sample(instrument="A", source=Source.CURRENT, at=NOW - (ago - 0.5) * MINUTE, values={"voltage": 12.0})
        for ago in (60, 59, 58, 10, 9, 1)
    ]
    for order in ([*stats, *read], [*read, *stats], [*read[:3], *stats, *read[3:]]):
        pasts = Pasts(needs, EVERY)
        pasts.add(order)
        series = pasts.of("A")["current.voltage"]
        filled = [at for at, volts in zip(series.times, series.values, strict=True) if volts == 11.0]
        ago = {round((NOW.timestamp() - at) / 60) for at in filled}
        assert {90, 63, 56, 30, 14} <= ago
        assert not {60, 59, 10} & ago
        assert list(series.times) == sorted(series.times)


def test_every_number_of_current_that_stats_know_has_its_twin() -> None:
    """The twins have the same unit."""
    for name, twin in TWINS.items():
        mine, other = FIELDS[Source.CURRENT][name], FIELDS[Source.STATS][twin]
        assert (mine.kind, mine.unit) == (Kind.NUMBER, other.unit)


def test_a_long_window_holds_one_value_a_step() -> None:
    """A week of minutes is 10 080 values; held are some 480 for each kind of answer, no extreme is lost."""
    text = 'min(current.voltage, "7d") + max(current.voltage, "7d") + slope(current.voltage, "7d")'
    bound = compile_expression(text).bind()
    pasts = Pasts(needs_of(bound.windows), EVERY)
    week = 7 * 1440
    pasts.add(
        Sample(instrument="A", source=Source.CURRENT, at=NOW - ago * MINUTE, values={"voltage": 12.0 + ago / week})
        for ago in range(week + 600, -1, -1)
        if ago not in {5000, 3000}
    )
    pasts.add([
        Sample(instrument="A", source=Source.CURRENT, at=NOW - 5000 * MINUTE, values={"voltage": 9.0}),
        Sample(instrument="A", source=Source.CURRENT, at=NOW - 3000 * MINUTE, values={"voltage": 15.0}),
    ])  # fmt: skip
    past = pasts.of("A")
    assert sorted(past) == [f"current.voltage {fold} of 1260 s" for fold in ("any", "highest", "lowest")]
    assert all(len(series) < 700 for series in past.values())
    got = bound.evaluate(View(now=NOW, instrument=FACTS, values={"current": {}}, past=past))
    assert got == pytest.approx(9.0 + 15.0 - 1 / 168, abs=1e-3)


@pytest.mark.parametrize(
    ("now", "zone", "day", "days"),
    [
        (datetime(2026, 1, 10, tzinfo=UTC), "", 1, 22),
        (datetime(2026, 1, 10, tzinfo=UTC), "", 15, 5),
        (datetime(2026, 1, 15, tzinfo=UTC), "", 15, 31),
        (datetime(2026, 2, 10, tzinfo=UTC), "", 31, 19),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "", 1, 0.5),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), "Europe/London", 30, 1 + 0 / 24),
        (datetime(2026, 1, 10, tzinfo=UTC), "Mars/Phobos", 1, None),
    ],
)
def test_until_a_day_of_the_month(now: datetime, zone: str, day: int, days: float | None) -> None:
    """In the monitor's own zone, over a change of the clocks and in short months."""
    got = compile_expression(f"until_day({day})").bind().evaluate(View(now=now, instrument={"timezone": zone}))
    assert got == (None if days is None else pytest.approx(days * 86400))
