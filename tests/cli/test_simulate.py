"""`alertd simulate` as a real process: what it says, what it serves, how it ends."""

import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
import yaml

from tests.support.processes import PROGRAM, Running, environment

Simulate = Callable[..., Running]


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Simulate]:
    """Starts `alertd simulate` with these words; ended after the test."""
    with ExitStack() as stack:

        def start(*words: str) -> Running:
            running = Running([*PROGRAM, "simulate", *words], environment(), tmp_path)
            stack.callback(running.close)
            return running

        yield start


def served(running: Running) -> dict[str, str]:
    """What it printed, read as the part of a config.yaml that it is."""
    running.wait_for("api_key:")
    settings: dict[str, dict[str, str]] = yaml.safe_load("\n".join(running.out))
    return settings["mycirrus"]


def listed(base_url: str, key: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{base_url}/control/instruments", headers={"X-Api-Key": key}, timeout=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_demos_fleet_until_it_is_told_to_stop(simulate: Simulate, number: int) -> None:
    """What it prints goes into a config as it stands; both ways to stop it are in order and silent."""
    running = simulate()
    settings = served(running)
    assert settings["base_url"].startswith("http://127.0.0.1:")
    assert len(listed(settings["base_url"], settings["api_key"]).json()) == 12
    assert listed(settings["base_url"], "another").status_code == 401
    running.tell(number)
    done = running.ended()
    assert (done.code, done.err) == (0, "")


def test_fleet_port_key_and_speed_are_the_callers(simulate: Simulate, tmp_path: Path) -> None:
    """A fleet of one's own, at one's own port, for one's own key, as fast as wanted."""
    (tmp_path / "fleet.yaml").write_text("instruments: [{serial: QT100000, count: 3}]\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = simulate("--fleet", "fleet.yaml", "--port", str(port), "--key", "mine", "--speed", "600")
    assert served(running) == {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": "mine"}
    assert "600 times as fast" in running.text
    serials = [one["serialNumber"] for one in listed(f"http://127.0.0.1:{port}/v1", "mine").json()]
    assert serials == ["QT100000", "QT100001", "QT100002"]


def test_every_mistake_of_a_fleet_file_is_named(simulate: Simulate, tmp_path: Path) -> None:
    """Each with its line and column, all at once, exit 2."""
    (tmp_path / "fleet.yaml").write_text(
        "instruments:\n  - serial: QT1\n    sitte: Quarry\n  - serial: QT1\n    power: wind\n"
    )
    done = simulate("--fleet", "fleet.yaml").ended()
    assert (done.code, done.out) == (2, "")
    places = [re.match(r"fleet\.yaml:(\d+):\d+: ", line) for line in done.err.splitlines()]
    assert [int(place[1]) for place in places if place] == [3, 5]


def test_a_busy_port_is_one_line(simulate: Simulate) -> None:
    """Said before anything is served, exit 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = simulate("--port", str(port)).ended()
    assert (done.code, done.out) == (2, "")
    assert done.err == f"port {port} cannot be used: Address already in use"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fleet", "nowhere.yaml"), "nowhere.yaml"),
        (("--port", "70000"), "--port"),
        (("--speed", "0"), "--speed"),
        (("--speed", "nan"), "--speed"),
    ],
)
def test_wrong_words_are_one_line(simulate: Simulate, words: tuple[str, ...], said: str) -> None:
    """Exit 2, and the line names what is wrong."""
    done = simulate(*words).ended()
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert said in done.err
