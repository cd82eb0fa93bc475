"""kill -9 again and again while alerts begin and end: nothing is lost, and what is told twice is marked.

The fleet's integrity checks fail and recover by a script. A check is a record with a time of its own, so each one
counts, also those made while no alertd lives. The killer strikes at random moments and, the worst ones, while a message
is on its way: the target has it, and alertd does not know yet.
"""

import random
import re
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from alertd.clock import wall
from alertd.model import Source
from alertd.mycirrus.simulator.script import Fleet, Monitor
from tests.support.processes import Running, Site, wait_until
from tests.support.sinks import Answer, HttpSink, Received, SmtpSink

SERIALS = [f"QT90000{number}" for number in range(4)]
KILLS = ("posting", "any time", "mailing", "starting", "posting")
LINE = re.compile(r"^(BEGAN|ENDED) (QT\d+) (\d+)$", re.MULTILINE)
BODY = """\
{% for alert in firing %}
BEGAN {{ alert.instrument.serial }} {{ alert.values.get("sic.hz500", 0) | int }}
{% endfor %}
{% for alert in resolved %}
ENDED {{ alert.instrument.serial }} {{ alert.values.get("sic.hz500", 0) | int }}
{% endfor %}
"""
RULE = {"alert": "SicFailed", "when": 'sic.hz500 > 0 and sic.status != "Success"', "severity": "critical"}

Episode = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Heard:
    """One line of a message that arrived."""

    ended: bool
    episode: Episode
    marked: bool
    """The message says that it may be a repeat."""


class Trap:
    """Kills an alertd in the moment in which one of its messages has arrived and is not answered for."""

    def __init__(self) -> None:
        self._victim: Running | None = None
        self._left = 0

    def set(self, victim: Running, left: int) -> None:
        """Strike at the `left`th message from now."""
        self._victim, self._left = victim, left

    def spring(self) -> None:
        """A message has arrived."""
        self._left -= 1
        if self._victim is not None and self._left <= 0:
            self._victim.tell(signal.SIGKILL)
            self._victim = None


class PostTrap(HttpSink):
    """A webhook with a trap in it."""

    def __init__(self) -> None:
        super().__init__()
        self.trap = Trap()

    def _record(self, received: Received) -> Answer:
        answer = super()._record(received)
        self.trap.spring()
        return answer


@dataclass
class MailTrap(SmtpSink):
    """A mail server with a trap in it."""

    trap: Trap = field(default_factory=Trap)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        self.trap.spring()
        return answer


class Story(threading.Thread):
    """Each monitor's checks fail and recover in turn, until it is told to come to an end."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        super().__init__()
        self.site = site
        self.chance = chance
        self.episodes: list[Episode] = []
        self.over = threading.Event()
        self._open: dict[str, int] = {}

    def run(self) -> None:
        while not self.over.wait(self.chance.uniform(0.1, 1.0)):
            self._turn(self.chance.choice(SERIALS))
        for serial in list(self._open):
            self._turn(serial)

    def end(self) -> list[Episode]:
        """Everything recovers; all that began."""
        self.over.set()
        self.join()
        return self.episodes

    def _turn(self, serial: str) -> None:
        number = self._open.pop(serial, None)
        if number is not None:
            self._check(serial, number, "Success")
            return
        number = self._open[serial] = 1 + sum(name == serial for name, _ in self.episodes)
        self.episodes.append((serial, number))
        self._check(serial, number, "Error")

    def _check(self, serial: str, number: int, status: str) -> None:
        """A check of this monitor is on record; 500 Hz carries the number of the episode."""
        fields = {"status": status, "_500Hz": float(number), "_1KHz": 48.0, "_8KHz": 35.0}
        self.site.simulator.add_record(Source.SIC, serial, fields, wall())


def strike(site: Site, traps: dict[str, Trap], chance: random.Random, how: str) -> None:
    """One life of an alertd, until it is killed."""
    daemon = site.start("run")
    if how == "starting":  # its database perhaps just open
        wait_until(lambda: bool(list(site.folder.glob("alertd.db-wal"))))
        time.sleep(chance.uniform(0.0, 0.5))
        daemon.kill()
        return
    daemon.wait_for("service.started")
    if how in traps:
        traps[how].set(daemon, chance.randint(1, 4))
        with suppress(AssertionError):  # a machine so slow that so many messages do not come about
            wait_until(lambda: daemon.over, 8)
    else:
        time.sleep(chance.uniform(1.0, 3.0))
    daemon.kill()


def heard_of(texts: Iterable[str]) -> list[Heard]:
    """Every line of these messages, in their order."""
    return [
        Heard(found[1] == "ENDED", (found[2], int(found[3])), "Possible repeat" in text)
        for text in texts
        for found in LINE.finditer(text)
    ]


def hold(target: str, heard: list[Heard], episodes: list[Episode], *, alone: bool) -> None:
    """What must be true of all that one target heard; `alone` where each message is about one monitor."""
    for episode in episodes:
        mine = [each for each in heard if each.episode == episode]
        ends = [each for each in mine if each.ended]
        begins = [each for each in mine if not each.ended]
        story = f"{target}, {episode}: {mine}"
        assert ends, f"never told the end of {story}"
        assert all(each.marked for each in ends[1:]), f"told the end twice: {story}"
        assert not any(not each.ended for each in mine[mine.index(ends[0]) :]), f"a beginning after the end: {story}"
        if alone:
            assert all(each.marked for each in begins[1:]), f"told the beginning twice: {story}"
    assert {each.episode for each in heard} == set(episodes)


@pytest.mark.timeout(180)  # ten starts of alertd, on a machine that may be busy
@pytest.mark.parametrize(
    ("seed", "group_by"), [(20260110, ["..."]), (20260619, ["alertname"])], ids=["by monitor", "in one group"]
)
def test_nothing_is_lost(tmp_path: Path, seed: int, group_by: list[str]):
    """Each target hears of each alert, exactly one ending of each, no beginning after it; only marked ones twice."""
    fleet = Fleet(monitors=tuple(Monitor(serial=serial) for serial in SERIALS), oddities={"digits": 7})
    with Site(tmp_path, fleet=fleet, rules=[RULE], every={"sic": "1s"}) as site, PostTrap() as hook, MailTrap() as mail:
        for kind in ("text", "email"):
            (tmp_path / "templates" / kind).mkdir(parents=True)
            (tmp_path / "templates" / kind / "body.j2").write_text(BODY)
        targets = [{"name": "hook", "url": hook.target()}, {"name": "mail", "url": mail.target()}]
        route = site.config["route"] | {"group_by": group_by}
        site.write(receivers=[{"name": "team", "targets": targets}], route=route, templates="templates")
        daemon = site.run()
        wait_until(lambda: any(each.source == "sic" and each.status == 200 for each in site.simulator.requests))
        time.sleep(0.5)
        daemon.kill()
        story = Story(site, random.Random(seed))
        story.start()
        try:
            for number, how in enumerate(KILLS):
                strike(site, {"posting": hook.trap, "mailing": mail.trap}, random.Random(seed + number), how)
        finally:
            episodes = story.end()
        settle(site, hook, mail, len(episodes))
        for target, texts in (("hook", posted(hook)), ("mail", mailed(mail))):
            hold(target, heard_of(texts), episodes, alone=group_by == ["..."])
        on_record(site, len(episodes))


def posted(hook: HttpSink) -> list[str]:
    return [str(each.json["message"]) for each in list(hook.received)]


def mailed(mail: SmtpSink) -> list[str]:
    return [each.part("text/plain") for each in list(mail.mails)]


def settle(site: Site, hook: HttpSink, mail: SmtpSink, wanted: int) -> None:
    """Let a last alertd live until every ending is told, and two rounds more."""
    daemon = site.run()

    def endings() -> list[int]:
        time.sleep(0.5)  # it is much to read
        heard = (heard_of(posted(hook)), heard_of(mailed(mail)))
        return [len({each.episode for each in lines if each.ended}) for lines in heard]

    wait_until(
        lambda: min(endings()) >= wanted, 50, story=lambda: f"{endings()} of {wanted} endings\n{site.story()[-5000:]}"
    )
    asked = len(site.simulator.requests)
    wait_until(lambda: len(site.simulator.requests) >= asked + 6)
    done = daemon.stop(8)
    assert (done.code, done.err) == (0, "")


def on_record(site: Site, count: int) -> None:
    """The database has each alert once, ended, and told to both targets; nothing waits, and the file is whole."""
    alerts = site.command("alerts", "--all", "--json").json
    assert len(alerts) == count
    assert {alert["state"] for alert in alerts} == {"resolved"}
    assert all(set(alert["told"]) == {"hook", "mail"} for alert in alerts)
    waiting = site.command("deliveries", "--json", "--limit", "1000").json
    assert {each["state"] for each in waiting} <= {"delivered", "superseded"}
    assert site.command("db", "check").code == 0
