"""A rehearsal is the daemon: it says what the timetable of the acceptance tests hears, and leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.daemon import rehearsal as module
from alertd.daemon.rehearsal import Rehearsal, ToldMessage
from alertd.daemon.setup import Setup, load_setup
from alertd.matchers import parse_matcher
from alertd.model import Source
from alertd.notify.silences import Silence
from tests.support.fakes import FakeClient
from tests.support.world import LOW_VOLTAGE, START, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """One rule, one target, as config and rule files say."""
    world = World(tmp_path, LOW_VOLTAGE)
    world.close()
    return load_setup(tmp_path / "config.yaml", {})


@pytest.fixture
def client() -> FakeClient:
    """One healthy monitor."""
    made = FakeClient()
    made.add("QT1")
    return made


def told(rehearsal: Rehearsal) -> list[tuple[int, str, str]]:
    """In minutes after the start."""
    return [((each.at - START) // MINUTE, each.target, each.reason.value) for each in rehearsal.messages]


def test_it_hears_what_a_world_hears(setup: Setup, client: FakeClient, tmp_path: Path) -> None:
    """The same story, told by both."""
    (tmp_path / "other").mkdir()
    world = World(tmp_path / "other", LOW_VOLTAGE)
    world.at("3m").voltage("QT1", 11.2).at("9m").voltage("QT1", None).at("20m").voltage("QT1", 12.4)
    world.run_to("40m")
    with Rehearsal(setup, client, START) as rehearsal:
        for minutes, volts in ((2, 11.2), (8, None), (19, 12.4), (40, 12.4)):
            rehearsal.run_to(START + minutes * MINUTE)
            client.current["QT1"]["voltage"] = volts
        heard = [(int(each.at.removesuffix("m")), each.target, each.reason) for each in world.heard]
        assert told(rehearsal) == heard == [(3, "mail", "first"), (20, "mail", "all_resolved")]
        assert [f"{each.message.title}\n{each.message.body}" for each in rehearsal.messages] == [
            each.text for each in world.heard
        ]
        assert {each.alerts for each in rehearsal.messages} == {(world.store.alerts()[0].id,)}
    world.close()


def test_the_start_and_the_end_are_lived(setup: Setup, client: FakeClient) -> None:
    """What is so at the start is told then; nothing after the end is."""
    client.current["QT1"]["voltage"] = 11.0
    with Rehearsal(setup, client, START) as rehearsal:
        rehearsal.run_to(START)
        assert told(rehearsal) == [(0, "mail", "first")]
        client.current["QT1"]["voltage"] = 12.4
        rehearsal.run_to(START + 50 * timedelta(seconds=1))
        assert len(rehearsal.messages) == 1  # the next poll is due after a minute
        rehearsal.run_to(START + 110 * timedelta(seconds=1))
        assert [each.at - START for each in rehearsal.messages] == [timedelta(0), timedelta(seconds=110)]


def test_polls_can_be_chosen(setup: Setup, client: FakeClient) -> None:
    """Any source at any time; telling is a step of its own."""
    with Rehearsal(setup, client, START) as rehearsal:
        rehearsal.list_instruments()
        rehearsal.poll(START, [Source.CURRENT, Source.STATUS])
        client.current["QT1"]["voltage"] = 11.0
        at = START + timedelta(seconds=7)
        rehearsal.poll(at, [Source.CURRENT])
        assert rehearsal.messages == []
        rehearsal.tell()
        (message,) = rehearsal.messages
        assert isinstance(message, ToldMessage)
        assert message.at == at
        assert "11.00 V" in message.message.title


def test_silences_hold(setup: Setup, client: FakeClient) -> None:
    """Those it is given; what still fires at their end is told."""
    client.current["QT1"]["voltage"] = 11.0
    silence = Silence(
        id="s1",
        matchers=(parse_matcher('instrument="QT1"'),),
        starts_at=START,
        ends_at=START + 5 * MINUTE,
        until_resolved=False,
        reason="battery swap",
        created_at=START,
    )
    with Rehearsal(setup, client, START, [silence]) as rehearsal:
        rehearsal.run_to(START + 10 * MINUTE)
        assert told(rehearsal) == [(5, "mail", "silence_ended")]


def test_the_channel_is_that_of_the_url(setup: Setup, client: FakeClient) -> None:
    """Mail is written as mail, though nothing is sent."""
    address = replace(setup.addresses["mail"], url="mailtos://user:pass@example.com")
    client.current["QT1"]["voltage"] = 11.0
    with Rehearsal(replace(setup, addresses={"mail": address}), client, START) as rehearsal:
        rehearsal.run_to(START)
        assert rehearsal.messages[0].message.html


@pytest.mark.parametrize("memory", [True, False])
def test_nothing_is_left(
    setup: Setup, client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: bool
) -> None:
    """Its database goes with it, wherever it was."""
    home = tmp_path / "memory"
    home.mkdir()
    monkeypatch.setattr(module, "MEMORY", home if memory else home / "none")
    monkeypatch.setattr("tempfile.tempdir", str(home))
    with Rehearsal(setup, client, START) as rehearsal:
        rehearsal.run_to(START)
        assert list(home.iterdir()) != []
    assert list(home.iterdir()) == []
