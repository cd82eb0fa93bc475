"""A folder with a config and rules, as a user of alertd has them."""

from pathlib import Path

from benchmarks.simulation import Simulation

RULES = """\
rules:
  - alert: SupplyVoltage
    params: {warning: 11.3, warning_clear: 11.5, critical: 10.8, critical_clear: 11.1}
    levels:
      warning: {when: current.voltage < params.warning, until: current.voltage >= params.warning_clear, for: 15m}
      critical: {when: current.voltage < params.critical, until: current.voltage >= params.critical_clear, for: 5m}
  - {alert: HighTemperature, when: current.temp > 80, until: current.temp <= 75, for: 15m}
  - {alert: DiskNearlyFull, when: current.disk > 80, for: 15m}
  - {alert: MemoryNearlyFull, when: current.mem > 90, for: 30m}
  - {alert: Flat, when: current.voltage < 5, severity: critical}
"""
"""Five rules in six conditions; the last one fires at once, for whoever wants a message soon."""

EVERY_SOURCE = {"status": "20s", "current": "20s", "stats": "20s", "events": "20s", "sic": "20s", "calibrations": "20s"}
"""All that a default config asks for, more often."""
ONLY_CURRENT = {"current": "1m"}


def write_config(
    folder: Path,
    simulation: Simulation,
    *,
    batch: int = 50,
    poll: dict[str, str] | None = None,
    target: str = "json://127.0.0.1:9",
) -> Path:
    """Write a config and its rules into a folder; returns the config's path."""
    polled = dict.fromkeys([*EVERY_SOURCE, "calibration_log"], "off") | (EVERY_SOURCE if poll is None else poll)
    lines = [
        "mycirrus:",
        f"  base_url: {simulation.base_url}",
        f"  api_key: {simulation.key}",
        "  max_requests_per_minute: 1000000",
        f"  batch_size: {batch}",
        "poll:",
        *(f"  {source}: {every}" for source, every in polled.items()),
        "rules: [rules.yaml]",
        f'receivers: [{{name: team, targets: [{{name: sink, url: "{target}"}}]}}]',
        "route: {receiver: team, group_by: [alertname, instrument], group_wait: 0s}",
        "http: {listen: off}",
    ]
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text(RULES)
    config = folder / "config.yaml"
    config.write_text("\n".join(lines) + "\n")
    return config
