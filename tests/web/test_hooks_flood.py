"""Many webhooks at once, a kill between two of them, and how long a failed SIC takes to reach a mail server."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from alertd.clock import wall
from alertd.model import Source
from alertd.mycirrus.simulator.script import plain_fleet
from alertd.mycirrus.simulator.webhooks import Registered
from tests.support.processes import wait_until
from tests.support.sinks import SmtpSink
from tests.web.hooked import BAD_SIC, HOOK, Hooked

GOOD, FORGED, REPEATED = 800, 100, 100
WITHIN = 10.0
SENDERS = 4
QUICK = {"timeout": "20s", "max_requests_per_minute": 100_000}

Post = tuple[str, bytes, dict[str, str]]
"""(kind, body, headers)"""


pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Hooked]:
    """Nine hundred monitors, each registered for its SIC."""
    with Hooked(tmp_path, fleet=plain_fleet(GOOD + FORGED)) as made:
        made.write(mycirrus=made.config["mycirrus"] | QUICK)
        yield made


def test_a_thousand_in_ten_seconds(crowd: Hooked) -> None:
    """Every good one is answered 200 in time and acted on once; of the forged ones nothing comes."""
    hooks = [crowd.registered("SicFinished", monitor.serial) for monitor in crowd.simulator.fleet.monitors]
    good, victims = hooks[:GOOD], hooks[GOOD:]
    daemon = crowd.run_read()
    crowd.simulator.requests.clear()
    answers = send_all(crowd, list(posts(crowd, good, victims)))
    assert {(kind, status) for kind, status, _ in answers} == {("good", 200), ("repeat", 200), ("forged", 401)}
    took = sorted(seconds for kind, _, seconds in answers if kind == "good")
    print(
        f"\nanswered: median {1000 * took[len(took) // 2]:.1f} ms, 99 % {1000 * took[-len(took) // 100]:.1f} ms, "
        f"longest {1000 * took[-1]:.1f} ms"
    )
    assert took[-1] < 5, "MyCirrus would have tried again"
    wait_until(lambda: not crowd.rows("done_at IS NULL"), 60, lambda: daemon.text)
    serials = sorted(hook.instrument for hook in good)
    assert sorted(row[1] for row in crowd.rows()) == serials
    for source in ("sic", "status"):
        assert sorted(itertools.chain.from_iterable(crowd.asked(source))) == serials, source
    assert crowd.counted() == {
        ("SicFinished", "taken"): GOOD,
        ("SicFinished", "repeated"): REPEATED,
        ("SicFinished", "forged"): FORGED,
    }


def posts(site: Hooked, good: Sequence[Registered], victims: Sequence[Registered]) -> Iterator[Post]:
    """In ten: eight good ones, one forged one, one that came before."""
    forged = iter(victims)
    for number, hook in enumerate(good):
        body = site.message(hook)
        headers = site.headers(hook, body)
        yield "good", body, headers
        if number % 8 == 3:
            victim = next(forged)
            bad = site.message(victim)
            yield "forged", bad, site.headers(victim, bad + b" ")
        if number % 8 == 7:
            yield "repeat", body, headers


def send_all(site: Hooked, todo: Sequence[Post]) -> list[tuple[str, int, float]]:
    """(kind, status, seconds) of each, sent evenly over the time by a few senders on connections that they keep."""
    begin = time.monotonic()

    def send(sender: int) -> list[tuple[str, int, float]]:
        connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
        found = []
        for number in range(sender, len(todo), SENDERS):
            kind, body, headers = todo[number]
            time.sleep(max(0.0, begin + number * WITHIN / len(todo) - time.monotonic()))
            sent_at = time.monotonic()
            connection.request("POST", HOOK, body, headers)
            answer = connection.getresponse()
            answer.read()
            found.append((kind, answer.status, time.monotonic() - sent_at))
        connection.close()
        return found

    with ThreadPoolExecutor(SENDERS) as pool:
        return list(itertools.chain.from_iterable(pool.map(send, range(SENDERS))))


def test_a_kill_after_the_answer_loses_none(tmp_path: Path) -> None:
    """Whatever was answered 200 before a kill -9 is on record, and read by the next alertd."""
    with Hooked(tmp_path, fleet=plain_fleet(40)) as site:
        hooks = [site.registered("SicFinished", monitor.serial) for monitor in site.simulator.fleet.monitors]
        daemon = site.run_read()
        site.simulator.faults.add("hang", source="sic")  # so that nothing is done before the end
        answered: list[tuple[str, int]] = []

        def pump(mine: Sequence[Registered]) -> None:
            for hook in itertools.cycle(mine):
                at = wall()
                status = site.send(hook, site.message(hook, at))
                if status != 200:
                    return
                answered.append((hook.instrument, micros(at)))

        pumps = [threading.Thread(target=pump, args=(hooks[number::3],)) for number in range(3)]
        for each in pumps:
            each.start()
        wait_until(lambda: len(answered) > 100, story=lambda: daemon.text)
        daemon.kill()
        for each in pumps:
            each.join(20)
        stored = {(serial, time_) for _, serial, time_, _, _ in site.rows("done_at IS NULL")}
        assert set(answered) <= stored
        site.simulator.faults.clear()
        killed_at = micros(wall())
        again = site.run()
        wait_until(lambda: not site.rows("done_at IS NULL"), story=lambda: again.text)
        assert all(done_at is not None and done_at > killed_at for *_, done_at in site.rows())


def micros(at: object) -> int:
    """As the store writes a time."""
    return round(at.timestamp() * 1_000_000)  # type: ignore[attr-defined]


def test_a_failed_sic_reaches_the_mail_server(tmp_path: Path) -> None:
    """Seconds after its webhook, though `sic` is polled once an hour; three are the aim, ten are refused."""
    with SmtpSink() as mail, Hooked(tmp_path, webhooks={"sync": "auto"}) as site:
        receivers = [{"name": "team", "targets": [{"name": "mail", "url": mail.target()}]}]
        site.write(receivers=receivers)
        daemon = site.run_read()
        wait_until(lambda: len(site.simulator.webhooks.all()) == 6, story=lambda: daemon.text)
        assert mail.mails == []
        site.simulator.add_record(Source.SIC, "QT100001", BAD_SIC)
        (arrived,) = mail.wait_for(1, 30)
        took = (wall() - site.simulator.webhooks.attempts[0].at).total_seconds()
        print(f"\nmail {took:.2f} s after its webhook was answered")
        assert "QT100001" in str(arrived.message["Subject"])
        assert took < 10
