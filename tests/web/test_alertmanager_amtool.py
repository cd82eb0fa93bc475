"""Debian's amtool against a running `alertd run`; skipped where there is no amtool (scripts/system-packages.sh).

One daemon for all of them: each test begins with one monitor that is low on voltage, and without silences.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alertd.web.tokens import token_hash
from tests.support.docs import FENCE, page
from tests.support.processes import Done, Running, Site, wait_until
from tests.support.sockets import free_port

pytestmark = pytest.mark.xdist_group("amtool")

LOW, FINE, TOO = "QT100000", "QT100001", "QT100002"


class Amtool:
    """A site whose daemon found one monitor low on voltage, and amtool pointed at it."""

    def __init__(self, site: Site, daemon: Running, address: str) -> None:
        self.site = site
        self.daemon = daemon
        self._address = address
        self.more = ""
        """Further lines of its configuration."""

    def ran(self, *words: str, stdin: str = "") -> Done:
        """Run it to its end; where alertd is it knows as the documentation says."""
        program = shutil.which("amtool")
        assert program is not None
        for file in (".config/amtool/config.yml", ".config/prometheus/amtool.yml"):  # Debian's is the second
            path = self.site.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"alertmanager.url: http://{self._address}\nversion-check: false\n{self.more}")
        home = {"HOME": str(self.site.folder)}
        command = [program, *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20, check=False, env=home)
        return Done(done.returncode, done.stdout, done.stderr)

    def __call__(self, *words: str, stdin: str = "") -> str:
        """What it prints, where it is content."""
        done = self.ran(*words, stdin=stdin)
        assert (done.code, done.err) == (0, ""), done.text
        return done.out.strip()

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "-o", "json"))

    def alerts(self, *words: str) -> set[str]:
        """The monitors of which `alert query` shows alerts."""
        return {each["labels"]["instrument"] for each in self.json("alert", "query", *words)}

    def silences(self, *words: str) -> dict[str, Any]:
        """By id."""
        return {each["id"]: each for each in self.json("silence", "query", *words)}

    def told_of(self, serial: str) -> list[str]:
        """The titles that name a monitor."""
        return [title for title in self.site.told() if serial in title]

    def begin_anew(self) -> None:
        """As each test finds it."""
        for each in self.silences():
            self("silence", "expire", each)
        for serial, voltage in ((LOW, 11.0), (FINE, 12.5), (TOO, 12.5)):
            self.site.simulator.pin(serial, voltage=voltage)
        wait_until(lambda: self.alerts() == {LOW})

    def add(self, *words: str) -> str:
        return self("silence", "add", *words, "--author", "ann", "--comment", "new battery")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amtool]:
    """The daemon, which has nothing to complain of at the end either."""
    if shutil.which("amtool") is None:
        pytest.skip("no amtool: scripts/system-packages.sh takes it from the package prometheus-alertmanager")
    address = f"127.0.0.1:{free_port()}"
    branch = {"matchers": ["severity=info"], "receiver": "desk", "continue": True}
    with Site(tmp_path_factory.mktemp("amtool")) as site:
        team, desk = *site.config["receivers"], {"name": "desk", "targets": []}
        route = site.config["route"] | {"routes": [branch]}
        site.write(http={"listen": address}, receivers=[team, desk], route=route)
        daemon = site.start()
        daemon.wait_for("service.started", seconds=50)
        yield Amtool(site, daemon, address)
        assert daemon.stop().err == ""


@pytest.fixture
def amtool(started: Amtool) -> Amtool:
    """amtool, pointed at the daemon."""
    started.begin_anew()
    return started


def test_alert_query(amtool: Amtool):
    """Alerts that fire, by every kind of matcher and by receiver; what cannot be asked is said in one line."""
    assert amtool.alerts() == {LOW}
    for words in (["LowVoltage"], [f"instrument={LOW}"], ["instrument=~QT.*0"], ["alertname!=Hot", "severity=~crit.*"]):
        assert amtool.alerts(*words) == {LOW}, words
    for words in (["Hot"], [f"instrument!={LOW}"], ["instrument=~QT"], ["alertname!~Low.*"], ["--receiver=desk"]):
        assert amtool.alerts(*words) == set(), words
    assert amtool.alerts("--receiver=te.m") == {LOW}
    assert "voltage 11 V < 11.3 V" in amtool("alert", "query")
    assert f'instrument="{LOW}"' in amtool("alert", "query", "-o", "extended")
    refused = amtool.ran("alert", "add", "alertname=Made")
    assert (refused.code, "alertd takes no alerts" in refused.err) == (1, True)
    amtool.site.simulator.pin(LOW, voltage=12.5)
    wait_until(lambda: amtool.alerts() == set())


@pytest.mark.usefixtures("started")  # or it is skipped
def test_with_a_token(tmp_path: Path):
    """Where alertd wants to know who asks, amtool shows a token, from the file that the documentation has."""
    token = "alertd_" + "t" * 43
    (written,) = [each["text"] for each in FENCE.finditer(page("operations.md")) if "amtool/http.yml" in each["text"]]
    (tmp_path / "http.yml").write_text(written.replace("alertd_…", token))
    known = {"name": "amtool", "hash": token_hash(token), "scope": "operator", "until": "2900-01-01"}
    address = f"127.0.0.1:{free_port()}"
    with Site(tmp_path, http={"listen": address, "tokens": [known]}) as site:
        closed = Amtool(site, site.run(), address)
        assert "401" in closed.ran("alert", "query").err
        made = closed("silence", "add", "site=A", "--comment=x", "--http.config.file", str(tmp_path / "http.yml"))
        assert [each["id"] for each in site.command("silence", "list", "--json").json] == [made]
        closed.more = f"http.config.file: {tmp_path / 'http.yml'}\n"
        assert list(closed.silences()) == [made]


def test_silence_counts_at_once(amtool: Amtool):
    """What fires under amtool's silence is told to nobody; its end, also by amtool, is told with the comment."""
    told_before = amtool.told_of(TOO)
    made = amtool.add(f"instrument={TOO}", "--duration=1h")
    assert list(amtool.silences()) == [made]
    amtool.site.simulator.pin(TOO, voltage=11.0)
    wait_until(lambda: amtool.alerts("--silenced") == {TOO})
    assert amtool.alerts() == {LOW}
    assert [each["status"]["silencedBy"] for each in amtool.json("alert", "query", "--silenced")] == [[made]]
    asked = len(amtool.site.simulator.requests)
    wait_until(lambda: len(amtool.site.simulator.requests) > asked + 12)
    assert amtool.told_of(TOO) == told_before
    (known,) = amtool.site.command("silence", "list", "--json").json
    assert (known["id"], known["author"], known["reason"]) == (made, "ann", "new battery")

    amtool("silence", "expire", made)
    wait_until(lambda: len(amtool.told_of(TOO)) > len(told_before))
    title = amtool.told_of(TOO)[-1]
    assert title.startswith(f"[SILENCE ENDED] LowVoltage · Monitor {TOO} ({TOO})")
    (message,) = [each.json["message"] for each in amtool.site.sink.received if each.json["title"] == title]
    assert "new battery" in message
    assert amtool.silences() == {}
    assert made in amtool.silences("--expired")
    audited = amtool.daemon.wait_for("audit", made, count=2)
    assert ["silence.add" in audited[0], "silence.expire" in audited[1]] == [True, True]


def test_silence_query(amtool: Amtool):
    """By matcher and by author, in every form of output."""
    first = amtool.add(f"instrument={LOW}", "--duration=1h")
    second = amtool.add("site=~Quarry.*", "alertname!=Hot", "--duration=2h", "--start=2099-01-01T00:00:00Z")
    assert list(amtool.silences()) == [first, second]
    assert amtool.silences()[second]["status"] == {"state": "pending"}
    assert list(amtool.silences(f"instrument={LOW}")) == [first]
    assert list(amtool.silences("site=~Quarry.*")) == [second]
    assert amtool.silences("site=Quarry") == {}
    assert list(amtool.silences("--created-by=ann")) == [first, second]
    assert amtool.silences("--created-by=bob") == {}
    assert amtool("silence", "query", "--quiet").split() == [first, second]
    assert 'site=~"Quarry.*"' in amtool("silence", "query", "-o", "extended")


def test_silence_update(amtool: Amtool):
    """Longer, shorter, another comment: the same silence; one that is over becomes another one."""
    made = amtool.add(f"instrument={LOW}", "--duration=1h")
    before = amtool.silences()[made]
    amtool("silence", "update", made, "--duration=3h", "--comment=two batteries")
    (after,) = amtool.silences().values()
    assert (after["id"], after["startsAt"], after["comment"]) == (made, before["startsAt"], "two batteries")
    assert after["endsAt"] > before["endsAt"]
    assert after["updatedAt"] > before["updatedAt"]
    amtool("silence", "expire", made)
    amtool("silence", "update", made, "--duration=4h")
    (renewed,) = amtool.silences()
    assert renewed != made
    missing = amtool.ran("silence", "update", "00000000", "--duration=1h")
    assert (missing.code, "404" in missing.err) == (1, True)


def test_silence_import(amtool: Amtool):
    """What `query` gave out: known ones stay as they are, unknown ones are made, forced ones are made again."""
    ids = [amtool.add(f"instrument={serial}", "--duration=1h") for serial in (LOW, FINE)]
    given = amtool("silence", "query", "-o", "json")
    assert sorted(amtool("silence", "import", stdin=given).split()) == sorted(ids)
    assert sorted(amtool.silences()) == sorted(ids)
    unknown = given.replace(ids[0], "11111111-2222-4333-8444-555555555555")
    assert len(set(amtool("silence", "import", stdin=unknown).split()) - set(ids)) == 1
    assert len(set(amtool("silence", "import", "--force", stdin=given).split()) - set(ids)) == 2
    assert len(amtool.silences()) == 5
    # Its exit code is now and then 0: amtool may end before it has counted what its own threads were refused.
    refused = amtool.ran("silence", "import", stdin=given.replace(f'"{LOW}"', '""'))
    assert "must not match the empty string" in refused.err
    assert len(amtool.silences()) in (5, 6)


def test_silences_of_alertds_own_kinds(amtool: Amtool):
    """A recurring one and one until all has resolved are shown, can be ended, and are not edited by half."""
    options = ["--rrule", "FREQ=DAILY", "--for", "23h", "--start", "2026-01-01T00:00", "--reason", "nights"]
    ran = amtool.site.command("silence", "add", f"instrument={FINE}", *options)
    waiting = amtool.site.command("silence", "add", f"instrument={LOW}", "--until-resolved", "--reason", "on site")
    series, until = ran.out.strip(), waiting.out.strip()
    known = amtool.silences()
    assert set(known) == {series, until}
    assert known[until]["endsAt"].startswith("9999-12-31")
    assert known[series]["startsAt"][10:] == "T00:00:00.000Z"
    assert known[series]["endsAt"][10:] == "T23:00:00.000Z"
    for each, says in ((series, "comes again and again"), (until, "until all has resolved")):
        refused = amtool.ran("silence", "update", each, "--duration=30h")
        assert (refused.code, says in refused.err) == (1, True), refused.text
        amtool("silence", "expire", each)
    assert amtool.silences() == {}


def test_config(amtool: Amtool):
    """amtool reads the routes that alertd shows, and finds the receivers of labels; no secret is in them."""
    assert amtool("config", "routes", "test", "severity=critical") == "team"
    assert amtool("config", "routes", "test", "severity=info") == "desk"
    assert "receiver: desk" in amtool("config", "routes")
    text = amtool("config", "show")
    assert "url" not in text
    assert amtool.site.simulator.key not in text
    assert "disabled" in amtool("cluster", "show")
