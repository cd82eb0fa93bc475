"""What `alertd demo` is set up with: a config.yaml as anybody's, written into a folder of its own."""

import json
from pathlib import Path
from urllib.parse import quote

from alertd.mycirrus.simulator.script import Fleet
from alertd.shipped import shipped

REQUESTS_PER_MINUTE = 100_000
"""In the demo's time a minute is over in no time."""

EVERY = {
    "status": "1m",
    "current": "1m",
    "stats": "5m",
    "events": "off",
    "sic": "5m",
    "calibrations": "15m",
    "calibration_log": "off",
}

TARGETS = {"field-mail": "email", "field-slack": "slack", "office-teams": "teams"}


def write_site(folder: Path, fleet: Fleet, *, base_url: str, api_key: str, mail_port: int) -> Path:
    """Write the config (JSON is YAML, too); its path."""
    config = {
        "mycirrus": {"base_url": base_url, "api_key": api_key, "max_requests_per_minute": REQUESTS_PER_MINUTE},
        "instruments": {"labels": fleet.labels()},
        "poll": EVERY,
        "rules": [str(shipped("rules") / "*.yaml")],
        "receivers": _receivers(mail_port),
        "route": {
            "receiver": "field-team",
            "group_by": ["alertname", "site"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
        },
        "storage": {"url": "sqlite:///alertd.db"},
        "http": {"listen": "off"},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False))
    return path


def _receivers(mail_port: int) -> list[dict[str, object]]:
    mail = {"from": "alertd@example.com", "to": "field@example.com", "mode": "insecure", "smtp": "127.0.0.1"}
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in mail.items())
    field = [
        {"name": "field-mail", "url": f"mailto://127.0.0.1:{mail_port}/?{query}"},
        {"name": "field-slack", "url": "slack://T00000000/B00000000/DEMO00000000000000000000/#field"},
        {"name": "office-teams", "url": "workflows://teams.example.com:443/0DEMO0DEMO0DEMO0/DEMO-SIGNATURE"},
    ]
    return [{"name": "field-team", "targets": field}]
