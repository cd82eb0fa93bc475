"""Webhooks in the store: each once, open until done, remembered as long as a repeat may come."""

from datetime import timedelta

from alertd.store.hooks import KEPT
from alertd.store.store import Store
from tests.store.making import NOW, minutes

A = ("SicFinished", "QT1", NOW)
B = ("SicFinished", "QT2", NOW)


def test_each_is_taken_once(store: Store) -> None:
    """A repeat, in the same batch or a later one, is none; another time, type or instrument is another."""
    assert store.hooks.take([A, B, A], NOW) == {A, B}
    later = ("SicFinished", "QT1", NOW + timedelta(microseconds=1))
    assert store.hooks.take([A, later, B], NOW) == {later}
    assert store.hooks.take([], NOW) == set()
    assert [(each.type, each.instrument) for each in store.hooks.open()] == [A[:2], B[:2], A[:2]]


def test_what_is_done_is_not_open_and_no_news(store: Store) -> None:
    """Done is done; the repeat of one that is done is a repeat."""
    store.hooks.take([A, B], NOW)
    first, second = store.hooks.open()
    store.hooks.done([first.id, 999], minutes(1))
    assert store.hooks.open() == [second]
    assert store.hooks.take([A], minutes(2)) == set()
    assert store.hooks.open() == [second]


def test_old_ones_are_forgotten_when_they_are_done(store: Store) -> None:
    """One that is open is kept however old it is, and so is one whose time lies ahead."""
    ahead = ("SicFinished", "QT3", NOW + 2 * KEPT)
    store.hooks.take([A, B, ahead], NOW)
    store.hooks.done([each.id for each in store.hooks.open() if each.instrument != "QT2"], NOW)
    assert store.hooks.prune(NOW + KEPT) == 0
    assert store.hooks.prune(NOW + KEPT + timedelta(seconds=1)) == 1
    assert [each.instrument for each in store.hooks.open()] == ["QT2"]
    assert store.hooks.take([A, ahead], NOW) == {A}
