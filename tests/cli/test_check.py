"""`alertd check`: every mistake in every file at once, each at its place, and the same for run and poll, exit 2."""

import re
from pathlib import Path

import pytest
import yaml

from alertd.mycirrus.simulator.script import Fleet, Monitor
from tests.support.processes import LOW_VOLTAGE, Alertd, Site

PLACED = re.compile(r"^(?P<file>/.+?):(?P<line>\d+):(?P<column>\d+): (warning: )?(?P<text>.+)$")


def places(text: str) -> dict[str, set[tuple[int, int]]]:
    """File → (line, column) of each mistake in it."""
    found: dict[str, set[tuple[int, int]]] = {}
    for line in text.splitlines():
        placed = PLACED.match(line)
        assert placed, line
        found.setdefault(Path(placed["file"]).name, set()).add((int(placed["line"]), int(placed["column"])))
    return found


def spoil_everything(site: Site) -> None:
    """Mistakes in the config, in two rule files, in a rule's words and in two templates."""
    text = site.path.read_text().replace("group_wait: 0s", "group_wait: soon\n  group_weight: 1s")
    site.path.write_text(text + "surprise: true\n")
    site.write_rules({**LOW_VOLTAGE, "when": "current.voltge < 11.3"}, {"alert": "Two words\n", "when": "1"})
    words = {"alert": "Words", "when": "current.temp > 1", "summary": "{{ instrument.serail }} {{ nobody }}"}
    (site.folder / "rules" / "words.yaml").write_text(yaml.safe_dump({"rules": [words]}))
    for name, body in (("text/body.j2", "one\n{{ alerts[0].}}\n"), ("slack/boddy.j2", "x")):
        path = site.folder / "templates" / name
        path.parent.mkdir(parents=True)
        path.write_text(body)


def add_tests(site: Site, *names: str) -> None:
    """A test beside the rules that expects something of each."""
    expect = [{"at": "1h", "alert": name} for name in names or ("LowVoltage",)]
    tests = {"rules": ["site.yaml"], "tests": [{"name": "all", "expect": expect}]}
    (site.folder / "rules" / "site.test.yaml").write_text(yaml.safe_dump(tests))


def test_every_mistake_at_once(site: Site, alertd: Alertd):
    """Config, rules, texts and templates are all looked at, however broken the others are."""
    spoil_everything(site)
    ran = alertd("check", "-c", site.path)
    assert ran.code == 1
    found = places(ran.err)
    lines = site.path.read_text().splitlines()
    wanted = {
        (n, line.index(word) + 1)
        for n, line in enumerate(lines, 1)
        for word in ("soon", "group_weight", "surprise")
        if word in line
    }
    assert found["config.yaml"] == wanted
    assert (3, 9) in found["site.yaml"]
    assert len(found["site.yaml"]) >= 2
    assert found["words.yaml"]
    assert found["body.j2"] == {(2, 1)} or {line for line, _ in found["body.j2"]} == {2}
    assert found["boddy.j2"] == {(1, 1)}
    assert ran.out == f"{len(ran.errors)} mistakes\n"


@pytest.mark.parametrize("words", ["run", "poll"])
def test_run_and_poll_refuse_with_the_same_lines(site: Site, alertd: Alertd, words: str):
    """Neither starts on a broken set-up: exit 2, the very lines that check gives, no database made."""
    site.write_rules({**LOW_VOLTAGE, "when": "current.voltge < 11.3"}, {"alert": "X", "when": "current.temp >"})
    checked = alertd("check", "-c", site.path)
    ran = alertd(words, "-c", site.path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == checked.err
    assert len(ran.errors) == 2
    assert not site.database.exists()


def test_json(site: Site, alertd: Alertd):
    """`--json` has each mistake in parts, for an editor or a pipeline."""
    add_tests(site)
    assert alertd("check", "--json", "-c", site.path).json == {"mistakes": [], "rules": 1, "wrong_online": 0}
    site.write_rules({**LOW_VOLTAGE, "when": "current.voltge < 11.3"})
    ran = alertd("check", "--json", "-c", site.path)
    assert ran.code == 1
    (mistake,) = ran.json["mistakes"]
    assert (mistake["line"], mistake["column"], mistake["warning"]) == (3, 9, False)
    assert mistake["file"] == str(site.folder / "rules" / "site.yaml")
    assert "did you mean" in mistake["message"]


def test_a_good_set_up(site: Site, alertd: Alertd):
    """Nothing wrong: exit 0 and one line; a receiver that nothing reaches is a warning only."""
    add_tests(site)
    ran = alertd("check", "-c", site.path)
    assert (ran.code, ran.out, ran.err) == (0, f"{site.path}: no mistakes, 1 rule\n", "")
    idle = {"name": "idle", "targets": [{"name": "spare", "url": "json://127.0.0.1:9"}]}
    site.write(receivers=[*site.config["receivers"], idle])
    ran = alertd("check", "-c", site.path)
    assert ran.code == 0
    assert len(ran.errors) == 1
    assert ": warning: " in ran.err


BROKEN_FILES = {
    "empty": b"",
    "blank": b"\n  \n# a comment\n",
    "binary": bytes(range(256)) * 8,
    "a null": b"rules:\n  - alert: X\x00\n",
    "latin-1": "name: Größe\n".encode("latin-1"),
    "utf-16": "rules: []\n".encode("utf-16"),
    "a tab": b"rules:\n\t- alert: X\n",
    "unclosed": b'rules: [{alert: "X\n',
    "a list": b"- a\n- b\n",
    "a word": b"hello",
    "two documents": b"rules: []\n---\nrules: []\n",
    "deep": b"[" * 20_000,
    "an alias": b"a: &a [1]\nb: *a\n",
    "twice": b"rules: []\nrules: []\n",
    "large": b"rules: [" + b" " * (2 << 20) + b"]",
    "python": b"!!python/object/apply:os.system ['true']\n",
}
FINE = {"rules": {"blank", "empty"}, "config": set[str]()}


@pytest.mark.parametrize("what", BROKEN_FILES)
def test_broken_files(site: Site, alertd: Alertd, what: str):
    """Whatever a file holds, as config or as rules: exit 1 with the file and a place, never a traceback."""
    for kind, path in (("rules", site.folder / "rules" / "site.yaml"), ("config", site.path)):
        path.write_bytes(BROKEN_FILES[what])
        ran = alertd("check", "-c", site.path)
        if what in FINE[kind]:
            assert ran.code == 0
            continue
        assert ran.code == 1, ran
        assert path.name in places(ran.err)


def unreadable_rules(site: Site) -> None:
    (site.folder / "rules" / "link.yaml").symlink_to("/proc/self/mem")


def no_rules(site: Site) -> None:
    site.write(rules=["nowhere/*.yaml"])


def folder_as_template(site: Site) -> None:
    (site.folder / "templates" / "text" / "body.j2").mkdir(parents=True)
    (site.folder / "templates" / "text" / "title.j2").symlink_to("/proc/self/mem")
    site.write(templates="templates")


def no_templates(site: Site) -> None:
    site.write(templates="nowhere")


def odd_key(site: Site) -> None:
    site.write(mycirrus=site.config["mycirrus"] | {"api_key": "schlüssel"})


def odd_heartbeat(site: Site) -> None:
    site.write(heartbeat={"url": "file:///etc/passwd"})


def missing_secret_file(site: Site) -> None:
    site.write(mycirrus=site.config["mycirrus"] | {"api_key": {"file": "rules"}})


def old_teams(site: Site) -> None:
    site.write(receivers=[{"name": "team", "targets": [{"name": "t", "url": "msteams://tok1/tok2/tok3"}]}])


def bad_storage(site: Site) -> None:
    site.write(storage={"url": "mysql://me:hush-hush@host/db"})


@pytest.mark.parametrize(
    "spoil",
    [
        unreadable_rules,
        no_rules,
        folder_as_template,
        no_templates,
        odd_key,
        odd_heartbeat,
        missing_secret_file,
        old_teams,
        bad_storage,
    ],
)
def test_other_mistakes(site: Site, alertd: Alertd, spoil):
    """Files that cannot be read, secrets that are none, addresses that lead nowhere: each has its place, exit 1."""
    spoil(site)
    ran = alertd("check", "-c", site.path)
    assert ran.code == 1, ran
    assert places(ran.err)
    for secret in ("tok1", "hush-hush", "/etc/passwd", "schlüssel"):
        assert secret not in ran.out + ran.err


def test_online(tmp_path: Path, alertd: Alertd):
    """`--online` asks with the key: the fleet and one instrument of each source that has it; a refusal is exit 1."""
    fleet = Fleet(monitors=(Monitor(serial="AQ000001", type="AirQuality"), Monitor(serial="QT000002")))
    with Site(tmp_path, fleet=fleet, every={"status": "1m", "current": "1m", "sic": "5m"}) as site:
        add_tests(site)
        ran = alertd("check", "--online", "-c", site.path)
        assert (ran.code, ran.err) == (0, "")
        assert "instruments: 2 watched" in ran.out
        assert {f"{source}: answered" for source in ("status", "current", "sic")} <= set(ran.out.splitlines())
        site.simulator.key = "another"
        ran = alertd("check", "--online", "-c", site.path)
        assert ran.code == 1
        assert "401" in ran.err
        assert site.config["mycirrus"]["api_key"] not in ran.text
        site.simulator.stop()
        ran = alertd("check", "--online", "--json", "-c", site.path)
        assert (ran.code, ran.json["wrong_online"]) == (1, 1)
        assert len(ran.errors) == 1


def test_what_cannot_be_meant(site: Site, alertd: Alertd):
    """Warnings have a place and a remedy and change no exit code; with --strict they are mistakes."""
    site.write_rules({**LOW_VOLTAGE, "until": "current.voltage < 11.3"}, {"alert": "Hot", "when": "current.temp > 80"})
    ran = alertd("check", "-c", site.path)
    *advice, last = ran.out.splitlines()
    assert (ran.code, ran.err, last) == (0, "", f"{site.path}: no mistakes, 2 rules")
    assert set(places("\n".join(advice))) == {"site.yaml"}
    assert [line.split(": warning: ")[1].split(":")[0].split(",")[0] for line in advice] == [
        "LowVoltage has no test",
        "until never holds where when is over",
        "Hot has no test",
        "without until",
    ]
    strict = alertd("check", "--strict", "-c", site.path)
    assert (strict.code, strict.out) == (1, "4 mistakes\n")
    assert strict.errors == [line.replace("warning: ", "") for line in advice]
    as_json = alertd("check", "--strict", "--json", "-c", site.path)
    assert as_json.code == 1
    assert [each["warning"] for each in as_json.json["mistakes"]] == [False] * 4


def test_a_token_that_is_over(site: Site, alertd: Alertd):
    """A warning at its last day; one that is not over is none."""
    add_tests(site)
    over, good = (
        {"name": name, "hash": "0" * 64, "until": f"{year}-01-01"} for name, year in (("old", 2020), ("new", 2900))
    )
    site.write(http={"listen": "127.0.0.1:9321", "tokens": [good, over]})
    ran = alertd("check", "-c", site.path)
    advice, last = ran.out.splitlines()
    assert (ran.code, ran.err, last) == (0, "", f"{site.path}: no mistakes, 1 rule")
    line = next(n for n, text in enumerate(site.path.read_text().splitlines(), 1) if "2020-01-01" in text)
    assert advice.startswith(f"{site.path}:{line}:")
    assert "warning: the token old ended with 2020-01-01" in advice


def test_against_the_fleet(tmp_path: Path, alertd: Alertd):
    """After a poll, check knows the monitors: a rule for none of them, an override for none, a field none has."""
    hot = {"alert": "Hot", "when": "current.temp > params.limit", "keep_firing_for": "1h", "params": {"limit": 80}}
    rules = [
        {**LOW_VOLTAGE, "match": ['model="CR:000"']},
        {"alert": "Lte", "when": "stats.lteRsrp < -110", "keep_firing_for": "1h"},
        {**hot, "overrides": [{"match": ["instrument=QT999999"], "params": {"limit": 70}}]},
    ]
    wired = Fleet(monitors=tuple(Monitor(serial=f"QT10000{n}", features=("SIC",)) for n in range(2)))
    with Site(tmp_path, fleet=wired, rules=rules, every={"status": "1m", "current": "1m", "stats": "1m"}) as site:
        add_tests(site, "LowVoltage", "Lte", "Hot")
        assert ": warning: " not in alertd("check", "-c", site.path).out
        assert alertd("poll", "-c", site.path).code == 0
        ran = alertd("check", "-c", site.path)
    assert (ran.code, ran.err) == (0, "")
    assert [line.split(": warning: ")[1].split(":")[0] for line in ran.out.splitlines()[:-1]] == [
        "LowVoltage matches none of the 2 monitors",
        "stats.lteRsrp needs a modem, and none of the 2 monitors that it is about has one, so it is unknown",
        "this override matches none of the 2 monitors that Hot is about",
    ]
