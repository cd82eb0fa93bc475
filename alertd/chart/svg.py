"""A chart as SVG text, for web pages: no script, no style, nothing from elsewhere. Pure.

Colours are presentation attributes, and each shape's class is its colour's name: a page's style sheet may replace them.
"""

import re
from collections.abc import Sequence
from html import escape

from alertd.chart.chart import Chart, Points, runs
from alertd.chart.colours import THEMES, Theme
from alertd.chart.course import Place, thinned
from alertd.chart.picture import HEIGHT, WIDTH, Area, Box, Dot, Line, Text, draw
from alertd.chart.words import alt_text

_FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(chart: Chart, width: int = WIDTH, height: int = HEIGHT, theme: str = "light") -> str:
    """The picture of a chart; `theme` is light or dark."""
    picture = draw(chart, width, height)
    lines = [f"<title>{_escaped(alt_text(chart))}</title>", f'<g font-family="{_FONT}">']
    lines += [_element(shape, THEMES[theme]) for shape in picture.shapes]
    return "\n".join([_opening(width, height, 'class="chart" role="img"'), *lines, "</g>", "</svg>", ""])


def sparkline(points: Points, width: int = 120, height: int = 24) -> str:
    """A small line without axes, in the colour of the text around it; empty where there is nothing to see."""
    ordered = sorted(points)
    opening = _opening(width, height, 'class="sparkline" aria-hidden="true"')
    if len(ordered) < 2 or ordered[0][0] == ordered[-1][0]:
        return f"{opening}</svg>"
    start, span = ordered[0][0], ordered[-1][0] - ordered[0][0]
    low, high = min(value for _, value in ordered), max(value for _, value in ordered)

    def places(run: Points) -> list[Place]:
        kept = thinned(run, start, span / (2 * width), 2 * width)
        return [
            (_share((at - start) / span, 2, width - 3), _share(_rise(value, low, high), height - 3, 3))
            for at, value in kept
        ]

    lines = [places(run) for run in runs(ordered)]
    path = "".join(_moves(line if len(line) > 1 else line * 2) for line in lines)
    stroke = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"'
    x, y = lines[-1][-1]
    return f'{opening}<path d="{path}" {stroke}/><circle cx="{_n(x)}" cy="{_n(y)}" r="2" fill="currentColor"/></svg>'


def style(theme: str, within: str = "svg") -> str:
    """A style sheet that gives the drawings of a page, below what the selector `within` names, another theme."""
    colours = THEMES[theme]
    lines = [
        f'{within} .{name}:not([fill="none"]){{fill:#{colour.hex};fill-opacity:{colour.cover:g}}}'
        f'{within} .{name}[fill="none"]{{stroke:#{colour.hex}}}'
        for name, colour in colours.items()
    ]
    lines.append(f"{within} text[paint-order],{within} circle[stroke]{{stroke:#{colours['card'].hex}}}")
    lines.append(f"{within} rect[stroke]{{stroke:#{colours['edge'].hex}}}")
    return "\n".join(lines)


def _rise(value: float, low: float, high: float) -> float:
    # Halves, for the distance between two finite numbers need not be finite.
    return (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5


def _share(share: float, first: float, last: float) -> float:
    return first + (last - first) * share


def _element(shape: object, theme: Theme) -> str:
    match shape:
        case Box():
            return _rectangle(shape, theme)
        case Line():
            dash = f' stroke-dasharray="{_n(shape.dash)}"' if shape.dash else ""
            colour = f'class="{shape.colour}" fill="none" stroke="#{theme[shape.colour].hex}"'
            how = f'{colour} stroke-width="{_n(shape.width)}" stroke-linejoin="round"{dash}'
            return f'<path d="{_moves(shape.places)}" {how}/>'
        case Area():
            return f'<path d="{_moves(shape.places)}Z" {_fill(shape.colour, theme)}/>'
        case Dot():
            return _circle(shape, theme)
        case Text():
            return _words(shape, theme)
    raise TypeError(f"no shape: {shape!r}")


def _rectangle(box: Box, theme: Theme) -> str:
    edge = f' stroke="#{theme[box.edge].hex}"' if box.edge else ""
    corner = f' rx="{_n(box.radius)}"' if box.radius else ""
    at = f'x="{_n(box.left)}" y="{_n(box.top)}" width="{_n(box.width)}" height="{_n(box.height)}"'
    return f"<rect {at}{corner}{edge} {_fill(box.colour, theme)}/>"


def _circle(dot: Dot, theme: Theme) -> str:
    x, y = dot.place
    ring = f' stroke="#{theme[dot.ring].hex}" stroke-width="1.5"' if dot.ring else ""
    radius = dot.radius + 0.75 if dot.ring else dot.radius
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{ring} {_fill(dot.colour, theme)}/>'


def _words(text: Text, theme: Theme) -> str:
    x, y = text.place
    how = f'font-size="{_n(text.size)}"'
    how += f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    how += ' font-weight="600"' if text.bold else ""
    if text.halo:
        how += f' stroke="#{theme["card"].hex}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    return f'<text x="{_n(x)}" y="{_n(y)}" {how} {_fill(text.colour, theme)}>{_escaped(text.text)}</text>'


def _fill(name: str, theme: Theme) -> str:
    colour = theme[name]
    cover = f' fill-opacity="{colour.cover:g}"' if colour.cover < 1 else ""
    return f'class="{name}" fill="#{colour.hex}"{cover}'


def _moves(places: Sequence[Place]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in places)


def _n(value: float) -> str:
    """A length as short as it can be: a twentieth of a point is not seen."""
    return f"{value:.1f}".removesuffix(".0")


def _escaped(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))


def _opening(width: float, height: float, more: str) -> str:
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {more}>'
