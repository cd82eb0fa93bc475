"""`alertd instruments`: the fleet as alertd knows it."""

from pathlib import Path

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import print_json, print_table, say


@click.command("instruments")
@config_option
@json_option
def command(config: Path, as_json: bool) -> int:
    """List the instruments that are watched, with their newest values."""
    from alertd.cli.opening import open_to_look
    from alertd.daemon.fleet import fleet_of
    from alertd.model import Sample, Source
    from alertd.present import instrument_json, short_time

    with open_to_look(config) as (loaded, store):
        fleet = fleet_of(store.instruments(), loaded.settings.instruments)
        newest: dict[str, dict[Source, Sample]] = {}
        for sample in store.newest():
            newest.setdefault(sample.instrument, {})[sample.source] = sample
    if as_json:
        print_json([instrument_json(each, newest.get(each.serial, {}).values()) for each in fleet])
        return 0
    rows = []
    for each in fleet:
        mine = newest.get(each.serial, {})
        status, current = mine.get(Source.STATUS), mine.get(Source.CURRENT)
        online = status.values.get("online") if status else None
        voltage = current.values.get("voltage") if current else None
        rows.append(
            (
                each.serial,
                each.name,
                each.model,
                ("online" if online else "offline") if isinstance(online, bool) else "unknown",
                f"{voltage} V" if voltage is not None else "",
                short_time(max((sample.at for sample in mine.values()), default=None)),
                ", ".join(f"{label}={value}" for label, value in each.labels.items()),
            )
        )
    if rows:
        print_table(["SERIAL", "NAME", "MODEL", "STATUS", "SUPPLY", "NEWEST (UTC)", "LABELS"], rows)
    else:
        say("no instruments are known yet: alertd poll reads the fleet")
    return 0
