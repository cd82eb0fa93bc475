"""The JSON Schema of each kind of file that a person edits."""

import json
from pathlib import Path
from typing import Any

from alertd.config.schema import schema_of
from alertd.config.settings import Settings
from alertd.config.validate import Form
from alertd.rules.forms import WholeFileForm
from alertd.rules.testing.forms import TestsForm

FOLDER = ".schema"
"""Where `alertd init` puts them, and where the first line of each shipped file looks for them."""

_KINDS: dict[str, tuple[type[Form], str]] = {
    "config": (Settings, "alertd: config.yaml"),
    "rules": (WholeFileForm, "alertd: rules"),
    "tests": (TestsForm, "alertd: rule tests"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Kind → schema, draft 2020-12."""
    return {kind: schema_of(model, title) for kind, (model, title) in _KINDS.items()}


def write_schemas(folder: Path) -> tuple[int, int]:
    """Write them into `.schema` in a folder, over those of another version; how many were written, and were right.

    Raises:
        OSError: they cannot be written.
    """
    texts = {folder / FOLDER / f"{kind}.json": _text(schema) for kind, schema in schemas().items()}
    old = [path for path, text in texts.items() if not path.is_file() or path.read_bytes() != text.encode()]
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    return len(old), len(texts) - len(old)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
