"""Counts how often alerts begin and end, and keeps the episodes of flapping: the poller's memory of them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.alerts.flapping import Episode, Flapping, FlapTerms, count_changes, observe
from alertd.alerts.life import Step

Subject = tuple[str, str]
"""(rule, serial)."""


class Flaps:
    """What has been counted so far. Not thread-safe: the poller's lock guards it."""

    def __init__(
        self,
        terms_of: Callable[[str], FlapTerms | None],
        changes: Iterable[tuple[str, str, datetime]],
        episodes: Iterable[Episode],
    ) -> None:
        self._terms_of = terms_of
        self._counted: dict[Subject, Flapping] = {}
        for rule, serial, at in changes:
            before = self._counted.get((rule, serial), Flapping())
            self._counted[rule, serial] = Flapping((*before.changes, at))
        for episode in episodes:
            if episode.ended_at is None:
                self._counted[episode.rule, episode.subject] = Flapping(episode=episode)

    def episode(self, subject: Subject) -> Episode | None:
        """The episode that goes on."""
        counted = self._counted.get(subject)
        return None if counted is None else counted.episode

    @property
    def flapping(self) -> list[Episode]:
        """Every episode that goes on."""
        return [each.episode for each in self._counted.values() if each.episode is not None]

    def take(self, subject: Subject, step: Step, at: datetime, gap: timedelta, *, known: bool) -> Episode | None:
        """Take in one step of an alert's life; the episode as it stands now where it changed.

        `known` says whether the verdict was: only then does an episode's quiet time run.
        """
        terms = self._terms_of(subject[0])
        if terms is None:
            return None
        before = self._counted.get(subject, Flapping())
        after = before
        if step.alert is not None and step.transitions:
            after = count_changes(before, step.alert, step.transitions, terms)
        if after.episode is not None and after.episode == before.episode:
            after = Flapping(episode=observe(after.episode, at, terms, gap, known=known))
        return self._keep(subject, before, after)

    def pause(self) -> list[Episode]:
        """Let no episode count the time until its next verdict; all of them as they stand now."""
        for subject, counted in self._counted.items():
            if counted.episode is not None:
                self._counted[subject] = Flapping(episode=replace(counted.episode, observed_at=None))
        return self.flapping

    def end(self, episode: Episode, at: datetime) -> Episode:
        """End an episode because its rule or instrument is gone."""
        self._counted.pop((episode.rule, episode.subject), None)
        return replace(episode, ended_at=at)

    def _keep(self, subject: Subject, before: Flapping, after: Flapping) -> Episode | None:
        if after == before:
            return None
        episode = after.episode
        if episode is not None and episode.ended_at is not None:
            del self._counted[subject]
        else:
            self._counted[subject] = after
        return episode
