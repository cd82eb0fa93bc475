"""SIGHUP and sd_notify, as systemd sees them: all of a reload is good or nothing changes, and each step is told."""

import signal
import time
from pathlib import Path

from tests.support.processes import LOW_VOLTAGE, NotifySocket, Running, Site
from tests.support.sinks import HANG, HttpSink

FIRST = "QT100000"
HOT = {"alert": "Hot", "when": "current.temp > 80", "severity": "warning"}


def reload(daemon: Running) -> None:
    daemon.tell(signal.SIGHUP)


def test_systemd_is_told_each_step(site: Site, tmp_path: Path):
    """READY, WATCHDOG again and again, RELOADING with the monotonic time, READY, STOPPING: over a real socket."""
    with NotifySocket(str(tmp_path / "notify")) as systemd:
        daemon = site.start("run", NOTIFY_SOCKET=systemd.address, WATCHDOG_USEC="60000000")
        assert systemd.wait_for("READY")["READY"] == "1"
        assert systemd.wait_for("WATCHDOG") == systemd.wait_for("WATCHDOG") == {"WATCHDOG": "1"}
        before = time.monotonic_ns() // 1000
        reload(daemon)
        reloading = systemd.wait_for("RELOADING")
        assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert systemd.wait_for("READY")["STATUS"] == "watching"
        site.path.write_text("")
        reload(daemon)
        systemd.wait_for("RELOADING")
        assert "refused" in systemd.wait_for("READY")["STATUS"]
        daemon.tell(signal.SIGTERM)
        assert systemd.wait_for("STOPPING") == {"STOPPING": "1"}
        assert daemon.ended(5).code == 0


def test_a_reload_changes_over(site: Site):
    """A new rule counts from then on, one that is gone ends its alert, which is told; edited words announce nothing."""
    site.simulator.pin(FIRST, voltage=11.0, temp=50.0)
    daemon = site.run()
    daemon.wait_for("message.delivered")
    site.write_rules({**LOW_VOLTAGE, "summary": "new words"}, HOT)
    reload(daemon)
    daemon.wait_for("reload.done")
    site.simulator.pin(FIRST, temp=90.0)
    daemon.wait_for("message.delivered", count=2)
    site.write_rules(HOT)
    for _ in range(5):  # as from an impatient hand
        reload(daemon)
    daemon.wait_for("message.delivered", count=3)
    reload(daemon)
    done = daemon.stop(8)
    assert (done.code, done.err) == (0, "")
    assert [title.split()[:2] for title in site.told()] == [
        ["[CRITICAL]", "LowVoltage"],
        ["[WARNING]", "Hot"],
        ["[RESOLVED]", "LowVoltage"],
    ]
    assert "rule was removed" in site.sink.received[2].json["message"]


def test_a_reload_is_refused_as_a_whole(site: Site):
    """A mistake anywhere changes nothing: the old rules go on; RuleBroken tells its place, and ends when mended."""
    daemon = site.run()
    good = site.path.read_text()
    site.path.write_text(good.replace("group_wait", "group_weight"))
    site.write_rules({**LOW_VOLTAGE, "when": "current.voltge < 11.3"}, HOT)
    site.simulator.pin(FIRST, temp=90.0)
    reload(daemon)
    assert {line.split("mistake=")[1].split(":")[0][-11:] for line in daemon.wait_for("reload.refused", count=2)} == {
        "config.yaml",
        "s/site.yaml",
    }
    assert sorted(site.wait_told(2)) == [f"[WARNING] RuleBroken · {name}" for name in ("config.yaml", "site.yaml")]
    assert "did you mean current.voltage" in "".join(each.json["message"] for each in site.sink.received)
    site.simulator.pin(FIRST, voltage=11.0)
    assert "LowVoltage" in site.wait_told(3)[2]
    site.path.write_text(good)
    site.write_rules(LOW_VOLTAGE)
    reload(daemon)
    assert sorted(site.wait_told(5)[3:]) == [f"[RESOLVED] RuleBroken · {name}" for name in ("config.yaml", "site.yaml")]
    site.path.unlink()
    reload(daemon)
    daemon.wait_for("message.delivered", count=6)
    assert daemon.stop(5).code == 0
    site.write()
    site.run()
    assert site.wait_told(7)[5:] == ["[WARNING] RuleBroken · config.yaml", "[RESOLVED] RuleBroken · config.yaml"]


def test_a_reload_while_a_target_hangs(site: Site):
    """It does not wait for the target: others hear at once of what begins then, and a stop is as quick as ever."""
    slow = site.stack.enter_context(HttpSink())
    slow.answer = HANG
    targets = [{"name": name, "url": sink.target("hook")} for name, sink in (("slow", slow), ("hook", site.sink))]
    site.write(receivers=[{"name": "team", "targets": targets}])
    site.simulator.pin(FIRST, voltage=11.0)
    daemon = site.run()
    slow.wait_for(1)
    reload(daemon)
    daemon.wait_for("reload.done")
    site.simulator.pin("QT100001", voltage=11.0)
    site.wait_told(2)
    reload(daemon)
    daemon.tell(signal.SIGTERM)
    done = daemon.ended(5)
    assert (done.code, done.err) == (0, "")
