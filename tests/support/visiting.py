"""Pages as a reader meets them: their words, and in a real Chromium where the machine has one."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest

INLINE = re.compile(r"</?(?:a|b|bdi|code|em|span|strong|time)(?: [^>]*)?>")
"""Tags that part no words."""
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def words(html: str) -> str:
    """What a page says, without its tags, one blank between words."""
    main = re.search(r"<main.*</main>", html, re.DOTALL)
    assert main is not None, html
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", INLINE.sub("", main[0]))).split())


@contextmanager
def launched() -> Iterator[Any]:
    """A headless browser."""
    playwright_api = pytest.importorskip("playwright.sync_api", reason="no playwright (pip install playwright)")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium (Debian: apt-get install chromium)")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Any, *, width: int = 1100, script: bool = True) -> Iterator[Any]:
    """One page of a browser; what goes wrong in it, or is refused by its content policy, fails the test."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    try:
        yield page
    finally:
        context.close()
    assert not wrong, wrong


def barriers(page: Any, *rules: str) -> list[str]:
    """What axe finds that keeps people out, by these of its rules or all: serious and critical, with where it is."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python")
    response = axe.Axe().run(page, options={"runOnly": list(rules)} if rules else None).response
    looked_at = {each["id"] for each in response["passes"]}
    assert set(rules or ("color-contrast", "landmark-one-main", "document-title")) <= looked_at
    return [
        f"{each['id']}: {node['target']} {node['html'][:200]}"
        for each in response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def sticks_out(page: Any) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
