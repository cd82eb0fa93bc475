"""`alertd webhooks`: what MyCirrus is asked to send to alertd."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertd.cli.options import config_option, json_option
from alertd.cli.output import complain, print_json, print_table, say

if TYPE_CHECKING:
    from alertd.config.settings import Webhooks
    from alertd.daemon.registrations import Applied
    from alertd.daemon.setup import Setup
    from alertd.model import Instrument
    from alertd.mycirrus.client import Client
    from alertd.mycirrus.webhooks import Changes, Registration


@click.group("webhooks")
def command() -> None:
    """Register with MyCirrus what it sends to alertd at once; needs the scopes webhooks:read and webhooks:write."""


@command.command("sync")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@config_option
@json_option
def sync(dry_run: bool, config: Path, as_json: bool) -> int:
    """Make the registrations match the fleet and the config: one for each monitor and type.

    Those for other addresses than webhooks.public_url are left alone.
    """
    from alertd.daemon.registrations import wanted
    from alertd.mycirrus.webhooks import changes

    with _client(config) as (setup, terms, client):
        fleet = _fleet(setup, client)
        found = changes(client.registrations(), wanted(terms.types, fleet), terms.public_url)
        return _make(client, found, terms.public_url, dry_run=dry_run, as_json=as_json)


@command.command("list")
@config_option
@json_option
def list_(config: Path, as_json: bool) -> int:
    """List what is registered in the account; secrets are not shown."""
    from alertd.mycirrus.webhooks import own

    with _client(config) as (_, terms, client):
        registered = client.registrations()
    ids = {each.id for each in own(registered, terms.public_url)}
    if as_json:
        print_json([{**_json(each), "own": each.id in ids} for each in registered])
    elif registered:
        rows = [
            (each.id, each.type, each.instrument, each.url, "yes" if each.id in ids else "no") for each in registered
        ]
        print_table(["ID", "TYPE", "INSTRUMENT", "URL", "OWN"], rows)
    else:
        say("no webhook is registered: alertd webhooks sync does it")
    return 0


@command.command("remove")
@config_option
@json_option
def remove(config: Path, as_json: bool) -> int:
    """Remove every registration for webhooks.public_url, and no other."""
    from alertd.mycirrus.webhooks import changes

    with _client(config) as (_, terms, client):
        found = changes(client.registrations(), [], terms.public_url)
        return _make(client, found, terms.public_url, dry_run=False, as_json=as_json)


@contextmanager
def _client(path: Path) -> "Iterator[tuple[Setup, Webhooks, Client]]":
    """The set-up, its webhooks and a client; a config without webhooks is refused."""
    from alertd.clock import monotonic, wall
    from alertd.daemon.compose import client_of
    from alertd.daemon.setup import load_setup
    from alertd.errors import UsageError

    setup = load_setup(path, lean=True)
    terms = setup.settings.webhooks
    if terms is None:
        raise UsageError(f"{path} has no webhooks: say webhooks.public_url first")
    client = client_of(setup, wall, monotonic)
    try:
        yield setup, terms, client
    finally:
        client.close()


def _fleet(setup: "Setup", client: "Client") -> "list[Instrument]":
    """The watched fleet as MyCirrus lists it now; an empty one is no reason to remove anything."""
    from alertd.daemon.fleet import fleet_of
    from alertd.errors import ApiError

    instruments = setup.settings.instruments
    fleet = fleet_of(client.instruments(), instruments)
    if not fleet:
        raise ApiError("MyCirrus lists no instrument that the config watches: nothing is changed")
    return fleet


def _make(client: "Client", found: "Changes", url: str, *, dry_run: bool, as_json: bool) -> int:
    """Change what is to be changed, and say so; 1 where something could not be."""
    from alertd.daemon.registrations import Applied, apply

    done = Applied() if dry_run else apply(client, found, url)
    for line in done.failed:
        complain(line)
    if done.left:
        complain(f"given up: {done.left} more were not tried")
    if as_json:
        print_json(_report(found, done, dry_run=dry_run))
    elif dry_run:
        for kind, serial in found.add:
            say(f"would register {kind} of {serial}")
        for each in found.remove:
            say(f"would remove {each.type} of {each.instrument} ({each.id})")
        say(f"{len(found.add)} to register, {len(found.remove)} to remove, {len(found.kept)} as they should be")
    else:
        say(f"{len(done.added)} registered, {len(done.removed)} removed, {len(found.kept)} were as they should be")
    return 1 if done.failed else 0


def _report(found: "Changes", done: "Applied", *, dry_run: bool) -> dict[str, object]:
    add = [{"type": kind, "instrument": serial} for kind, serial in found.add]
    return {
        "dry_run": dry_run,
        "added": add if dry_run else [_json(each) for each in done.added],
        "removed": [_json(each) for each in (found.remove if dry_run else done.removed)],
        "kept": len(found.kept),
        "failed": done.failed,
    }


def _json(registration: "Registration") -> dict[str, object]:
    """Without its secret."""
    return {
        "id": registration.id,
        "type": registration.type,
        "instrument": registration.instrument,
        "url": registration.url,
    }
