"""Edited files in a running daemon: read at once, all of them right or nothing changes, no signal needed."""

import shutil
import signal

from tests.support.processes import LOW_VOLTAGE, Site

FIRST = "QT100000"
HOT = {"alert": "Hot", "when": "current.temp > 80", "severity": "warning"}


def test_an_edit_is_taken_up(site: Site):
    """A rule that is written counts from then on; the alert of an unchanged rule goes on and is not told again."""
    site.simulator.pin(FIRST, voltage=11.0, temp=90.0)
    daemon = site.run()
    daemon.wait_for("message.delivered")
    site.write_rules(LOW_VOLTAGE, HOT)
    daemon.wait_for("reload.done")
    assert [title.split()[1] for title in site.wait_told(2)] == ["LowVoltage", "Hot"]
    site.write_rules(HOT)
    assert site.wait_told(3)[2].startswith("[RESOLVED] LowVoltage")
    done = daemon.stop(8)
    assert (done.code, done.err) == (0, "")
    assert len([line for line in daemon.out if "reload.done" in line]) == 2


def test_a_mistake_is_refused_and_its_end_told(site: Site):
    """What was in force stays in force; the mistake is logged and told, and so is that it was mended."""
    daemon = site.run()
    site.write_rules({**LOW_VOLTAGE, "when": "current.voltge < 11.3"})
    assert "did you mean current.voltage" in daemon.wait_for("reload.refused")[0]
    assert site.wait_told(1) == ["[WARNING] RuleBroken · site.yaml"]
    site.simulator.pin(FIRST, voltage=11.0)
    assert "LowVoltage" in site.wait_told(2)[1]
    site.write_rules(LOW_VOLTAGE)
    assert site.wait_told(3)[2] == "[RESOLVED] RuleBroken · site.yaml"
    assert daemon.stop(8).code == 0


def test_a_folder_of_rules_is_replaced(site: Site):
    """As a deployment does it: another folder takes the old one's place, and edits in it count."""
    site.simulator.pin(FIRST, temp=90.0)
    daemon = site.run()
    rules, new = site.folder / "rules", site.folder / "new"
    shutil.copytree(rules, new)
    rules.rename(site.folder / "old")
    new.rename(rules)
    site.write_rules(LOW_VOLTAGE, HOT)
    assert "Hot" in site.wait_told(1)[0]
    assert daemon.stop(8).code == 0


def test_not_watched(site: Site):
    """With `watch: false` only a signal reloads, and the config that says so takes effect like any other."""
    site.simulator.pin(FIRST, temp=90.0)
    site.write(watch=False)
    daemon = site.run()
    site.write_rules(LOW_VOLTAGE, HOT)
    daemon.tell(signal.SIGHUP)
    daemon.wait_for("reload.done")
    assert "Hot" in site.wait_told(1)[0]
    site.write(watch=True)
    daemon.tell(signal.SIGHUP)
    daemon.wait_for("reload.done", count=2)
    site.write_rules(LOW_VOLTAGE)
    daemon.wait_for("reload.done", count=3)
    assert daemon.stop(8).code == 0
