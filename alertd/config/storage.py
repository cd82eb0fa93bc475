"""The database's URL: its form, and its place relative to the config."""

from pathlib import Path

from alertd.config.secrets import Secret

PATTERN = r"^\s*(sqlite:///(?!:memory:\s*(\?|$))[^?\s]|postgresql(\+psycopg)?://)"
"""What a URL written plainly begins with, for JSON Schema."""

SQLITE = "sqlite:///"
_POSTGRES = "postgresql+psycopg://"
_WANTED = f"{SQLITE}FILE or {_POSTGRES}USER@HOST/NAME is wanted"


def check_storage(url: Secret) -> Secret:
    """Raise ValueError where a plainly written URL has a form that no store has; it may hold a password, so unseen."""
    if url.text is not None:
        storage_url(url.text, Path())
    return url


def storage_url(text: str, base: Path) -> str:
    """The URL with an SQLite file's path made absolute from `base`.

    Raises:
        ValueError: with one line, where it is no URL that the store takes.
    """
    if text.startswith(_POSTGRES):
        return text
    if text.startswith("postgresql://"):
        return _POSTGRES + text.removeprefix("postgresql://")
    file, question, options = text.removeprefix(SQLITE).partition("?")
    if not text.startswith(SQLITE) or not file:
        raise ValueError(_WANTED)
    if file == ":memory:":
        raise ValueError(f"a store in memory forgets whom it told: {_WANTED}")
    return f"{SQLITE}{(base / file).absolute()}{question}{options}"
