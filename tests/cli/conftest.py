"""What the tests of the commands share: a command line run in this process, as `alertd` itself runs it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from alertd import logs
from alertd.cli.logging import REPORTED
from alertd.cli.main import run
from tests.support.processes import Alertd, Done, Site


@pytest.fixture
def alertd(capfd: pytest.CaptureFixture[str]) -> Iterator[Alertd]:
    """Runs `alertd WORDS`; whatever it set for the whole process is undone at the end."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def ran(*words: str | Path) -> Done:
        capfd.readouterr()
        code = run([str(word) for word in words])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Done(code, out, err)

    yield ran
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in REPORTED:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logs.redact.clear()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Three healthy monitors, one rule, one target; nothing was polled yet."""
    with Site(tmp_path) as made:
        yield made


@pytest.fixture
def polled(site: Site, alertd: Alertd) -> Site:
    """The same after one poll that found QT100000 low on voltage and told so."""
    site.simulator.pin("QT100000", voltage=11.0)
    ran = alertd("poll", "-c", site.path)
    assert (ran.code, ran.err) == (0, "")
    return site
