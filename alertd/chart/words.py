"""A chart's words: numbers with their unit, spans, times, and the text in the picture's place. Pure."""

import unicodedata
from datetime import datetime, timedelta

from alertd.chart.chart import Chart

_SPELT = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "≥": ">=",
        "≤": "<=",
        "×": "x",
        "µ": "u",
        "μ": "u",
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
        "\N{NO-BREAK SPACE}": " ",
    }
)
_DRAWN = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("°·«»‘’“”…‹›™©")
"""What Pillow's own font can draw."""


def number(value: float, decimals: int | None = None) -> str:
    """A number as people read it: with these decimals, or with as many as say something, three at most."""
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-3:
        return f"{value:.3g}"
    if decimals is None:
        text = f"{value:.{0 if size >= 1000 else 2 if size >= 1 else 3}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.{decimals}f}"
    if size >= 10_000:
        text = f"{float(text):,.{decimals or 0}f}".replace(",", " ")
    return text.lstrip("-") if not text.strip("-0.") else text


def measured(value: float, unit: str) -> str:
    """A number with its unit."""
    return f"{number(value)} {unit}".rstrip()


def length(span: timedelta) -> str:
    """About how long: 24 h, 45 min, 90 d."""
    minutes = round(span / timedelta(minutes=1))
    if minutes < 120:
        return f"{max(minutes, 1)} min"
    if minutes < 72 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} d"


def date(at: datetime) -> str:
    """24 Nov, in English whatever the machine's language."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{at.day} {months[at.month - 1]}"


def clock(at: datetime, chart: Chart) -> str:
    """A time by the chart's clock, with its day where that is not the last one."""
    local = at.astimezone(chart.zone)
    time = f"{local:%H:%M}"
    return time if local.date() == chart.end.astimezone(chart.zone).date() else f"{date(local)} {time}"


def plain(text: str) -> str:
    """The text in letters that the picture's font has: accents are left out, what it cannot draw at all too."""
    spelt = " ".join(text.translate(_SPELT).split())
    parts = (each if each in _DRAWN else unicodedata.normalize("NFKD", each) for each in spelt)
    return "".join(letter for part in parts for letter in part if letter in _DRAWN).strip()


def text_width(text: str, size: float) -> float:
    """About how wide a text of that size is, in any usual typeface."""
    return size * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if letter in "ijl.,:;'|!()[]tfrI ·":
        return 0.34
    if letter in "mwMW@%" or unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    return 0.72 if letter.isupper() else 0.57


def alt_text(chart: Chart) -> str:
    """What the picture shows, for those who do not see it."""
    unit, points = chart.series.unit, chart.points
    what = chart.title or chart.series.name or "value"
    values = f"from {measured(points[0][1], unit)} to {measured(points[-1][1], unit)}"
    parts = [f"{what} {values} in {length(chart.end - chart.start)}"]
    if chart.limit is not None:
        parts += [f"limit {measured(chart.limit, unit)}", _beyond(chart)]
    if chart.end - points[-1][0] > chart.longest_step:
        parts.append(f"nothing measured since {clock(points[-1][0], chart)}")
    return "; ".join(parts)


def _beyond(chart: Chart) -> str:
    """Since when, or from when to when, it was last on the bad side of its limit."""
    side = "above" if chart.limit_above else "below"
    began: datetime | None = None
    ended: datetime | None = None
    for at, value in chart.points:
        if chart.is_beyond(value):
            if began is None or ended is not None:
                began, ended = at, None
        elif began is not None and ended is None:
            ended = at
    if began is None:
        return f"never {side}"
    if ended is None:
        return f"{side} since {clock(began, chart)}"
    return f"{side} from {clock(began, chart)} to {clock(ended, chart)}"
