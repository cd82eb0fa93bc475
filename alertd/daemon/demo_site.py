"""What `alertd demo` is set up with: a config.yaml as anybody's, written into a folder of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from alertd.mycirrus.simulator.script import Fleet
from alertd.shipped import shipped

REQUESTS_PER_MINUTE = 100_000
"""In the demo's time a minute is over in no time."""

EVERY = {
    "status": "5m",
    "current": "5m",
    "stats": "off",
    "events": "off",
    "sic": "10m",
    "calibrations": "20m",
    "calibration_log": "off",
}
"""As often as a day in a minute and a half allows on a small machine: three days of stats, which the library looks back
at, would be read before anything is to be seen."""

_OFFICE = "SicFailed|Calibration.*|SimQuota|SubscriptionNotActive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One target of the demo; there is one of each channel."""

    receiver: str
    target: str
    channel: str
    hears_of: str
    """In words."""
    matchers: tuple[str, ...]


ADDRESSEES = (
    Addressee(
        receiver="drivers",
        target="field-mail",
        channel="email",
        hears_of="power, heat, calibrations: what somebody has to drive for",
        matchers=('alertname=~"SupplyVoltage|HighTemperature|Calibration.*"',),
    ),
    Addressee(
        receiver="duty",
        target="field-slack",
        channel="slack",
        hears_of="power, heat, connections, and everything else",
        matchers=(f'alertname!~"{_OFFICE}"',),
    ),
    Addressee(
        receiver="office",
        target="office-teams",
        channel="teams",
        hears_of="checks, calibrations, SIM cards: what can be mended from a desk",
        matchers=(f'alertname=~"{_OFFICE}"',),
    ),
)


def write_site(folder: Path, fleet: Fleet, *, base_url: str, api_key: str, mail_port: int, listen: str) -> Path:
    """Write the config (JSON is YAML, too); its path."""
    config = {
        "mycirrus": {"base_url": base_url, "api_key": api_key, "max_requests_per_minute": REQUESTS_PER_MINUTE},
        "instruments": {"labels": fleet.labels()},
        "poll": EVERY,
        "rules": [str(shipped("rules") / "*.yaml")],
        "receivers": [
            {"name": each.receiver, "targets": [{"name": each.target, "url": url}]}
            for each, url in zip(ADDRESSEES, _urls(mail_port), strict=True)
        ],
        "route": {
            "receiver": "duty",
            "group_by": ["alertname", "site"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [_route(each) for each in ADDRESSEES],
        },
        "storage": {"url": "sqlite:///alertd.db"},
        "http": {"listen": listen},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")
    return path


def _route(each: Addressee) -> Mapping[str, object]:
    return {"matchers": list(each.matchers), "receiver": each.receiver, "continue": True}


def _urls(mail_port: int) -> list[str]:
    """In the order of ADDRESSEES. Slack's and Teams' lead nowhere: see demo_channels.py."""
    mail = {"from": "alertd@example.com", "to": "field@example.com", "mode": "insecure", "smtp": "127.0.0.1"}
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in mail.items())
    return [
        f"mailto://127.0.0.1:{mail_port}/?{query}",
        "slack://T00000000/B00000000/DEMO00000000000000000000/#field",
        "workflows://teams.example.com:443/0DEMO0DEMO0DEMO0/DEMO-SIGNATURE",
    ]
