"""How alertd watches itself: the heartbeat to a real sink, one worker a database, an API that fails and comes back."""

from tests.support.processes import Site, wait_until
from tests.support.sinks import Answer

FIRST = "QT100000"


def beats(site: Site) -> int:
    return sum(each.path == "/beat" for each in list(site.sink.received))


def test_the_heartbeat_follows_the_api(site: Site):
    """Pinged while all is well; not while MyCirrus is down, from the start or later; again once it is back."""
    site.write(
        heartbeat={"url": f"http://127.0.0.1:{site.sink.port}/beat", "every": "1s"},
        mycirrus=site.config["mycirrus"] | {"unreachable_after": "2s"},
    )
    down = site.simulator.faults.add("status", status=503)
    site.simulator.pin(FIRST, voltage=11.0)
    daemon = site.run()
    assert site.wait_told(1) == ["[CRITICAL] ApiUnreachable · MyCirrus API"]
    assert beats(site) == 0
    site.simulator.faults.remove(down)
    wait_until(lambda: beats(site) >= 2, story=site.story)
    site.wait_told(3)
    assert sorted(title.split()[0] for title in site.told()[1:]) == ["[CRITICAL]", "[RESOLVED]"]
    site.simulator.faults.add("status", status=503)
    site.wait_told(4)
    wait_until(lambda: len(daemon.wait_for("source.failed")) > 0)
    before = beats(site)
    asked = len(site.simulator.requests)
    wait_until(lambda: len(site.simulator.requests) >= asked + 3)
    assert beats(site) <= before + 2
    site.simulator.faults.clear()
    wait_until(lambda: beats(site) >= before + 4, story=site.story)
    assert not [title for title in site.told() if "LowVoltage" in title][1:]
    site.sink.answer = Answer(status=500)
    daemon.wait_for("heartbeat.failed", "HTTP 500")
    site.sink.answer = Answer()
    daemon.wait_for("heartbeat.recovered")
    done = daemon.stop(5)
    assert (done.code, done.err) == (0, "")


def test_two_at_once(site: Site):
    """A second `run` on the same SQLite database ends with exit 2 and names the first, which is not disturbed."""
    daemon = site.run()
    second = site.command("run")
    assert (second.code, second.out) == (2, "")
    assert second.errors[0].startswith(f"{site.database} is in use by process {daemon.pid} since ")
    assert len(second.errors) == 1
    site.simulator.pin(FIRST, voltage=11.0)
    site.wait_told(1)
    daemon.kill()
    site.run().wait_for("service.started")
