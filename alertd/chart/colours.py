"""What the names of colours mean, in light and in dark surroundings."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green and blue as six hexadecimal digits, and how much it covers."""

    hex: str
    cover: float = 1.0


Theme = Mapping[str, Colour]

LIGHT: Theme = {
    "card": Colour("ffffff"),
    "edge": Colour("d7dee8"),
    "grid": Colour("e2e8f0"),
    "axis": Colour("a9b6c6"),
    "text": Colour("0f1b2d"),
    "muted": Colour("5b6b80"),
    "line": Colour("2463c4"),
    "spread": Colour("2463c4", 0.22),
    "bad": Colour("cc2229"),
    "breach": Colour("cc2229", 0.20),
    "pending": Colour("a85b00"),
    "pending-band": Colour("f5a524", 0.14),
    "firing": Colour("cc2229"),
    "firing-band": Colour("cc2229", 0.07),
    "note": Colour("6b3fb5"),
}

DARK: Theme = {
    "card": Colour("161d29"),
    "edge": Colour("2c3746"),
    "grid": Colour("232d3b"),
    "axis": Colour("475569"),
    "text": Colour("eef2f7"),
    "muted": Colour("9aa8ba"),
    "line": Colour("6ea8fe"),
    "spread": Colour("6ea8fe", 0.26),
    "bad": Colour("ff6b6b"),
    "breach": Colour("ff6b6b", 0.25),
    "pending": Colour("f5b041"),
    "pending-band": Colour("f5a524", 0.12),
    "firing": Colour("ff6b6b"),
    "firing-band": Colour("ff6b6b", 0.10),
    "note": Colour("c0a3ff"),
}

THEMES: Mapping[str, Theme] = {"light": LIGHT, "dark": DARK}
