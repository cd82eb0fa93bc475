"""How the tests of the config read one."""

import pytest

from alertd.config.load import Config, load_config
from alertd.errors import ConfigError


@pytest.fixture
def load(tmp_path):
    """Write a config and load it."""

    def load(text: str) -> Config:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return load_config(path)

    return load


@pytest.fixture
def mistakes(load):
    """What is wrong with a config, as (line, column, message)."""

    def mistakes(text: str) -> list[tuple[int, int, str]]:
        with pytest.raises(ConfigError) as caught:
            load(text)
        return [(m.line, m.column, m.text) for m in caught.value.mistakes]

    return mistakes
