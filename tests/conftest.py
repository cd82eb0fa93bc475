"""What every test runs under."""

import gc
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.support import warm

STRICT = os.environ.get("CI") == "true"
"""In CI everything that a test needs is there, so a test that skips itself is a mistake."""

LOCAL_SETTINGS = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "MYCIRRUS_API_KEY",
    "CREDENTIALS_DIRECTORY",
    "NOTIFY_SOCKET",
)
"""What a desk or a service manager may have set, and no test should meet unless it sets it itself."""

settings.register_profile("alertd", deadline=None, print_blob=True)
settings.load_profile("alertd")


@pytest.fixture(autouse=True, scope="session")
def _plain_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in LOCAL_SETTINGS:
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def _nothing_left_running() -> Iterator[None]:
    yield
    warm.stop()


def pytest_collection_finish() -> None:
    """The thousands of tests and their modules stay: the collector need not look through them over and over."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test has failed."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a file that skips itself as a whole has failed."""
    report = yield
    _forbid_skip(report)
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped in CI: {reason}"
