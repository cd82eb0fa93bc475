"""What a process does not load before it needs it."""

import subprocess
import sys


def loaded(program: str) -> set[str]:
    """The top-level modules that a new process has after a program."""
    script = f"{program}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=True)
    return set(ran.stdout.split())


def test_logs_without_rich():
    """Logs do not load rich, and whoever wants it still can."""
    assert "rich" not in loaded("import alertd.logs")
    assert "rich" in loaded("import alertd.logs, rich.table")


def test_urls_are_looked_at_without_apprise():
    """A set-up is checked whole, and apprise is not in the process that checked it."""
    program = """
from alertd.notify.url_check import url_mistakes
good, bad = url_mistakes(["json://127.0.0.1/a", "jsn://127.0.0.1/a"])
assert good is None, good
assert "did you mean json://" in bad, bad
assert url_mistakes([]) == []
"""
    assert "apprise" not in loaded(program)


def test_urls_are_looked_at_here_where_apprise_is():
    """The answers are the same in a process that has apprise already."""
    program = """
import apprise
from alertd.notify.url_check import url_mistakes
assert url_mistakes(["json://127.0.0.1/a"]) == [None]
"""
    assert "apprise" in loaded(program)
