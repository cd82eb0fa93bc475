"""When not to ask."""

from datetime import timedelta

import pytest

from alertd.errors import ApiError, TooManyRequests, Unreachable
from alertd.mycirrus.breaker import FAILURES_TO_OPEN, LONGEST_ASKED_WAIT, Breaker, NotTried

PROBE_EVERY = timedelta(minutes=1)


class World:
    """A breaker on a clock that a test moves."""

    def __init__(self, noise: float = 1.0) -> None:
        self.seconds = 0.0
        self.breaker = Breaker(PROBE_EVERY, monotonic=lambda: self.seconds, noise=lambda: noise)

    def tell(self, story: str) -> list[str]:
        """Each word is `endpoint+` (answered), `endpoint-` (failed) or a number of seconds to pass; what was let go."""
        went = []
        for word in story.split():
            if word.isdigit():
                self.seconds += int(word)
                continue
            endpoint, outcome = word[:-1], word[-1]
            try:
                self.breaker.admit(endpoint)
            except ApiError as error:
                went.append(type(error).__name__)
                continue
            went.append("went")
            if outcome == "+":
                self.breaker.answered(endpoint)
            else:
                self.breaker.failed(endpoint, Unreachable("HTTP 500"))
        return went


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("a- a- a+ a- a-", "went went went went went"),
        ("a- a- a- a+", "went went went NotTried"),
        ("a- a- a- b+", "went went went went"),  # one sick endpoint does not blind the others
        ("a- b- a- b+ c+", "went went went NotTried NotTried"),  # everything is sick
        ("a- b- a- 2 a+ b+ c+", "went went went went went went"),  # a good probe opens all
        ("a- b- a- 2 a- 2 a+ 2 a+", "went went went went NotTried went"),  # a bad one waits twice as long
    ],
)
def test_stories(story: str, expected: str) -> None:
    """Three failures in a row stop an endpoint, or everything once they come from several; a probe tries again."""
    assert World().tell(story) == expected.split()


def test_a_probe_goes_at_least_once_an_interval() -> None:
    """However long the API was down, each round lets one request try, for the end must be noticed in one interval."""
    world = World()
    world.tell("a- b- a- b-")
    for _ in range(30):
        world.seconds += PROBE_EVERY.total_seconds()
        assert world.tell("a- b-") == ["went", "NotTried"]


def test_one_probe_at_a_time() -> None:
    """While a probe is under way nobody else tries."""
    world = World()
    world.tell("a- b- a- 10")
    world.breaker.admit("a")
    with pytest.raises(NotTried):
        world.breaker.admit("b")
    world.breaker.dropped("a")
    world.seconds += 60
    world.breaker.admit("b")


def test_the_reason_is_told() -> None:
    """What is not tried says why."""
    world = World()
    world.tell("a- a- a-")
    with pytest.raises(NotTried, match="a: not tried, the last 3 failed: HTTP 500"):
        world.breaker.admit("a")
    assert FAILURES_TO_OPEN == 3


@pytest.mark.parametrize(("asked", "blocked"), [(20, 20), (86400, LONGEST_ASKED_WAIT.total_seconds()), (0, 0)])
def test_an_asked_wait_holds_everything(asked: int, blocked: float) -> None:
    """Retry-After is honoured for all endpoints, five minutes at the most."""
    world = World()
    world.breaker.admit("a")
    world.breaker.told_to_wait("a", timedelta(seconds=asked))
    world.seconds += max(0.0, blocked - 0.5)
    if blocked:
        with pytest.raises(TooManyRequests) as caught:
            world.breaker.admit("b")
        assert caught.value.wait == timedelta(seconds=0.5)
    world.seconds += 0.5
    world.breaker.admit("b")


def test_a_429_without_a_wait_backs_off() -> None:
    """Without Retry-After the waits double up to the probe interval."""
    world = World()
    waits = []
    for _ in range(8):
        world.breaker.admit("a")
        world.breaker.told_to_wait("a", None)
        began = world.seconds
        while world.tell("a+") != ["went"]:
            world.seconds += 1
        waits.append(world.seconds - began)
        world.breaker.told_to_wait("a", timedelta(0))
    assert waits[0] <= 3
    assert max(waits) <= PROBE_EVERY.total_seconds()


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
def test_jitter_stays_within_bounds(noise: float) -> None:
    """The wait is between half and all of the back-off."""
    world = World(noise)
    world.tell("a- b- a-")
    waited = 0.0
    while world.tell("a-") != ["went"]:
        world.seconds += 0.1
        waited += 0.1
    assert 0.9 <= waited <= 2.2
