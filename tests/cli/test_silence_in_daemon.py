"""Silences and acknowledgements made by another process while `alertd run` works: they count at once."""

from datetime import UTC, datetime

from alertd.store.store import Store
from tests.support.processes import Site, wait_until
from tests.support.sinks import Answer

FIRST, SECOND = "QT100000", "QT100001"


def silence(site: Site, *words: str) -> str:
    ran = site.command("silence", "add", *words, "--reason", "new battery")
    assert (ran.code, ran.err) == (0, "")
    return ran.out.strip()


def polls(site: Site, count: int) -> None:
    """Wait for so many more requests: a round or two each."""
    asked = len(site.simulator.requests)
    wait_until(lambda: len(site.simulator.requests) >= asked + count)


def test_a_silence_counts_at_once(site: Site):
    """What fires under it is told to nobody; after `expire` one message tells that it is over, and what fires."""
    daemon = site.run()
    made = silence(site, f"instrument={FIRST}", "--for", "1h")
    site.simulator.pin(FIRST, voltage=11.0)
    daemon.wait_for("alert.fired", FIRST)
    site.simulator.pin(SECOND, voltage=11.0)
    site.wait_told(1)
    polls(site, 12)
    assert [SECOND in title for title in site.told()] == [True]
    assert site.command("silence", "expire", made).code == 0
    told = site.wait_told(2, seconds=10)
    assert told[1].startswith(f"[SILENCE ENDED] LowVoltage · Monitor {FIRST} ({FIRST})")
    assert "new battery" in site.sink.received[-1].json["message"]
    polls(site, 8)
    assert len(site.told()) == 2
    assert daemon.stop().err == ""


def test_it_ends_by_itself(site: Site):
    """The daemon looks at the second at which a silence ends, not at the next full minute."""
    daemon = site.run()
    long = silence(site, f"instrument={FIRST}", "--for", "1h")
    site.simulator.pin(FIRST, voltage=11.0)
    daemon.wait_for("alert.fired", FIRST)
    silence(site, f"instrument={FIRST}", "--for", "8s")
    assert site.command("silence", "expire", long).code == 0
    assert site.wait_told(1, seconds=20)[0].startswith("[SILENCE ENDED]"), daemon.text
    assert site.command("silence", "list", "--json").json == []


def test_a_silence_made_while_a_message_waits(site: Site):
    """A firing that its target does not take is overtaken by a silence made meanwhile."""
    site.sink.answer = Answer(status=500)
    daemon = site.run()
    site.simulator.pin(FIRST, voltage=11.0)
    daemon.wait_for("message.failed")
    silence(site, "alertname=LowVoltage", "--for", "1h")
    wait_until(lambda: [each["state"] for each in site.command("deliveries", "--json").json] == ["superseded"])
    tried = len(site.told())
    site.sink.answer = Answer()
    polls(site, 8)
    assert len(site.told()) == tried


def test_an_acknowledgement_stops_the_clock(site: Site):
    """An escalation's clock stands within moments of `ack`, as long as that stands; the ending is told."""
    site.write(route=site.config["route"] | {"escalate": [{"after": "1h", "receiver": "team"}]})
    daemon = site.run()
    site.simulator.pin(FIRST, voltage=11.0)
    site.wait_told(1)
    with Store.open(f"sqlite:///{site.database}", base=site.folder, work=False) as store:

        def runs() -> list[bool]:
            return [clock.running_since is not None for clock in store.known(datetime.now(UTC)).clocks.values()]

        assert runs() == [True]
        acknowledged = site.command("ack", f"LowVoltage/{FIRST}", "--for", "8s", "--note", "on my way")
        assert (acknowledged.code, acknowledged.err) == (0, ""), daemon.text
        wait_until(lambda: runs() == [False], 6)
        wait_until(lambda: runs() == [True], 20)
    site.simulator.pin(FIRST, voltage=12.5)
    assert [title.split()[0] for title in site.wait_told(2)] == ["[CRITICAL]", "[RESOLVED]"]


def test_many_at_once(site: Site):
    """Processes that silence and expire at once beside a daemon that polls each second: each does what it was told."""
    daemon = site.run()
    adding = [site.start("silence", "add", f"instrument=QT{n}", "--for", "1h", "--reason", "x") for n in range(3)]
    ids = [each.ended().out.strip() for each in adding]
    assert len(set(ids)) == 3
    ending = [site.start("silence", "expire", each) for each in (ids[0], ids[0], ids[1])]
    assert sorted(each.ended().code for each in ending) == [0, 0, 2]
    assert [each["id"] for each in site.command("silence", "list", "--json").json] == [ids[2]]
    polls(site, 4)
    assert daemon.stop().err == ""
