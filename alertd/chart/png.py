"""A chart as a PNG picture, for e-mails: the only home of Pillow, imported when the first one is drawn. Pure.

The card is white and its corners are see-through, so that it stands well in light mails and in dark ones.
"""

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from alertd.chart.chart import Chart
from alertd.chart.colours import LIGHT
from alertd.chart.course import Place
from alertd.chart.picture import HEIGHT, WIDTH, Area, Box, Dot, Line, Picture, Text, draw
from alertd.chart.words import plain

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

SCALE = 2
"""Pixels a point, so that it is sharp on a phone."""
MOST_BYTES = 100_000

_FINE = 2 * SCALE
"""Pillow draws shapes with hard edges: they are drawn larger than they will be."""
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_COLOURS = 64
"""Enough where a picture with all of its own would be too large, which none has been yet."""


def to_png(chart: Chart) -> bytes:
    """The picture of a chart, 1000 × 380 pixels, at most 100 KB."""
    image = _drawn(draw(chart, WIDTH, HEIGHT))
    file = _saved(image)
    return file if len(file) <= MOST_BYTES else _saved(image.quantize(_COLOURS, method=2))


def _saved(image: "Image") -> bytes:
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _drawn(picture: Picture) -> "Image":
    from PIL import Image, ImageDraw

    large = Image.new("RGB", (round(picture.width * _FINE), round(picture.height * _FINE)), "white")
    pen = ImageDraw.Draw(large, "RGBA")
    for shape in picture.shapes:
        _shape(pen, shape)
    size = (round(picture.width * SCALE), round(picture.height * SCALE))
    image = large.resize(size, Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    for shape in picture.shapes:
        if isinstance(shape, Text):
            _text(pen, shape)
    image.putalpha(_card(picture).resize(size, Image.Resampling.BOX))
    return image


def _card(picture: Picture) -> "Image":
    """What is not see-through: the first shape, with its border."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (round(picture.width * _FINE), round(picture.height * _FINE)), 0)
    card = picture.shapes[0]
    if isinstance(card, Box):
        corners = (0, 0, mask.width - 1, mask.height - 1)
        ImageDraw.Draw(mask).rounded_rectangle(corners, card.radius * _FINE, fill=255)
    return mask


def _shape(pen: "ImageDraw", shape: object) -> None:
    match shape:
        case Box():
            corners = [*_fine((shape.left, shape.top)), *_fine((shape.left + shape.width, shape.top + shape.height))]
            if shape.edge:
                pen.rounded_rectangle(corners, shape.radius * _FINE, _colour(shape.colour), _colour(shape.edge), _FINE)
            else:
                pen.rectangle(corners, _colour(shape.colour))
        case Line():
            for part in _dashes(shape) if shape.dash else [shape.places]:
                pen.line([_fine(place) for place in part], _colour(shape.colour), round(shape.width * _FINE), "curve")
        case Area():
            pen.polygon([_fine(place) for place in shape.places], _colour(shape.colour))
        case Dot():
            if shape.ring:
                pen.circle(_fine(shape.place), (shape.radius + 1.5) * _FINE, _colour(shape.ring))
            pen.circle(_fine(shape.place), shape.radius * _FINE, _colour(shape.colour))


def _dashes(line: Line) -> list[list[Place]]:
    """The dashes of a straight, level line."""
    (left, height), (right, _) = line.places
    count = int((right - left) / line.dash / 2) + 1
    starts = [left + 2 * line.dash * index for index in range(count)]
    return [[(start, height), (min(start + line.dash, right), height)] for start in starts]


def _text(pen: "ImageDraw", shape: Text) -> None:
    place = (shape.place[0] * SCALE, shape.place[1] * SCALE)
    text, font = plain(shape.text), _font(round(shape.size * SCALE))
    anchor, colour = _ANCHORS[shape.anchor], _colour(shape.colour)
    if shape.halo:
        pen.text(place, text, _colour("card"), font, anchor, stroke_width=2 * SCALE, stroke_fill=_colour("card"))
    pen.text(place, text, colour, font, anchor, stroke_width=0.2 * SCALE if shape.bold else 0, stroke_fill=colour)


@lru_cache
def _font(size: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _colour(name: str) -> tuple[int, int, int, int]:
    colour = LIGHT[name]
    red, green, blue = bytes.fromhex(colour.hex)
    return red, green, blue, round(255 * colour.cover)


def _fine(place: Place) -> tuple[float, float]:
    return place[0] * _FINE, place[1] * _FINE
