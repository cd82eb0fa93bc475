"""What the tests of the web server share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.web import WebSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebSite]:
    """The web server over a store with five monitors, a day of samples, five alerts, three messages."""
    with WebSite(tmp_path) as made:
        yield made


IN_EVERY_RUN = frozenset({"test_alertmanager_shapes.py", "test_health.py", "test_metrics.py", "test_web_site.py"})
"""Quick ones; the others need browsers, processes and minutes, and are run by `make test-web`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is not in every run."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name not in IN_EVERY_RUN:
            item.add_marker(pytest.mark.web)
