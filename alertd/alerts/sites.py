"""When a site is down: enough of its monitors went offline close together. Pure."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.alerts.own import Condition

SITE_DOWN = "SiteDown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTerms:
    """How much of a site must be offline."""

    label: str = "site"
    share: float = 0.8
    at_least: int = 3
    within: timedelta = timedelta(minutes=10)


def sites_down(
    sites: Mapping[str, Collection[str]],
    offline_since: Mapping[str, datetime],
    standing: Collection[str],
    terms: SiteTerms,
) -> list[Condition]:
    """The sites that are down.

    `sites` are the serials watched at each; `standing` the sites that were down before: such a one stays down until
    fewer of its monitors are offline, however far apart they went.
    """
    found = []
    for site, serials in sorted(sites.items()):
        gone = sorted(offline_since[serial] for serial in serials if serial in offline_since)
        # Rounded: 0.55 of 20 is a little more than 11 to a computer.
        enough = max(terms.at_least, math.ceil(round(terms.share * len(serials), 6)))
        together = gone if site in standing else _closest(gone, terms.within)
        if len(together) >= enough:
            found.append(_condition(site, len(gone), len(serials), terms))
    return found


def _closest(times: list[datetime], within: timedelta) -> list[datetime]:
    """The most of these sorted times that lie within so long of each other."""
    best: list[datetime] = []
    start = 0
    for end, at in enumerate(times):
        while at - times[start] > within:
            start += 1
        if end + 1 - start > len(best):
            best = times[start : end + 1]
    return best


def _condition(site: str, gone: int, watched: int, terms: SiteTerms) -> Condition:
    return Condition(
        rule=SITE_DOWN,
        about=site,
        explanation=f"{gone} of {watched} monitors are offline",
        labels={terms.label: site},
    )
