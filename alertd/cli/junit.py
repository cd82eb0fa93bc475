"""JUnit's XML, as CI systems read it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One test that was run."""

    file: Path
    name: str
    line: int
    seconds: float
    lines: tuple[str, ...]
    """The differences; none where it passed."""


def junit(tests: Sequence[Ran]) -> str:
    """The report: a suite for each file."""
    files = list(dict.fromkeys(test.file for test in tests))
    suites = [_suite(file, [test for test in tests if test.file == file]) for file in files]
    head = f'<testsuites name="alertd test" {_counts(tests)}>'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *suites, "</testsuites>", ""])


def _suite(file: Path, tests: Sequence[Ran]) -> str:
    return "\n".join(
        [f'  <testsuite name="{_text(str(file))}" {_counts(tests)}>', *map(_case, tests), "  </testsuite>"]
    )


def _case(test: Ran) -> str:
    place = f'classname="{_text(str(test.file))}" name="{_text(test.name)}" file="{_text(str(test.file))}"'
    head = f'    <testcase {place} line="{test.line}" time="{test.seconds:.3f}"'
    if not test.lines:
        return f"{head}/>"
    failure = f'      <failure message="{_text(test.lines[0])}">{_text(chr(10).join(test.lines))}</failure>'
    return f"{head}>\n{failure}\n    </testcase>"


def _counts(tests: Iterable[Ran]) -> str:
    given = list(tests)
    failures = sum(bool(test.lines) for test in given)
    seconds = sum(test.seconds for test in given)
    return f'tests="{len(given)}" failures="{failures}" errors="0" skipped="0" time="{seconds:.3f}"'


def _text(text: str) -> str:
    return escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text))
