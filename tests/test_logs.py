"""The logs: one chain for every line, and no secret in any of them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from alertd.logs import BLOT, Redaction, configure, logger, redact

SECRET = 'geh/eim ö"9'
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#field"
MAIL = "mailtos://me:p%40ssword@mail.example.com?to=crew@example.com"


@pytest.fixture(autouse=True)
def _logging_left_as_found() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    redact.clear()


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("mycirrus-123456-AABBCCDD11223344", "key mycirrus-123456-AABBCCDD11223344 refused"),
        (SECRET, f"as it is: {SECRET}"),
        (SECRET, "in a URL: https://api/?key=geh%2Feim%20%C3%B6%229&x=1"),
        (SECRET, "lower case: geh%2feim+%c3%b6%229"),
        (SECRET, "half encoded: geh/eim%20ö%229"),
        (SECRET, "in JSON: " + json.dumps({"key": SECRET})),
        (SECRET, "in Python: " + repr({"key": SECRET, "quote": "'"})),
        ("two\nlines", "escaped: two\\nlines"),
        (f"  {SECRET}\n", f"read from a file with a line end: {SECRET}."),
        (SLACK, f"whole: {SLACK}"),
        (SLACK, "a token of it: TIiajkdnlazkcOXrIdevi7FQ"),
        (MAIL, "the login, decoded: p@ssword"),
        (MAIL, "the login, encoded: p%40ssword"),
    ],
)
def test_a_secret_is_blotted_out_in_every_spelling(secret: str, line: str) -> None:
    """Whatever escaped it on its way, no letter of the secret is left."""
    blot = Redaction()
    blot.add(secret)
    assert BLOT in blot(line)
    for piece in ("geh", "eim", "\\nlines", "AABBCCDD", "TIiaj", "ssword"):
        assert piece not in blot(line)


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("", "nothing to hide"),
        ("abc", "abcdef is a word"),
        (MAIL, "mail.example.com refused the connection"),
        (SLACK, "POST https://hooks.slack.com failed"),
    ],
)
def test_what_is_no_secret_stays_readable(secret: str, line: str) -> None:
    """Empty and tiny texts, hosts and plain words are not blotted out."""
    blot = Redaction()
    blot.add(secret)
    assert blot(line) == line


def test_of_two_secrets_the_longer_wins() -> None:
    """A secret that begins like another one leaves no tail behind."""
    blot = Redaction()
    blot.add("token-1")
    blot.add("token-123456")
    assert blot("token-123456") == BLOT


@pytest.mark.parametrize("layout", ["console", "json"])
def test_no_secret_reaches_the_stream_at_any_level(layout: str) -> None:
    """Own events, library lines, nested values and tracebacks are all blotted out."""
    stream = io.StringIO()
    configure("debug", layout, stream=stream)  # type: ignore[arg-type]  # parametrized over both words
    redact.add(SECRET)
    own = logger("alertd.test")
    own.debug("one", key=SECRET, nested={"deep": [SECRET]})
    own.warning(f"two {SECRET}")
    logging.getLogger("some.library").info("three %s", SECRET)
    try:
        hidden_local = SECRET
        raise ValueError(hidden_local)
    except ValueError:
        own.exception("four")
        logging.getLogger("some.library").exception("five")
    written = stream.getvalue()
    assert all(word in written for word in ("one", "two", "three", "four", "five"))
    assert "eim" not in written


def test_json_lines_are_one_object_each() -> None:
    """A machine reads event, level, logger, time and values back."""
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    logger("alertd.test").info("poll.done", instruments=3, note="21 °C\nand falling")
    (line,) = stream.getvalue().splitlines()
    got = json.loads(line)
    assert (got["event"], got["level"], got["logger"], got["instruments"]) == ("poll.done", "info", "alertd.test", 3)
    assert got["note"] == "21 °C\nand falling"
    assert got["timestamp"].endswith("Z")


def test_a_traceback_shows_no_locals() -> None:
    """Locals hold secrets that nobody has registered."""
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    try:
        unregistered = "hunter2" * len("ab")
        raise ValueError(len(unregistered))
    except ValueError:
        logger("alertd.test").exception("job.failed")
    assert "hunter2hunter2" not in stream.getvalue()
    assert json.loads(stream.getvalue())["exception"][0]["exc_type"] == "ValueError"


def test_text_from_outside_cannot_begin_a_line_of_its_own() -> None:
    """Line ends and escape codes in values and messages are shown, not obeyed."""
    stream = io.StringIO()
    configure("info", "console", stream=stream)
    logger("alertd.test").info("poll.done", name="Quarry\n2026-01-01 [error] forged \x1b[2J")
    logging.getLogger("library").warning("first\nsecond")
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_only_lines_of_the_level_are_written(level: str, expected: list[str]) -> None:
    """The level is the configured one or worse, for alertd's own events."""
    stream = io.StringIO()
    configure(level, "json", stream=stream)  # type: ignore[arg-type]  # parametrized over the words
    for method in ("debug", "info", "warning", "error"):
        getattr(logger("alertd.test"), method)("event")
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == expected


def test_talkative_libraries_are_held_at_warnings() -> None:
    """Even at debug, and even if the library lowers its own level, its URLs and rows stay out."""
    stream = io.StringIO()
    configure("debug", "console", stream=stream)
    library = logging.getLogger("apscheduler.held")
    before = library.level
    library.setLevel(logging.DEBUG)
    try:
        library.debug("url with tokens")
        library.warning("refused")
    finally:
        library.setLevel(before)
    assert "tokens" not in stream.getvalue()
    assert "refused" in stream.getvalue()


def test_configuring_again_replaces_the_stream() -> None:
    """A reload changes where and how lines go; none is written twice."""
    first, second = io.StringIO(), io.StringIO()
    configure("info", "console", stream=first)
    configure("info", "json", stream=second)
    logger("alertd.test").info("once")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_a_terminal_that_cannot_show_a_sign_gets_it_escaped() -> None:
    """A degree sign on an ASCII stream costs neither the line nor the daemon."""
    raw = io.BytesIO()
    configure("info", "console", stream=io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    logger("alertd.test").info("hot", temp="81 °C")
    assert b"81 \\xb0C" in raw.getvalue()


def test_a_closed_stream_does_not_raise_nor_print(capsys: pytest.CaptureFixture[str]) -> None:
    """A line that cannot be written is dropped quietly: logging's own complaint would show its arguments."""
    stream = io.StringIO()
    configure("info", "console", stream=stream)
    stream.close()
    logger("alertd.test").info("lost", key=SECRET)
    assert capsys.readouterr().err == ""


def test_before_configure_nothing_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A command's --json is never spoilt by a log line."""
    logger("alertd.test").warning("early")
    assert capsys.readouterr().out == ""
