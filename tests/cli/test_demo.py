"""`alertd demo` as a real process: what a newcomer sees of it, and that it leaves nothing behind."""

import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, Done, Running, environment, wait_until
from tests.support.sockets import ask

pytestmark = pytest.mark.xdist_group("demo")  # one night of it is enough

EVENING = ("--for", "1s", "--speed", "16200")
"""Four and a half hours, as fast as the machine can: enough for each channel to hear of a beginning and an end."""
WIDEST = 100


@contextmanager
def demo(folder: Path, *words: str, **variables: str) -> Iterator[Running]:
    """`alertd demo` with next to nothing in its environment, and temporary files in `folder`."""
    running = Running([*PROGRAM, "demo", *words], environment(TMPDIR=str(folder), **variables), folder)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One demo, to its end."""
    with demo(tmp_path_factory.mktemp("demo"), *EVENING, HTTP_PROXY="http://127.0.0.1:9") as running:
        return running.ended(55)


def turns(evening: Done, word: str) -> set[str]:
    """Which alerts did this."""
    return set(re.findall(rf"^\w{{3}} \d\d:\d\d  {word} +(\w+) \(", evening.out, re.MULTILINE))


def messages(evening: Done, channel: str) -> list[list[str]]:
    """The messages of a channel: their lines, the title first."""
    parts = re.findall(rf"^    {channel} to [\w-]+:\n((?:    \|.*\n)+)", evening.out, re.MULTILINE)
    return [[line[6:] for line in part.splitlines()] for part in parts]


def test_it_ends_well(evening: Done) -> None:
    """By itself, without a complaint, even where a proxy is set that leads nowhere."""
    assert (evening.code, evening.err) == (0, "")


def test_the_first_lines_say_what_is_to_be_seen(evening: Done) -> None:
    """How many monitors, where, how fast time runs, how long it takes, and who is told."""
    start = " ".join(evening.out.partition("BEGINS")[0].split())
    for words in (
        "12 noise monitors at 3 sites",
        "Harbour Works Harbour gate, Harbour crane",
        "16200 times as fast",
        "over after 1 s",
        "e-mail field-mail",
        "Slack field-slack",
        "Teams office-teams",
        "12 of 12 monitors online",
    ):
        assert words in start


def test_alerts_begin_and_end(evening: Done) -> None:
    """Of several kinds, each end after its beginning."""
    assert {"CalibrationFailed", "HighTemperature", "SicFailed", "SimQuota"} <= turns(evening, "BEGINS")
    assert {"CalibrationFailed", "HighTemperature"} <= turns(evening, "ENDS") <= turns(evening, "BEGINS")


@pytest.mark.parametrize(
    ("channel", "rule", "marked"),
    [
        ("e-mail", "CalibrationFailed", "CRITICAL CalibrationFailed ·"),
        ("Slack", "HighTemperature", "*Temp:* "),
        ("Teams", "CalibrationFailed", "**Calibration status:** "),
    ],
)
def test_each_channel_hears_of_a_beginning_and_its_end(evening: Done, channel: str, rule: str, marked: str) -> None:
    """Title and body as that channel gets them, in its own markup."""
    told = messages(evening, channel)
    titles = [lines[0] for lines in told]
    first = next(lines for lines in told if lines[0].startswith(f"[CRITICAL] {rule} · "))
    assert first[1] == ""
    assert any(line.startswith(marked) for line in first)
    assert any("since" in line.lower() for line in first)
    assert any(title.startswith(f"[RESOLVED] {rule} · ") for title in titles[titles.index(first[0]) :])


def test_mails_have_both_parts(evening: Done) -> None:
    """The text is shown, and that there is HTML beside it."""
    assert evening.out.count("(and as HTML, ") == len(messages(evening, "e-mail")) > 0


def test_the_last_lines_say_who_was_told_and_what_is_next(evening: Done) -> None:
    """One line for each alert, and the way to a folder of one's own."""
    end = evening.out[evening.out.rindex("Who was told") :]
    assert re.search(r"15:40-17:20  CalibrationFailed +Harbour crane +field-mail, office-teams$", end, re.MULTILINE)
    assert re.search(r"-now +SicFailed +Quarry south gate +office-teams$", end, re.MULTILINE)
    assert "alertd demo --stay" in end
    assert "alertd init site" in end


def test_it_reads_well_where_there_is_no_terminal(evening: Done) -> None:
    """No line is too long, none has a colour, none ends in a blank, and no gap is larger than a line."""
    lines = evening.out.split("\n")
    assert max(map(len, lines)) <= WIDEST
    assert "\x1b" not in evening.out
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\n\n\n" not in evening.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped(tmp_path: Path, number: int) -> None:
    """At once, with the summary of what there was, and no file is left."""
    with demo(tmp_path, "--speed", "3600") as running:
        running.wait_for("BEGINS")
        running.tell(number)
        done = running.ended()
    assert (done.code, done.err) == (0, "")
    assert "alertd init site" in done.out
    assert list(tmp_path.iterdir()) == []


def test_it_ends_quietly_where_nobody_reads_on(tmp_path: Path) -> None:
    """As in `alertd demo | head`."""
    words = shlex.join([*PROGRAM, "demo", *EVENING])
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{words} | head -1"],
        env=environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("alertd demo: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [("--for", "soon"), ("--for", "0s"), ("--for", "2d"), ("--speed", "0"), ("--speed", "nan"), ("now",)]
)
def test_wrong_words_are_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit 2, before anything starts."""
    with demo(tmp_path, *words) as running:
        done = running.ended()
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)


def address(running: Running) -> int:
    """The port of the page that it invites to."""
    (line,) = running.wait_for("Open http://127.0.0.1:")
    found = re.fullmatch(r"Open http://127\.0\.0\.1:(\d+)/ to look on in a browser\.", line)
    assert found is not None
    return int(found[1])


def test_its_page_tells_the_story_as_it_happens(tmp_path: Path) -> None:
    """The address stands before the story; what is served there is how the story stands."""
    with demo(tmp_path, "--for", "60s", "--speed", "3600") as running:
        port = address(running)
        assert "BEGINS" not in running.text
        running.wait_for("BEGINS")
        wait_until(lambda: ask(port, "/readyz").status == 200)
        wait_until(lambda: 'alertd_alerts{severity="critical",state="firing"} 0.0' not in ask(port, "/metrics").text)
        assert "alertd_instruments 12.0" in ask(port, "/metrics").text
        done = running.stop()
        assert (done.code, done.err) == (0, "")
    with pytest.raises(ConnectionRefusedError):
        ask(port, "/healthz")
    assert list(tmp_path.iterdir()) == []


def test_it_stays_until_it_is_stopped(tmp_path: Path) -> None:
    """With `--stay` its pages outlive the story, and Ctrl-C ends it in order."""
    with demo(tmp_path, "--for", "1s", "--stay") as running:
        port = address(running)
        running.wait_for("stays until Ctrl-C")
        assert ask(port, "/readyz").status == 200
        running.tell(signal.SIGINT)
        done = running.ended()
        assert (done.code, done.err) == (0, "")
    assert list(tmp_path.iterdir()) == []
