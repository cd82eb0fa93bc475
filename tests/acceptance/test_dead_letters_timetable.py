"""A dead letter sent again, through the whole of it on a virtual clock."""

from pathlib import Path

import pytest

from alertd.model import DeliveryState
from alertd.store.dead_letters import SaidAgain
from tests.support.world import LOW_VOLTAGE, World


@pytest.mark.parametrize("over", [False, True], ids=["fires still", "is over"])
def test_what_was_given_up_is_told_as_it_stands(tmp_path: Path, over: bool):
    """The target hears once of what it missed, as it is by then, and its end once."""
    world = World(tmp_path, LOW_VOLTAGE, route={"repeat_interval": "30d", "repeat_max": "30d"})
    world.at("0m").voltage("QT1", 11.0).target_down("mail")
    world.run_to("50h", step="5h")
    dead = next(each for each in world.store.deliveries(state=DeliveryState.DEAD) if "LowVoltage" in each.message.title)
    if over:
        world.client.current["QT1"]["voltage"] = 12.4
        world.tick(2)
    world.channels.down.clear()
    assert world.store.say_again(dead.id, world.now) is SaidAgain.OWED
    world.tick(2)
    world.client.current["QT1"]["voltage"] = 12.4
    world.tick(2)
    titles = [message.title for _, message, _ in world.channels.taken if "LowVoltage" in message.title]
    assert [title.split("]")[0] for title in titles] == (["[RESOLVED"] if over else ["[CRITICAL", "[RESOLVED"])
    assert world.store.say_again(dead.id, world.now) is SaidAgain.NO_DEAD_LETTER
    assert not [each for each in world.store.open_alerts() if not each.own]
    world.close()
