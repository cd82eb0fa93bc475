"""A headless Chromium, where the machine has one: how a mail looks on a screen and on a phone, by day and by night."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pytest

from alertd.model import Message

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing in a mail is fetched from elsewhere
)

FRAME = """<!DOCTYPE html>
<meta charset="utf-8">
<style>
:root {{ color-scheme: {scheme}; }}
body {{ margin: 0; background: Canvas; }}
iframe {{ display: block; border: 0; }}
</style>
<iframe width="{width}" srcdoc="{mail}"></iframe>
<script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument, root = page.documentElement;
  frame.style.height = root.scrollHeight + "px";
  const broken = [...page.images].filter(image => !image.naturalWidth).length;
  document.title = JSON.stringify({{
    height: root.scrollHeight, width: root.scrollWidth, broken, images: page.images.length,
    colour: frame.contentWindow.getComputedStyle(page.body).color,
    smallest: Math.min(...[...page.querySelectorAll("p, li, td, th, h2, b")].map(
      each => parseFloat(frame.contentWindow.getComputedStyle(each).fontSize))),
  }});
}};
</script>
"""


@dataclass(frozen=True)
class Look:
    """How a mail looks at one width."""

    height: int
    width: int
    """More than was given where something sticks out."""
    images: int
    broken: int
    colour: str
    """Of the text."""
    smallest: float
    """Letters, in pixels."""
    picture: Path


def look_at(message: Message, folder: Path, *, width: int, dark: bool = False) -> Look:
    """Open a mail's HTML as a mail program would, and photograph it; skips the test where there is no chromium."""
    page = folder / f"mail-{width}{'-dark' if dark else ''}.html"
    scheme = "dark" if dark else "light"
    page.write_text(FRAME.format(mail=escape(_whole(message)), width=width, scheme=scheme), encoding="utf-8")
    wide = max(width, 500)  # chromium's windows are no narrower
    dom = _chromium(folder, f"--window-size={wide},800", "--virtual-time-budget=5000", "--dump-dom", page.as_uri())
    found = re.search(r"<title>(.*?)</title>", dom)
    assert found is not None, dom
    facts: dict[str, Any] = json.loads(found[1])
    picture = page.with_suffix(".png")
    _chromium(folder, f"--window-size={wide},{facts['height']}", f"--screenshot={picture}", page.as_uri())
    return Look(**facts, picture=picture)


def _whole(message: Message) -> str:
    """The HTML with its pictures inside."""
    html = message.html
    for image in message.images:
        html = html.replace(f"cid:{image.cid}", "data:image/png;base64," + base64.b64encode(image.png).decode())
    return html


def _chromium(folder: Path, *words: str) -> str:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium (Debian: apt-get install chromium)")
    command = [program, *OPTIONS, f"--user-data-dir={folder / 'profile'}", *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, env={"HOME": str(folder)})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
