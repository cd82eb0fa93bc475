"""`alertd run` as a real process: what begins and ends is told over HTTP and by mail, and a stop is a clean one."""

import json
import re
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.support.processes import PATIENCE, ROOT, Running, Site, environment, wait_until
from tests.support.sinks import HANG, Answer, SmtpSink

FIRST, SECOND = "QT100000", "QT100001"


def test_told_over_http_and_by_mail(site: Site):
    """An alert that begins and ends is told once each, in that order, to a webhook and by real SMTP."""
    mail = site.stack.enter_context(SmtpSink())
    targets = [
        {"name": "hook", "url": site.sink.target("hook")},
        {"name": "mail", "url": mail.target("field@example.com")},
    ]
    site.write(receivers=[{"name": "team", "targets": targets}])
    site.run()
    site.simulator.pin(FIRST, voltage=11.0)
    site.wait_told(1)
    mail.wait_for(1)
    site.simulator.pin(FIRST, voltage=12.4)
    hook = site.wait_told(2)
    mails = mail.wait_for(2)
    assert [title.split()[0] for title in hook] == ["[CRITICAL]", "[RESOLVED]"]
    assert [str(each.message["Subject"]) for each in mails] == hook
    assert all(FIRST in title and "LowVoltage" in title for title in hook)
    assert mails[0].recipients == ["field@example.com"]
    assert "voltage 11 V < 11.3 V" in mails[0].part("text/plain")
    assert mails[0].message["References"] == mails[1].message["References"]


def test_a_restart_announces_nothing_again(site: Site):
    """After a clean stop and a start, what fires is not told again, and what ended meanwhile is told once."""
    for serial in (FIRST, SECOND):
        site.simulator.pin(serial, voltage=11.0)
    daemon = site.run()
    daemon.wait_for("message.delivered", count=2)
    daemon.tell(signal.SIGINT)
    assert daemon.ended(5).code == 0
    site.simulator.pin(FIRST, voltage=12.4)
    again = site.run()
    again.wait_for("message.delivered")
    asked = len(site.simulator.requests)
    wait_until(lambda: len(site.simulator.requests) > asked + 6)
    assert [title.split()[0] for title in site.told()] == ["[CRITICAL]", "[CRITICAL]", "[RESOLVED]"]
    done = again.stop(5)
    assert (done.code, done.err) == (0, "")


def hanging_mail(site: Site) -> Callable[[], bool]:
    mail = site.stack.enter_context(SmtpSink(hang=True))
    site.write(receivers=[{"name": "team", "targets": [{"name": "mail", "url": mail.target()}]}])
    site.simulator.pin(FIRST, voltage=11.0)
    return lambda: len(mail.mails) > 0


def hanging_api(site: Site) -> Callable[[], bool]:
    site.simulator.faults.add("hang", source="status")
    return lambda: any(each.source == "status" for each in site.simulator.requests)


def hanging_heartbeat(site: Site) -> Callable[[], bool]:
    site.sink.answer = HANG
    site.write(heartbeat={"url": f"http://127.0.0.1:{site.sink.port}/beat", "every": "1s"})
    return lambda: len(site.sink.received) > 0


@pytest.mark.parametrize("hangs", [hanging_mail, hanging_api, hanging_heartbeat])
def test_a_stop_takes_less_than_five_seconds(site: Site, hangs: Callable[[Site], Callable[[], bool]]):
    """SIGTERM ends it within five seconds with exit code 0, whatever hangs at that moment, and without an outcry."""
    is_hanging = hangs(site)
    daemon = site.run()
    wait_until(is_hanging)
    daemon.tell(signal.SIGTERM)
    done = daemon.ended(5)
    assert (done.code, done.err) == (0, "")
    assert not re.search(r"Traceback|error|given up", done.out), done.out


def test_a_message_in_flight_at_a_stop_is_not_lost(site: Site):
    """A stop does not wait for a target that hangs; its message goes again after the next start, marked."""
    site.sink.answers = [HANG]
    site.simulator.pin(FIRST, voltage=11.0)
    daemon = site.run()
    site.sink.wait_for(1)
    daemon.tell(signal.SIGTERM)
    assert daemon.ended(5).code == 0
    site.run()
    first, again = site.sink.wait_for(2)
    assert "Possible repeat" not in first.json["message"]
    assert "Possible repeat" in again.json["message"]
    assert first.json["title"] == again.json["title"]


def test_stopped_before_it_began(site: Site):
    """SIGTERM while it still starts ends it as quietly."""
    daemon = site.start("run")
    wait_until(site.database.exists)
    daemon.tell(signal.SIGTERM)
    done = daemon.ended(10)
    assert (done.code, done.err) == (0, "")


SLOW_IMPORT = """
import sys, time
from importlib.abc import MetaPathFinder
from pathlib import Path

class Slow(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "alertd.daemon.setup" and sys.argv[1:2] == ["run"]:
            Path("importing").touch()
            while not Path("go on").exists():
                time.sleep(0.02)

sys.meta_path.insert(0, Slow())
"""
"""A sitecustomize: an import that takes until the test lets it go on."""


@pytest.fixture
def importing(site: Site) -> Running:
    """A daemon in the middle of its imports."""
    slow = site.folder / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(SLOW_IMPORT)
    daemon = site.start("run", PYTHONPATH=f"{slow}:{ROOT}")
    wait_until((site.folder / "importing").exists, story=site.story)
    return daemon


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_before_it_has_imported_itself(site: Site, importing: Running, number: int):
    """A stop within the first seconds ends it at once, in silence, with exit code 0, and nothing was opened."""
    importing.tell(signal.SIGHUP)
    importing.tell(number)
    done = importing.ended(10)
    assert (done.code, done.text) == (0, "")
    assert not site.database.exists()


def test_asked_to_reload_before_it_has_imported_itself(site: Site, importing: Running):
    """SIGHUP within the first seconds ends nothing, and a stop later on is an ordinary one."""
    importing.tell(signal.SIGHUP)
    (site.folder / "go on").touch()
    importing.wait_for("service.started")
    done = importing.stop(10)
    assert (done.code, done.err) == (0, "")


def test_logs_are_lines_of_json(site: Site):
    """With `format: json` each line on stdout is one object with time, level and event, failures too."""
    site.write(logging={"format": "json", "level": "debug"})
    site.sink.answer = Answer(status=500)
    site.simulator.faults.add("garbage", source="current", times=2)
    site.simulator.pin(FIRST, voltage=11.0)
    daemon = site.run()
    daemon.wait_for("message.failed")
    lines = daemon.stop(5).out.splitlines()
    events = [json.loads(line) for line in lines]
    assert all({"timestamp", "level", "event"} <= set(event) for event in events)
    assert events[-1]["event"] == "service.stopped"
    assert {"service.started", "alert.fired", "message.failed", "source.failed"} <= {each["event"] for each in events}
    assert {event["level"] for event in events} <= {"debug", "info", "warning", "error"}


def test_a_log_that_nobody_reads(site: Site):
    """Where the reader of its log has gone, it works on, and ends quietly."""
    daemon = subprocess.Popen(
        site.words("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=site.folder
    )
    try:
        assert daemon.stdout is not None
        assert daemon.stderr is not None
        daemon.stdout.readline()
        daemon.stdout.close()
        site.simulator.pin(FIRST, voltage=11.0)
        site.wait_told(1)
        daemon.terminate()
        assert daemon.stderr.read() == b""
        assert daemon.wait(PATIENCE) == 0
    finally:
        daemon.kill()
        daemon.wait()
        daemon.stderr.close()
