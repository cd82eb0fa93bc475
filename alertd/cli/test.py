"""`alertd test`: rule tests."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.junit import Ran, junit
from alertd.cli.options import PLACES, default_config, json_option, readable
from alertd.cli.output import emit, print_json, say
from alertd.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from alertd.rules.testing.case import Case, TestFile

WIDTH = 80
RULES = Path("rules")


@click.command("test")
@click.option(
    "-c",
    "--config",
    "config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The config whose rules' tests are run where no FILE is given. Default: $ALERTD_CONFIG, {', '.join(PLACES)}.",
)
@json_option
@click.option("-k", "pattern", metavar="PATTERN", default="", help="Only tests with this in their names; and, or, not.")
@click.option("--junit", "report", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML here, too.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]…")
def command(config: Path | None, as_json: bool, pattern: str, report: Path | None, files: tuple[Path, ...]) -> int:
    """Run rule tests through the whole pipeline, on a virtual clock.

    A FILE may be a folder. Without one: every *.test.yaml beside the config's rules, or in ./rules. Exits 1 where a
    test fails, 2 where a file has mistakes.
    """
    chosen = _choose(_load(_found(files) if files else _beside_the_rules(config)), pattern)
    with _silent_logs():
        ran = list(_run(chosen, shows=not as_json))
    if report is not None:
        _write(report, junit(ran))
    failed = [each for each in ran if each.lines]
    if as_json:
        print_json({"passed": len(ran) - len(failed), "failed": len(failed), "tests": [_json(each) for each in ran]})
    else:
        _say_failures(failed)
        seconds = sum(each.seconds for each in ran)
        counts = [f"{len(failed)} failed"] if failed else []
        counts += [f"{len(ran) - len(failed)} passed"] if len(failed) < len(ran) else []
        say(f" {', '.join(counts)} in {seconds:.2f}s ".center(WIDTH, "="))
    return 1 if failed else 0


# -- which tests -------------------------------------------------------------------------------------------------------


def _found(files: Sequence[Path]) -> list[Path]:
    """The files, those of folders too."""
    from alertd.config.files import TEST_SUFFIXES

    found: list[Path] = []
    for file in files:
        if file.is_dir():
            inside = [path for path in sorted(file.rglob("*")) if path.name.endswith(TEST_SUFFIXES) and path.is_file()]
            if not inside:
                raise UsageError(_nothing_in(file))
            found += inside
        elif file.exists():
            found.append(file)
        else:
            raise UsageError(f"{file}: no such file")
    return list(dict.fromkeys(found))


def _beside_the_rules(config: Path | None) -> list[Path]:
    from alertd.config.files import TEST_SUFFIXES, expand_patterns
    from alertd.config.load import load_config

    config = config or Path(default_config())
    if config.exists() or config != Path(PLACES[0]):
        loaded = load_config(readable(config))
        rules, _ = expand_patterns(loaded.settings.rules, loaded.base)
        folders = list(dict.fromkeys(rule.parent for rule in rules)) or [loaded.base / RULES]
    else:
        folders = [RULES]
    found = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    tests = [path for path in found if path.name.endswith(TEST_SUFFIXES)]
    if not tests:
        raise UsageError(_nothing_in(folders[0]))
    return tests


def _nothing_in(folder: Path) -> str:
    return (
        f"no tests in {folder}: write one in {folder / 'NAME.test.yaml'}, with rules: [NAME.yaml] and tests:,"
        " or name a FILE; alertd init DIR writes an example"
    )


def _load(paths: Sequence[Path]) -> "list[TestFile]":
    """Every file, or every mistake in all of them."""
    from alertd.rules.testing.load import load_tests

    mistakes, loaded = [], []
    for path in paths:
        try:
            loaded.append(load_tests(path))
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(list(dict.fromkeys(mistakes)))
    return loaded


def _choose(files: "Sequence[TestFile]", pattern: str) -> "list[tuple[TestFile, Case]]":
    every = [(file, case) for file in files for case in file.cases]
    chosen = [(file, case) for file, case in every if _matches(pattern, f"{file.path.name} {case.name}")]
    if not chosen:
        raise UsageError(f"none of {len(every)} tests has {pattern} in its name: write other words after -k")
    return chosen


def _matches(pattern: str, name: str) -> bool:
    """Whether a name has these words; `or` binds less than `and`, both less than `not`. Case does not matter."""
    name = name.lower()
    return any(all(_has(word.strip(), name) for word in part.split(" and ")) for part in pattern.lower().split(" or "))


def _has(word: str, name: str) -> bool:
    return word.removeprefix("not ").strip() not in name if word.startswith("not ") else word in name


# -- running and telling -----------------------------------------------------------------------------------------------


def _run(chosen: "Sequence[tuple[TestFile, Case]]", *, shows: bool) -> Iterator[Ran]:
    from alertd.clock import monotonic
    from alertd.daemon.rule_test import run_case

    shown: Path | None = None
    for file, case in chosen:
        if shows and file.path != shown:
            emit(f"{chr(10) if shown else ''}{file.path} ", end="")
            shown = file.path
        begin = monotonic()
        outcome = run_case(file, case)
        if shows:
            emit("." if outcome.passed else "F", end="")
        yield Ran(
            file=file.path, name=case.name, line=case.line, seconds=monotonic() - begin, lines=tuple(outcome.lines)
        )
    if shows:
        emit("")


def _say_failures(failed: Sequence[Ran]) -> None:
    if failed:
        say(" FAILURES ".center(WIDTH, "="))
    for each in failed:
        say(f" {each.name} ".center(WIDTH, "_"))
        say(f"{each.file}:{each.line}")
        for line in each.lines:
            say(line)
    if failed:
        say(" short test summary ".center(WIDTH, "="))
    for each in failed:
        say(f"FAILED {each.file}:{each.line} {each.name}")


def _json(ran: Ran) -> dict[str, object]:
    return {
        "file": str(ran.file),
        "line": ran.line,
        "name": ran.name,
        "passed": not ran.lines,
        "seconds": round(ran.seconds, 3),
        "differences": list(ran.lines),
    }


def _write(report: Path, text: str) -> None:
    try:
        report.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{report}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _silent_logs() -> Iterator[None]:
    """What happens in a test is no news of this machine."""
    log = logging.getLogger("alertd")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)
