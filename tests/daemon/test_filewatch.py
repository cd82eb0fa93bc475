"""The watch over a set-up's files: one word for one edit, however an editor or a checkout makes it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from alertd.config.load import Config, load_config
from alertd.daemon.editions import edition_of, folders_of
from alertd.daemon.edits import Edits
from alertd.daemon.filewatch import FileWatch
from tests.support.processes import wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = {
        "mycirrus": {"api_key": "key"},
        "receivers": [{"name": "team", "targets": []}],
        "route": {"receiver": "team"},
        "rules": ["rules/*.yaml", "more/**/*.yaml"],
        "templates": "templates",
    }
    for name in ("rules", "more/site", "templates/text"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "rules" / "a.yaml").write_text("rules: []\n")
    (tmp_path / "templates" / "text" / "body.j2").write_text("x")
    return tmp_path


@pytest.fixture
def config(folder: Path) -> Config:
    return load_config(folder / "config.yaml")


class Watched:
    """How often the watch spoke."""

    def __init__(self, config: Config) -> None:
        self.words = 0
        self.watch = FileWatch(config, self._count)
        self.watch.start()
        self.warm_up(config.base)

    def _count(self) -> None:
        self.words += 1

    def warm_up(self, folder: Path) -> None:
        """The thread is up once it hears of something; then it counts from none."""
        number = 0

        def heard() -> bool:
            nonlocal number
            number += 1
            (folder / "started").write_text(str(number))
            return self.words > 0

        wait_until(heard)
        self.settle()

    def settle(self) -> None:
        """Until it has nothing more to say of what was."""
        words = -1
        while words != self.words:
            words = self.words
            time.sleep(1.2)
        self.words = 0

    def wait(self) -> None:
        wait_until(lambda: self.words > 0)


@pytest.fixture
def watched(config: Config) -> Iterator[Watched]:
    made = Watched(config)
    yield made
    made.watch.stop()
    assert not made.watch.is_alive()


def test_folders(folder: Path, config: Config):
    """The config's own, those of rules that are or may be, those of templates."""
    found = {path.relative_to(folder).as_posix() for path in folders_of(config)}
    assert found == {".", "rules", "more", "more/site", "templates", "templates/text"}


def test_edition(folder: Path, config: Config):
    """It differs when a file's content does, or there is one more or less; not when a file was only touched."""
    before = edition_of(config)
    assert {Path(path).name for path, _ in before} == {"config.yaml", "a.yaml", "body.j2"}
    (folder / "rules" / "a.yaml").touch()
    (folder / "rules" / "notes.txt").write_text("x")
    assert edition_of(config) == before
    (folder / "more" / "site" / "b.yaml").write_text("rules: []\n")
    more = edition_of(config)
    assert more != before
    (folder / "more" / "site" / "b.yaml").write_text("rules: \n")
    assert edition_of(config) != more


def test_edits(folder: Path, config: Config):
    """What was changed since the files were read is new, once; also between reading and watching."""
    edits = Edits(config.path, lambda: None)
    assert not edits.are_new()
    (folder / "rules" / "a.yaml").write_text("rules:\n")
    edits.follow(config)
    edits.stop()
    assert edits.are_new()
    assert not edits.are_new()


@pytest.mark.parametrize("how", ["in place", "write and rename", "many files"])
def test_one_edit_is_one_word(folder: Path, watched: Watched, how: str):
    """However many steps an editor or a checkout takes."""
    target = folder / "rules" / "a.yaml"
    if how == "in place":
        target.write_text("rules:\n")
    elif how == "write and rename":
        for name in (".a.yaml.swp", "4913", "a.yaml~", "a.yaml.new"):
            (folder / "rules" / name).write_text("rules:\n")
        (folder / "rules" / "a.yaml.new").replace(target)
    else:
        for n in range(200):
            (folder / "rules" / f"{n}.yaml").write_text("rules: []\n")
    watched.wait()
    words = watched.words
    watched.settle()
    assert words == 1


@pytest.mark.parametrize("which", ["rules", "templates", "more"])
def test_a_folder_that_is_replaced(folder: Path, watched: Watched, which: str):
    """The new one is watched as the old one was, and what was moved away no more."""
    (folder / which).rename(folder / "old")
    watched.wait()
    watched.settle()
    inside = {"rules": "rules/a.yaml", "templates": "templates/text/body.j2", "more": "more/site/b.yaml"}[which]
    (folder / inside).parent.mkdir(parents=True)
    watched.wait()
    watched.settle()
    (folder / inside).write_text("rules: []\n")
    watched.wait()


def test_a_link_that_is_set_elsewhere(folder: Path, config: Config):
    """Rules behind a link: an edit there counts, and so does setting the link."""
    for name in ("one", "two"):
        (folder / "kept" / name).mkdir(parents=True)
        (folder / "kept" / name / "a.yaml").write_text(f"rules: [] # {name}\n")
    (folder / "rules" / "a.yaml").unlink()
    (folder / "rules").rmdir()
    (folder / "rules").symlink_to(folder / "kept" / "one")
    watched = Watched(config)
    try:
        (folder / "kept" / "one" / "a.yaml").write_text("rules: []\n")
        watched.wait()
        watched.settle()
        (folder / "link").symlink_to(folder / "kept" / "two")
        (folder / "link").replace(folder / "rules")
        watched.wait()
        watched.settle()
        (folder / "kept" / "two" / "a.yaml").write_text("rules: []\n")
        watched.wait()
    finally:
        watched.watch.stop()


def test_it_rests(watched: Watched):
    """A watch over quiet folders costs next to nothing, and says nothing."""
    before = time.process_time()
    pause = threading.Event()
    pause.wait(3.0)
    assert time.process_time() - before < 0.3
    assert watched.words == 0
