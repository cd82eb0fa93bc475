"""What a target is to hear of flapping: that it began, that it got worse, how it ended. Pure."""

from collections.abc import Iterable
from datetime import datetime

from alertd.alerts.flapping import Episode
from alertd.model import Says, State, Told
from alertd.notify.decide import Member, knows
from alertd.notify.groups import Track
from alertd.notify.placing import Pair


def news_of_flapping(pair: Pair, episode: Episode, heard: Told | None, now: datetime) -> Track | None:
    """What to tell of an episode now; `heard` is what the target knows of it. Its end is owed, as an alert's is.

    Held as a firing is, but that an end which settled clear goes at once, as endings do; it is also all that a target
    hears to which the routes do not lead any more.
    """
    told = knows(heard)
    if episode.ended_at is not None and told:
        held = any(hold.timed for hold in pair.holds) if pair.over else bool(pair.holds) or not pair.routed
        return None if held else Track.FLAPPING_OVER if pair.over else Track.FLAPPING_ON
    if pair.holds or not pair.routed or episode.ended_at is not None:
        return None
    if not told:
        waits = heard is not None and heard.gave_up_at is not None
        return None if waits and now < heard.gave_up_at + pair.policy.repeat_interval else Track.FLAPPING  # type: ignore[union-attr,operator]
    worse = heard is not None and heard.severity is not None and episode.severity > heard.severity
    return Track.FLAPPING_WORSE if worse and not pair.over else None


def says_of_flapping(track: Track, member: Member) -> list[Says]:
    """What a message about flapping says: of the episode, and of the alerts whose ends it stands for."""
    episode, alert = member.episode, member.alert
    assert episode is not None  # noqa: S101 - for the type checker
    of_episode = Says(
        alert_id=episode.id,
        severity=episode.severity,
        ended=track in (Track.FLAPPING_OVER, Track.FLAPPING_ON),
    )
    covered = [Says(alert_id=each.id, severity=each.severity, ended=True) for each in member.known_beside]
    if track is Track.FLAPPING_ON:
        return [of_episode, *covered, Says(alert_id=alert.id, severity=alert.severity, ended=False)]
    if track is not Track.FLAPPING_WORSE and (knows(member.told) or alert.state is State.RESOLVED):
        covered.append(Says(alert_id=alert.id, severity=alert.severity, ended=True))
    return [of_episode, *covered]


def says_of_episodes(members: Iterable[Member]) -> list[Says]:
    """What a message of another kind says of the flapping that its alerts are a part of: that it goes on."""
    episodes = [member.episode for member in members if member.episode is not None]
    going_on = [each for each in episodes if each.ended_at is None]
    return [Says(alert_id=each.id, severity=each.severity, ended=False) for each in going_on]
