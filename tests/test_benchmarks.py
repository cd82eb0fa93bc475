"""Each benchmark runs, at a tiny size; what it measures is not judged here."""

from pathlib import Path

import pytest

from benchmarks import daemon, history, past, polls, replay, start, web, windows


def test_polls(tmp_path: Path):
    """alertd and the bare loops poll the same fleet, batched and not, and a line comes of each."""
    batched, single = polls.measure([3], 0.0, tmp_path)
    assert (batched.batch, single.batch) == (polls.BATCH, 1)
    for costs in (batched, single):
        assert all(
            each.first > 0 and each.cpu and each.memory > 1 for each in (costs.alertd, costs.bare, costs.requests)
        )
    assert str(polls.table([batched, single])).count("\n|") == 4


def test_past(tmp_path: Path):
    """A store with a past is polled and looked at beside an empty one."""
    found = past.measure(3, 20, 0.0, tmp_path)
    assert all(costs.empty.cpu and costs.full.cpu for costs in found)
    assert "20 past alerts" in str(past.table(*found))


def test_history(tmp_path: Path):
    """An hour's history of one monitor is written, packed and read."""
    assert "| " in str(history.table([history.measure(1, tmp_path / "history", minutes=70)]))


def test_windows():
    """Each function is asked over an hour and a day."""
    costs, verdicts = windows.tables(2, rounds=1)
    assert str(costs).count("\n|") == len(windows.CALLS) + 2
    assert "KB" in str(verdicts)


def test_footprint(tmp_path: Path):
    """A daemon reads every source, then tells a fault, and its memory is known before and after."""
    (found,) = daemon.footprints([2], tmp_path)
    assert 1 < found.before <= found.most
    assert found.after > 1
    assert "2" in str(daemon.footprint_table([found]))


def test_delays(tmp_path: Path):
    """A fault arrives at the target as a message."""
    found = daemon.delays(tmp_path, faults=1, interval=1.0)
    assert found.first > 0
    assert len(found.later) == 1
    assert "interval" in str(daemon.delay_table(found, 1.0))


def test_start():
    """Commands are called."""
    assert all(len(seconds) == 1 for _, seconds in start.measure(1))


def test_replay(tmp_path: Path):
    """A day of two monitors is written, relived and told."""
    costs = replay.measure(2, 1, tmp_path)
    assert costs.reckoning > 0
    assert "2 monitors' 1 days" in str(replay.table(costs))


def test_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pages of a fleet with a past are read, by one and by many, and faults are told meanwhile."""
    monkeypatch.setattr("benchmarks.web.INTERVAL", 1.0)
    costs = web.measure(4, 20, 2, tmp_path, faults=1, readers=3)
    assert costs.pages["/metrics"].status == costs.pages["/healthz"].status == 200
    assert len(costs.alone) == len(costs.beside) == 1
    assert -1.0 not in costs.read
    assert "4 monitors, 2 days of records, 20 past alerts" in "".join(map(str, web.tables(costs)))
