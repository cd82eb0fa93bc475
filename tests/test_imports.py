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


def test_a_common_channel_loads_no_other():
    """A plugin for a common scheme is what apprise itself would take, without the hundred others being loaded."""
    program = """
import sys
from datetime import timedelta
from alertd.notify.apprise_plugins import _COMMON, make_plugin
urls = {
    "json": "json://127.0.0.1/a", "jsons": "jsons://127.0.0.1/a",
    "mailto": "mailto://u:p@example.com", "mailtos": "mailtos://u:p@example.com",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
    "workflow": "workflow://host:443/ID/SIG", "workflows": "workflows://host:443/ID/SIG",
}
assert urls.keys() == _COMMON.keys()
made = {scheme: make_plugin(url, timedelta(seconds=1)) for scheme, url in urls.items()}
assert "apprise.plugins.ntfy" not in sys.modules
from apprise import Apprise
for scheme, url in urls.items():
    theirs = Apprise.instantiate(url)
    assert type(made[scheme]) is type(theirs), scheme
    assert made[scheme].url_identifier == theirs.url_identifier, scheme
assert "apprise.plugins.ntfy" in sys.modules
"""
    assert "apprise" in loaded(program)
