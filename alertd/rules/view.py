"""What an expression sees of one instrument at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from alertd.model import Instrument, Values
from alertd.rules.series import Series

Past = Mapping[str, Series]
"""Field (windows.key_of) → its values so far; only of fields that a rule asks the past of."""

NO_PAST: Past = MappingProxyType({})

NOT_POLLED = "not polled"
"""The reason for a missing source that has no other one."""


@dataclass(slots=True, kw_only=True, eq=False)
class View:
    """One instrument as its rules see it; `prefix` is an expression's name of a source (fields.PREFIX_OF).

    Not frozen for speed alone: one is made for each instrument in each round. Nobody changes one afterwards.
    """

    now: datetime
    instrument: Mapping[str, str]
    """Serial, name, model, subscription (where known) and the labels: see `describe`."""
    values: Mapping[str, Values] = field(default_factory=dict)
    """Prefix → the newest record's values, only of sources whose newest record is usable."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Prefix → the newest record's time, of every source that answered; also where it is too old for its values."""
    why: Mapping[str, str] = field(default_factory=dict)
    """Prefix → why it has no values, or not all of them."""
    past: Past = field(default_factory=lambda: NO_PAST)
    """May hold values later than `now`: whoever looks at it looks no further than `now`."""


def describe(instrument: Instrument) -> dict[str, str]:
    """The mapping that `instrument.X` reads in an expression; a label never hides what the API says."""
    description = dict(instrument.labels)
    description.update(serial=instrument.serial, name=instrument.name, model=instrument.model)
    if instrument.subscription:
        description["subscription"] = instrument.subscription
    else:
        description.pop("subscription", None)
    return description
