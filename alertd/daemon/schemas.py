"""The JSON Schema of each kind of file that a person edits."""

import json
from pathlib import Path
from typing import Any

from alertd.config.schema import schema_of
from alertd.config.settings import Settings
from alertd.config.validate import Form
from alertd.rules.forms import WholeFileForm

FOLDER = ".schema"
"""Where `alertd init` puts them, and where the first line of each shipped file looks for them."""

_KINDS: dict[str, tuple[type[Form], str]] = {
    "config": (Settings, "alertd: config.yaml"),
    "rules": (WholeFileForm, "alertd: rules"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Kind → schema, draft 2020-12."""
    return {kind: schema_of(model, title) for kind, (model, title) in _KINDS.items()}


def write_schemas(folder: Path) -> None:
    """Write them into `.schema` in a folder, over those of another version.

    Raises:
        OSError: they cannot be written.
    """
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for kind, schema in schemas().items():
        (folder / FOLDER / f"{kind}.json").write_text(
            json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
