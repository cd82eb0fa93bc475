"""configuration.md, the example and the settings say the same; what holds of every page: links, examples, picture."""

import re
import tomllib
import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alertd.config.durations import parse_duration
from alertd.config.forms import Address
from alertd.config.load import load_config
from alertd.config.secrets import Secret
from alertd.config.settings import Settings
from alertd.daemon.rule_test import run_case
from alertd.model import Source
from alertd.rules.load import load_rules
from alertd.rules.testing.load import load_tests
from tests.support.docs import DOCS, FENCE, PAGES, ROOT, ROW, page

LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
IMAGE = re.compile(r'<img src="(?P<file>[^"]+)" width="(?P<width>\d+)" alt="(?P<alt>[^"]+)">')


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


@pytest.mark.parametrize("name", ["configuration.md", "rules.md"])
def test_keys_without_effect(name: str):
    """No code that acts on the settings reads a key of which the documentation says that it has no effect yet."""
    found = re.search(r"Read and checked, but without effect yet: ((?:`\w+`,\s+)*`\w+`)\.", page(name))
    said = set(re.findall(r"`(\w+)`", found[1])) if found else set()
    assert bool(said) == ("without effect yet" in page(name))
    folders = [ROOT / "alertd" / folder for folder in ("alerts", "cli", "daemon", "notify")]
    acting = "".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    assert said & set(re.findall(r"\.(\w+)\b", acting)) == set()


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


def examples() -> Iterator[typing.Any]:
    for path in PAGES:
        for number, fence in enumerate(FENCE.finditer(path.read_text())):
            if fence["kind"] == "yaml":
                yield pytest.param(fence["text"], id=f"{path.name}-{number}")


@pytest.mark.parametrize("text", list(examples()))
def test_examples_load(text: str, tmp_path: Path):
    """Each YAML example in the documentation is one that alertd takes; an example of a rule test passes."""
    path = tmp_path / "example.yaml"
    path.write_text(text)
    keys = yaml.safe_load(text).keys()
    if "mycirrus" in keys:
        load_config(path)
    elif "tests" in keys:
        (tmp_path / "low-voltage.yaml").write_text(next(FENCE.finditer(page("rules.md")))["text"])
        file = load_tests(path)
        assert [line for case in file.cases for line in run_case(file, case).lines] == []
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


def test_the_house_is_whole():
    """architecture.md says of each folder and file of alertd/ what lives there."""
    rooms = [path for path in (ROOT / "alertd").iterdir() if path.suffix in ("", ".py") and path.name[0] != "_"]
    text = page("architecture.md")
    assert [room.name for room in rooms if f"{room.name}{'/' if room.is_dir() else ''}`" not in text] == []
