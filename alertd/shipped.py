"""Finds what ships beside the code: rules, templates, the example config, systemd units."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The file or folder that ships under this name (`templates`, `rules`, `config.example.yaml`, `systemd`).

    An installed wheel carries it inside the package; in a checkout it lies at the top, where readers look for it.
    """
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.exists() else _PACKAGE.parent / name
