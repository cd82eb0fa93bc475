"""The documentation and the code say the same: keys, commands, fields, exit codes, links, examples."""

import re
import tomllib
import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alertd import errors
from alertd.cli.main import COMMANDS, cli
from alertd.config.durations import parse_duration
from alertd.config.forms import Address
from alertd.config.load import load_config
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.fields import FIELDS, PREFIX_OF
from alertd.model import EndReason, NotifyReason, Severity, Source
from alertd.rules import load as rule_loading
from alertd.rules.load import load_rules

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]

FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
ROW = re.compile(
    r"^\| `(?P<name>[^`]+)` \| (?P<type>[^|]+) \| (?P<default>[^|]+) \| (?P<meaning>[^|]+) \|$", re.MULTILINE
)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
IMAGE = re.compile(r'<img src="(?P<file>[^"]+)" width="(?P<width>\d+)" alt="(?P<alt>[^"]+)">')


def page(name: str) -> str:
    return (DOCS / name).read_text()


# ── config.yaml ──────────────────────────────────────────────────────────────────────────────────────────────────────


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a key's type holds, however deep in lists and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def is_list(annotation: object) -> bool:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return any(is_list(part) for part in typing.get_args(annotation))
    return typing.get_origin(annotation) in (list, tuple)


def keys(model: type[BaseModel], prefix: str = "", seen: tuple[type[BaseModel], ...] = ()) -> dict[str, FieldInfo]:
    """Path → field, of every key of a model; a model within itself is named once."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        path = prefix + (field.alias or name)
        found[path] = field
        for inner in models_in(field.annotation):
            if inner not in (*seen, model):
                dots = "[]." if is_list(field.annotation) else "."
                found |= keys(inner, path + dots, (*seen, model))
    return found


KEYS = keys(Settings)
SECTIONS = {path for path in KEYS if any(other.startswith(f"{path}.") for other in KEYS)}
SOURCES = {f"poll.{source}" for source in Source}
ELSEWHERE = {
    "route.routes[].": "route.",
    "receivers[].quiet_hours.": "time_intervals[].time_intervals[].",
}
"""Where keys stand that are the same as elsewhere → there, where they are explained once."""
DOCUMENTED = {row["name"]: row for row in ROW.finditer(page("configuration.md"))}


@pytest.mark.parametrize("key", sorted(set(KEYS) - SECTIONS | SOURCES))
def test_every_key_is_documented(key: str):
    """Each key of config.yaml has a row in configuration.md, its own or that of the same key elsewhere."""
    same_elsewhere = (key.replace(here, there) for here, there in ELSEWHERE.items())
    assert key in DOCUMENTED or any(other in DOCUMENTED for other in same_elsewhere)


@pytest.mark.parametrize("key", sorted(DOCUMENTED))
def test_every_documented_key_exists(key: str):
    """configuration.md names no key that alertd does not know."""
    assert key in set(KEYS) | SOURCES


@pytest.mark.parametrize("key", sorted(set(DOCUMENTED) & set(KEYS) - SECTIONS))
def test_documented_defaults(key: str):
    """The default that configuration.md gives for a key is the one in force."""
    said = DOCUMENTED[key]["default"].strip().strip("`")
    field = KEYS[key]
    if field.is_required():
        assert said == "required"
    else:
        assert same(said, field.get_default(call_default_factory=True))


def same(said: str, default: object) -> bool:
    """Whether a default in the documentation's words is this value."""
    if default is None:
        return "`" not in said and said not in ("required", "")
    if isinstance(default, timedelta):
        return parse_duration(said) == default
    if isinstance(default, Address):
        return said == f"{default.host}:{default.port}"
    if isinstance(default, Secret):
        return said == default.reveal(ROOT, {})
    if isinstance(default, tuple | list):
        return yaml.safe_load(said) == list(default)
    return said == (str(default).lower() if isinstance(default, bool) else str(default))


def test_keys_without_effect():
    """No code beyond the config's own reads a key of which configuration.md says that it has no effect yet."""
    (line,) = re.findall(
        r"^- Read and checked, but without effect yet: (.+?)\.$", page("configuration.md"), re.M | re.S
    )
    said = set(re.findall(r"`(\w+)`", line))
    files = [
        path for folder in ("alerts", "cli", "daemon", "notify") for path in (ROOT / "alertd" / folder).rglob("*.py")
    ]
    read = set(re.findall(r"\.(\w+)\b", "".join(path.read_text() for path in files)))
    assert said & read == set()
    assert {path.split(".")[-1].removesuffix("[]") for path in SECTIONS | set(KEYS)} >= said


@pytest.mark.parametrize("key", sorted({path.rsplit(".", 1)[-1] for path in set(KEYS) | SOURCES}))
def test_every_key_is_in_the_example(key: str):
    """config.example.yaml shows each key, be it in a comment."""
    assert re.search(rf"(^|[\s{{#-]){key}:", (ROOT / "config.example.yaml").read_text())


def test_the_example_loads():
    """config.example.yaml has no mistake but that its secrets are not there."""
    config = load_config(ROOT / "config.example.yaml")
    mistakes = config.mistakes({})
    assert mistakes
    assert all("_KEY" in mistake.text or "_URL" in mistake.text for mistake in mistakes)
    assert not config.mistakes({"MYCIRRUS_API_KEY": "key", "FIELD_MAIL_URL": "mailtos://a:b@example.com"})


def test_the_example_loads_with_its_comments_taken_off(tmp_path: Path):
    """A key that config.example.yaml shows in a comment is right where its `# ` is taken off."""
    text = (ROOT / "config.example.yaml").read_text()
    shown = re.sub(r"^( *)# (?= *(- )?[\w]+:( |$)| *- \{)", r"\1", text, flags=re.MULTILINE)
    assert shown != text
    extra = "  - name: on-call\n    targets:\n      - {name: duty, url: {env: DUTY_URL}}\n"
    path = tmp_path / "config.yaml"
    path.write_text(shown.replace("receivers:\n", "receivers:\n" + extra))
    assert set(yaml.safe_load(path.read_text())) >= {"heartbeat", "mycirrus", "route"}
    load_config(path)


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def commands(group: click.Group, prefix: str = "alertd") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str):
    """Each command has a row in operations.md, and so has each command below it."""
    group = click.Group(commands={name: cli.get_command(click.Context(cli), name)})  # type: ignore[dict-item]
    for command in commands(group):
        assert re.search(rf"^\| `{command}[ `]", page("operations.md"), re.MULTILINE), command


@pytest.mark.parametrize("row", re.findall(r"^\| `alertd ([a-z]+)", page("operations.md"), re.MULTILINE))
def test_every_documented_command_exists(row: str):
    """operations.md names no command that alertd does not have."""
    assert row in COMMANDS


def test_exit_codes_are_documented():
    """operations.md names each exit code that an error ends a command with."""
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    table = page("operations.md").split("## Exit codes")[1].split("\n## ")[0]
    assert {0} | codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


def test_errors_are_quoted_as_they_are():
    """The words that operations.md looks errors up by are words that alertd says."""
    code = "".join(path.read_text() for path in (ROOT / "alertd").rglob("*.py"))
    table = page("operations.md").split("| it says |")[1]
    said = re.findall(
        r"`([^`…]+)`", "".join(line.split(" | ")[0] for line in table.splitlines() if line.startswith("| "))
    )
    assert len(said) > 10
    assert [words for words in said if words not in code and words != "HTTP 429"] == []


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────

RULE_ROWS = {row["name"] for row in ROW.finditer(page("rules.md"))}


def rule_fields() -> set[str]:
    """The keys of one rule in a rule file."""
    models = [
        value for value in vars(rule_loading).values() if isinstance(value, type) and issubclass(value, BaseModel)
    ]
    (model,) = [each for each in models if "alert" in each.model_fields]
    return {field.alias or name for name, field in model.model_fields.items()}


def test_rule_fields():
    """rules.md has a row for each key of a rule, and for no other."""
    assert rule_fields() == RULE_ROWS


@pytest.mark.parametrize("source", list(Source))
def test_catalogue(source: Source):
    """rules.md lists each field that an expression can name, with its unit."""
    for field in FIELDS[source].values():
        assert f"| `{PREFIX_OF[source]}.{field.name}` | {field.unit or field.kind.value} |" in page("rules.md")


def test_no_field_is_made_up():
    """rules.md lists no field that the catalogue does not have."""
    known = {f"{PREFIX_OF[source]}.{name}" for source, fields in FIELDS.items() for name in fields}
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", page("rules.md"), re.MULTILINE)) <= known | {
        "source.field",
        "params.NAME",
        "instrument.NAME",
    }


@pytest.mark.parametrize("word", [*EndReason, *NotifyReason, *Source, *(severity.word for severity in Severity)])
def test_words(word: str):
    """What users meet as a word in messages and files is in the glossary or in rules.md."""
    assert word in page("glossary.md") + page("rules.md")


# ── all pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links(path: Path):
    """Each link to a file or heading of the project leads there."""
    for link in LINK.finditer(path.read_text()):
        target, _, anchor = link["target"].partition("#")
        if "://" not in target:
            file = (path.parent / target) if target else path
            assert file.exists(), link[0]
            assert not anchor or anchor in anchors(file), link[0]


def test_picture():
    """The README's picture is there, says in words what it shows, and has two pixels for each that it is shown with."""
    (image,) = IMAGE.finditer((ROOT / "README.md").read_text())
    head = (ROOT / image["file"]).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert int.from_bytes(head[16:20]) == 2 * int(image["width"])
    assert len(image["alt"]) > 40


def examples() -> Iterator[pytest.ParameterSet]:
    for path in PAGES:
        for number, fence in enumerate(FENCE.finditer(path.read_text())):
            if fence["kind"] == "yaml":
                yield pytest.param(fence["text"], id=f"{path.name}-{number}")


@pytest.mark.parametrize("text", list(examples()))
def test_examples_load(text: str, tmp_path: Path):
    """Each YAML example in the documentation is one that alertd takes."""
    path = tmp_path / "example.yaml"
    path.write_text(text)
    if "mycirrus" in yaml.safe_load(text):
        load_config(path)
    else:
        assert load_rules([path])


def test_first_config_is_short():
    """The README's first configuration has fewer than 25 lines."""
    (config,) = [
        fence["text"] for fence in FENCE.finditer((ROOT / "README.md").read_text()) if "mycirrus:" in fence["text"]
    ]
    assert len(config.splitlines()) < 25


def test_every_page_is_linked():
    """The README leads to each page."""
    readme = (ROOT / "README.md").read_text()
    assert [path.name for path in DOCS.glob("*.md") if f"docs/{path.name}" not in readme] == []


def test_dependencies_are_explained():
    """architecture.md says of each package that alertd depends on what it is for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    text = page("architecture.md").lower()
    assert [name for name in (re.split(r"[\[<>=]", each)[0] for each in wanted) if name not in text] == []
