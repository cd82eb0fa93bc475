"""The documentation's pages, and what tests find in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]

FENCE = re.compile(r"^ *```(?P<kind>\w*)\n(?P<text>.*?)^ *```", re.MULTILINE | re.DOTALL)
ROW = re.compile(
    r"^\| `(?P<name>[^`]+)` \| (?P<type>[^|]+) \| (?P<default>[^|]+) \| (?P<meaning>[^|]+) \|$", re.MULTILINE
)


def page(name: str) -> str:
    """One page of docs/."""
    return (DOCS / name).read_text()


def section(name: str, heading: str) -> str:
    """What stands under one heading of a page."""
    return page(name).split(f"## {heading}\n")[1].split("\n## ")[0]


def code() -> str:
    """All of alertd's own text."""
    return "".join(path.read_text() for path in sorted((ROOT / "alertd").rglob("*.py")))
