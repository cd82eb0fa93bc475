"""The composition root: from a checked set-up and an open store to parts that work together."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from alertd.clock import Clock, Monotonic, monotonic, wall
from alertd.daemon.breakage import Breakage
from alertd.daemon.deliverer import Deliverer
from alertd.daemon.digest_facts import Digests
from alertd.daemon.digest_times import DigestTimes
from alertd.daemon.dispatcher import Dispatcher
from alertd.daemon.heartbeat import Heartbeat
from alertd.daemon.letters import Letters
from alertd.daemon.own_alerts import OwnAlerts
from alertd.daemon.poller import Poller
from alertd.daemon.registrations import Registrations
from alertd.daemon.setup import Setup
from alertd.daemon.tally import Counts, Tally
from alertd.daemon.webhooks import WebhookDesk
from alertd.mycirrus.client import Client
from alertd.notify.channels import Channels
from alertd.notify.rate import Pace
from alertd.notify.render import Renderer
from alertd.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One set of working parts; a reload builds another."""

    setup: Setup
    store: Store
    client: Client
    own: OwnAlerts
    breakage: Breakage
    poller: Poller
    dispatcher: Dispatcher
    deliverer: Deliverer
    targets: tuple[str, ...]
    heartbeat: Heartbeat | None
    webhooks: WebhookDesk | None
    clock: Clock


def client_of(setup: Setup, clock: Clock, monotonic: Monotonic) -> Client:
    """The client that the config describes."""
    settings = setup.settings.mycirrus
    return Client(
        settings.base_url,
        setup.api_key,
        timeout=settings.timeout,
        max_requests_per_minute=settings.max_requests_per_minute,
        batch_size=settings.batch_size,
        array_style=settings.array_style,
        probe_every=min(setup.settings.poll.every.values(), default=timedelta(minutes=1)),
        clock=clock,
        monotonic=monotonic,
    )


def letters_of(setup: Setup, store: Store, clock: Clock | None = None) -> Letters:
    """What writes letters by this set-up; only with a clock are they fit to be sent: their links open pages."""
    settings = setup.settings
    return Letters(
        store=store,
        texts=setup.texts,
        external_url=settings.http.external_url,
        rules=setup.rules,
        site_label=settings.causes.site_label,
        digests=Digests(store=store, settings=settings, rules=setup.rules, routing=setup.routing),
        clock=clock,
    )


def compose(  # noqa: PLR0913 - what a test or the demo puts in its own place
    setup: Setup,
    store: Store,
    *,
    clock: Clock = wall,
    monotonic: Monotonic = monotonic,
    recorded: Callable[[], None] = lambda: None,
    client: Client | None = None,
    channels: Channels | None = None,
    noise: Callable[[], float] = random.random,
    tally: Counts | None = None,
    registrations: Registrations | None = None,
) -> Parts:
    """Put the parts together; starts nothing, sends nothing.

    `recorded` is called when alerts have changed, `noise` gives numbers in [0, 1).
    """
    settings = setup.settings
    tally = tally or Tally()
    own = OwnAlerts(store, clock, recorded)
    breakage = Breakage(own, store, setup.rules, setup.templates)
    client = client or client_of(setup, clock, monotonic)
    poller = Poller(
        client=client,
        store=store,
        settings=settings,
        rules=setup.rules,
        clock=clock,
        monotonic=monotonic,
        breakage=breakage,
        recorded=recorded,
        tally=tally,
    )
    channels = channels or Channels(setup.addresses)
    pace = Pace(setup.rates, monotonic)
    dispatcher = Dispatcher(
        store=store,
        routing=setup.routing,
        renderer=Renderer(setup.templates),
        channels=channels,
        letters=letters_of(setup, store, clock),
        breakage=breakage,
        tokens=pace.tokens,
        digests=DigestTimes(store, settings.receivers).due,
        tally=tally,
    )
    targets = tuple(sorted(setup.addresses))
    webhooks = None
    if settings.webhooks is not None:
        webhooks = WebhookDesk(
            terms=settings.webhooks,
            settings=settings,
            client=client,
            store=store,
            poller=poller,
            registrations=registrations or Registrations(),
            clock=clock,
            monotonic=monotonic,
            tally=tally,
        )
    deliverer = Deliverer(
        store=store,
        channels=channels,
        targets=targets,
        own=own,
        clock=clock,
        pace=pace,
        decide_again=dispatcher.dispatch,
        noise=noise,
        monotonic=monotonic,
        tally=tally,
    )
    return Parts(
        setup=setup,
        store=store,
        client=client,
        own=own,
        breakage=breakage,
        poller=poller,
        dispatcher=dispatcher,
        deliverer=deliverer,
        targets=targets,
        heartbeat=Heartbeat(setup.heartbeat_url) if setup.heartbeat_url else None,
        webhooks=webhooks,
        clock=clock,
    )
