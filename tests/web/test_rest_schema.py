"""The description of the REST interface is true: schemathesis asks what it allows, and what it does not."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.support.web import WebSite

pytestmark = pytest.mark.xdist_group("schema")

SEED = 20261124
EXAMPLES = 4
"""Of each operation, beside those that cover each part of its description."""
CASES_AT_LEAST = 400

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
"""All but those about log-ins and about things that are deleted, of which there are none here, and the one that says
that what the description allows is accepted: no pattern knows which times, ids and recurrences there are."""

KNOWN: dict[str, list[Any]] = {
    "serial": ["QT100000", "QT100002"],
    "instrument": ["QT100000", "QT100004", "phone"],
    "rule": ["LowVoltage", "SicFailed", "TargetFailing"],
    "name": ["LowVoltage", "Hot"],
    "at": ["2h", "2026-11-24T11:00"],
    "start": ["24h", "2026-11-24T00:00"],
    "step": ["1h", "15m"],
}
IDS: dict[str, list[Any]] = {"alerts": ["low", "over", "own", "strange"], "deliveries": [1, 2, 3]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """One server for all that is tried; what is changed stays changed."""
    with WebSite(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="module")
def served(site: WebSite) -> dict[str, Any]:
    """The description as it is served."""
    found: dict[str, Any] = site.get("/api/v1/openapi.json").json()
    return found


@pytest.mark.timeout(500)
def test_description_is_true(site: WebSite, served: dict[str, Any], tmp_path: Path):
    """Each answer is one that is described; what the description forbids is refused; nothing makes alertd stumble."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(_with_known(served, [_silence(site)])))
    words = [sys.executable, "-m", "schemathesis.cli", "run", file, "--url", f"{site.url}/api/v1", "--no-color"]
    words += ["--seed", SEED, "--max-examples", EXAMPLES, "--request-timeout", 20]
    words += ["--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--no-shrink"]
    words += ["--exclude-path", "/events", "--warnings", "off"]  # it never ends: test_rest_events.py reads it
    ran = subprocess.run(list(map(str, words)), cwd=tmp_path, capture_output=True, text=True, timeout=480, check=False)
    assert ran.returncode == 0, ran.stdout[-12_000:] + ran.stderr[-2000:]
    tried = re.search(r"([\d,]+) generated", ran.stdout)
    assert tried is not None, ran.stdout
    assert int(tried[1].replace(",", "")) > CASES_AT_LEAST


def _silence(site: WebSite) -> str:
    asked = {"matchers": ["site=x"], "for": "2h", "reason": "works"}
    return str(site.post("/api/v1/silences", json=asked).json()["id"])


def _with_known(served: dict[str, Any], silences: list[str]) -> dict[str, Any]:
    """With the names of what there is: or nearly every answer would be that there is no such thing."""
    found = deepcopy(served)
    ids = IDS | {"silences": silences}
    for path, methods in found["paths"].items():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                of_path = ids.get(path.split("/")[1], []) if parameter["name"] == "id" else []
                if known := of_path or KNOWN.get(parameter["name"], []):
                    parameter["schema"] = {"anyOf": [{"enum": known}, parameter["schema"]]}
    return found


def test_description_is_of_the_interface_alone(served: dict[str, Any]):
    """Nothing but the paths of /api/v1 is described, each with its errors in one form."""
    assert served["openapi"].startswith("3.")
    assert served["servers"] == [{"url": "/api/v1"}]
    assert {"/alerts", "/alerts/{id}/ack", "/samples", "/silences", "/why", "/events"} <= served["paths"].keys()
    for path, methods in served["paths"].items():
        for operation in methods.values():
            forms = {code: answer for code, answer in operation["responses"].items() if int(code) >= 400}
            assert {"401", "403", "413", "503"} <= forms.keys(), path
            schemas = [answer["content"]["application/json"]["schema"] for answer in forms.values()]
            assert all(schema == {"$ref": "#/components/schemas/Error"} for schema in schemas), path


def test_events_are_left_out_for_a_reason(served: dict[str, Any]):
    """The one path that is not tried above is described as a stream."""
    good = served["paths"]["/events"]["get"]["responses"]["200"]
    assert list(good["content"]) == ["text/event-stream"]
