"""What is wrong with text that is no YAML, in words that say what to do."""

from dataclasses import dataclass

import yaml


@dataclass(frozen=True, slots=True)
class _Complaint:
    """The parser's complaint with the text around it; lines and columns from 0."""

    problem: str
    context: str
    line: int
    column: int
    opened: tuple[int, int]
    """Where the thing began that the parser was reading."""
    at: str
    """The character at the place, empty at a line's end."""
    before: str
    """The character before it."""


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str]:
    """Line and column from 1 of the place that needs a hand, and one line that says what it needs."""
    complaint = _read(error, text)
    line, column, remedy = (
        _character(complaint) or _unfinished(complaint) or (complaint.line, complaint.column, _layout(complaint))
    )
    return line + 1, column + 1, remedy


def _read(error: yaml.MarkedYAMLError, text: str) -> _Complaint:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    opened = (error.context_mark.line, error.context_mark.column) if error.context_mark else (line, column)
    here = (*text.splitlines(), "", "")[line]
    before = here[column - 1 : column] if column else ""
    return _Complaint(error.problem or "", error.context or "", line, column, opened, here[column : column + 1], before)


def _character(complaint: _Complaint) -> tuple[int, int, str] | None:
    """One character that cannot stand where it does."""
    line, column = complaint.line, complaint.column
    if complaint.at == "\t" or "tab" in complaint.problem:
        return line, column, "a tab: indent with spaces only"
    if complaint.before and complaint.before in "*&" and "alphabetic" in complaint.problem:
        return line, column - 1, f"a text that begins with {complaint.before} needs quotes"
    if complaint.at and "cannot start any token" in complaint.problem:
        return line, column, f"a text that begins with {complaint.at} needs quotes"
    return None


def _unfinished(complaint: _Complaint) -> tuple[int, int, str] | None:
    """Something that was begun and not ended: the place is where it began."""
    if "expected ':'" in complaint.problem:
        return *complaint.opened, 'a ":" is missing after this key'
    if "quoted scalar" in complaint.context and "end of stream" in complaint.problem:
        return *complaint.opened, "this quote is never closed"
    return None


def _layout(complaint: _Complaint) -> str:
    """The remedy for parts that do not fit together."""
    if complaint.problem.startswith("mapping values are not allowed"):
        return 'a ":" that fits nothing here: check the indentation, or put the text in quotes'
    if "flow sequence" in complaint.context:
        return f'a "," or "]" is missing: the [ in line {complaint.opened[0] + 1} is still open'
    if "flow mapping" in complaint.context:
        return f'a "," or "}}" is missing: the {{ in line {complaint.opened[0] + 1} is still open'
    if "block scalar" in complaint.context:
        return "a text that begins with > or | needs quotes"
    if "block" in complaint.context and "expected" in complaint.problem:
        return "this does not fit the lines above: check the indentation"
    return f"this is no YAML: {complaint.problem or complaint.context}"
