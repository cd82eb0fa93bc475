"""`alertd webhooks`: registrations made, listed and removed, and nobody else's touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alertd.mycirrus.simulator.webhooks import Registered
from tests.support.processes import Alertd, Site

HERE = "https://alertd.example.com/hooks/mycirrus"
ELSEWHERE = "https://other.example.com/hooks/mycirrus"
TERMS = {"public_url": HERE, "types": ["SicFinished", "NewEvent"], "sync": "manual"}


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Site]:
    """Three monitors, of which two are watched."""
    with Site(tmp_path, webhooks=TERMS, instruments={"exclude": ["QT100002"]}) as made:
        yield made


def register(site: Site, kind: str, serial: str, url: str = HERE) -> Registered:
    return site.simulator.webhooks.register({"type": kind, "instrument": serial, "url": url})


def registered(site: Site, url: str = HERE) -> set[tuple[str, str]]:
    return {(each.type, each.instrument) for each in site.simulator.webhooks.all() if each.url == url}


WANTED = {(kind, serial) for kind in ("SicFinished", "NewEvent") for serial in ("QT100000", "QT100001")}


def test_sync(hooked: Site, alertd: Alertd):
    """One for each watched monitor and type; what is too much goes, other addresses' stay; the second time is quiet."""
    register(hooked, "SicFinished", "QT100002")
    register(hooked, "InstrumentStatus", "QT100000")
    kept = [register(hooked, "SicFinished", "QT100000"), register(hooked, "SicFinished", "QT100002", ELSEWHERE)]
    register(hooked, "SicFinished", "QT100000")

    planned = alertd("webhooks", "sync", "--dry-run", "-c", hooked.path)
    assert (planned.code, planned.err) == (0, "")
    assert planned.out.splitlines()[-1] == "3 to register, 3 to remove, 1 as they should be"
    assert len(hooked.simulator.webhooks.all()) == 5

    done = alertd("webhooks", "sync", "-c", hooked.path)
    assert (done.code, done.out, done.err) == (0, "3 registered, 3 removed, 1 were as they should be\n", "")
    assert registered(hooked) == WANTED
    assert {each.id for each in kept} <= {each.id for each in hooked.simulator.webhooks.all()}

    again = alertd("webhooks", "sync", "--json", "-c", hooked.path).json
    assert again == {"dry_run": False, "added": [], "removed": [], "kept": 4, "failed": []}


def test_list_and_remove(hooked: Site, alertd: Alertd):
    """A listing says whose each is and never its secret; removing leaves other addresses' alone."""
    register(hooked, "SicFinished", "QT100000", ELSEWHERE)
    alertd("webhooks", "sync", "-c", hooked.path)
    listed = alertd("webhooks", "list", "--json", "-c", hooked.path)
    table = alertd("webhooks", "list", "-c", hooked.path)
    assert sorted(each["own"] for each in listed.json) == [False, True, True, True, True]
    assert set(listed.json[0]) == {"id", "type", "instrument", "url", "own"}
    assert len(table.out.splitlines()) == 6
    said = listed.text + table.text
    assert not [each for each in hooked.simulator.webhooks.all() if each.secret in said]

    removed = alertd("webhooks", "remove", "--json", "-c", hooked.path).json
    assert len(removed["removed"]) == 4
    assert registered(hooked) == set()
    assert registered(hooked, ELSEWHERE) == {("SicFinished", "QT100000")}
    assert "registered" in alertd("webhooks", "remove", "-c", hooked.path).out


def test_refusals(hooked: Site, alertd: Alertd):
    """A key without the scope fails after a few tries, with a line each; what it may not read is one line."""
    hooked.simulator.scopes -= {"webhooks:write"}
    failed = alertd("webhooks", "sync", "-c", hooked.path)
    assert failed.code == 1
    assert len(failed.errors) == 4
    assert "does not have the scope webhooks:write" in failed.errors[0]
    assert failed.errors[-1] == "given up: 1 more were not tried"
    hooked.simulator.scopes -= {"webhooks:read"}
    for words in (["sync"], ["list"], ["remove"]):
        refused = alertd("webhooks", *words, "-c", hooked.path)
        assert (refused.code, len(refused.errors), refused.out) == (1, 1, "")


def test_an_empty_fleet_removes_nothing(hooked: Site, alertd: Alertd):
    """A listing without a watched monitor is no reason to remove all registrations."""
    register(hooked, "SicFinished", "QT100000")
    hooked.write(instruments={"include": ["NOBODY"]})
    ran = alertd("webhooks", "sync", "-c", hooked.path)
    assert (ran.code, len(ran.errors)) == (1, 1)
    assert registered(hooked) == {("SicFinished", "QT100000")}


def test_without_webhooks(site: Site, alertd: Alertd):
    """A config without them: exit 2, one line, nothing asked."""
    for words in (["sync"], ["list"], ["remove"]):
        ran = alertd("webhooks", *words, "-c", site.path)
        assert (ran.code, len(ran.errors)) == (2, 1)
    assert not site.simulator.requests


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"public_url": "http://alertd.example.com/hooks/mycirrus"}, "https://"),
        ({"public_url": HERE, "types": ["Nonsense"]}, "types"),
        ({"public_url": HERE, "types": []}, "types"),
        ({"public_url": HERE, "sync": "always"}, "sync"),
        ({"types": ["SicFinished"]}, "public_url"),
    ],
)
def test_mistakes(hooked: Site, alertd: Alertd, terms: dict[str, object], says: str):
    """Each at its place, when the config is read."""
    hooked.write(webhooks=terms)
    checked = alertd("check", "-c", hooked.path)
    assert checked.code == 1
    (line,) = checked.errors
    assert says in line


def test_nothing_listens(hooked: Site, alertd: Alertd):
    """Webhooks that nobody could take are worth a warning."""
    checked = alertd("check", "-c", hooked.path)
    assert checked.code == 0
    assert "warning: http.listen is off: nothing takes webhooks" in checked.err
