"""The catalogue of fields that expressions can name: source, type, unit.

Facts from the MyCirrus REST description 1.0.1. Spelling is the API's; `_500Hz _1KHz _8KHz` are `hz500 khz1 khz8`
because no expression could hold a name that begins like that.
"""

from dataclasses import dataclass
from enum import Enum

from alertd.model import Source


class Kind(Enum):
    """The type of a field or expression."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "yes/no"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one source."""

    name: str
    kind: Kind = Kind.NUMBER
    unit: str = ""
    meaning: str = ""


PREFIX_OF = {
    Source.STATUS: "status",
    Source.CURRENT: "current",
    Source.STATS: "stats",
    Source.EVENTS: "event",
    Source.SIC: "sic",
    Source.CALIBRATIONS: "calibration",
    Source.CALIBRATION_LOG: "note",
}
"""The name an expression uses for a source."""

SOURCE_OF = {prefix: source for source, prefix in PREFIX_OF.items()}


def _by_name(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


FIELDS: dict[Source, dict[str, Field]] = {
    Source.STATUS: _by_name(
        Field("online", Kind.FLAG, "", "connected to MyCirrus"),
        Field("measuring", Kind.FLAG, "", "a measurement runs"),
        Field("calibrationInProgress", Kind.FLAG, "", "a calibration runs"),
        Field("sicInProgress", Kind.FLAG, "", "a System Integrity Check runs"),
    ),
    Source.CURRENT: _by_name(
        Field("cpu", unit="%", meaning="processor load"),
        Field("mem", unit="%", meaning="memory in use"),
        Field("temp", unit="°C", meaning="processor temperature, not ambient"),
        Field("voltage", unit="V", meaning="supply input"),
        Field("disk", unit="%", meaning="disk in use"),
        Field("network", unit="kbit/s", meaning="network throughput"),
        Field("simQuota", unit="MB", meaning="SIM data allowance; 0 is none known"),
        Field("simUsage", unit="MB", meaning="SIM data used"),
        Field("uptime", unit="s", meaning="since the instrument started"),
    ),
    Source.STATS: _by_name(
        Field("samplePeriod", unit="s", meaning="length of the averaged period"),
        Field("cpu", unit="%", meaning="processor load"),
        Field("mem", unit="MB", meaning="memory in use"),
        Field("cache", unit="MB", meaning="memory used as cache"),
        Field("temp", unit="°C", meaning="processor temperature, not ambient"),
        Field("voltage", unit="V", meaning="supply input"),
        Field("disk", unit="MB", meaning="disk in use"),
        Field("netRx", unit="kbit", meaning="received in the period"),
        Field("netTx", unit="kbit", meaning="sent in the period"),
        Field("mTot", unit="MB", meaning="memory installed"),
        Field("dTot", unit="MB", meaning="disk installed"),
        Field("lteRsrp", unit="dBm", meaning="4G reference signal power"),
        Field("lteRsrq", unit="dB", meaning="4G reference signal quality"),
        Field("lteSinr", unit="dB", meaning="4G signal to noise"),
        Field("lteSignal", unit="dBm", meaning="4G signal strength"),
        Field("ping", unit="ms", meaning="round trip; 0 may mean not measured"),
        Field("network", unit="kbit/s", meaning="network throughput"),
        Field("memoryPercent", unit="%", meaning="memory in use"),
        Field("diskPercent", unit="%", meaning="disk in use"),
    ),
    Source.EVENTS: _by_name(
        Field("type", Kind.TEXT, "", "kind of event; “Connection” is one"),
        Field("info", Kind.TEXT, "", "detail; “Ethernet” is one"),
        Field("duration", unit="s", meaning="from the event's start to its end"),
    ),
    Source.SIC: _by_name(
        Field("status", Kind.TEXT, "", "only “Success” is a pass"),
        Field("hz500", unit="dB", meaning="level at 500 Hz"),
        Field("khz1", unit="dB", meaning="level at 1 kHz"),
        Field("khz8", unit="dB", meaning="level at 8 kHz"),
    ),
    Source.CALIBRATIONS: _by_name(
        Field("status", Kind.TEXT, "", "only “Success” is a pass"),
        Field("level", unit="dB", meaning="measured calibrator level"),
        Field("offset", unit="dB", meaning="drift from the factory calibration"),
    ),
    Source.CALIBRATION_LOG: _by_name(
        Field("user", Kind.TEXT, "", "who wrote the site note"),
        Field("message", Kind.TEXT, "", "the site note"),
    ),
}

WIRE_NAMES = {"_500hz": "hz500", "_1khz": "khz1", "_8khz": "khz8"}
"""Lower-cased key on the wire → field name, where they differ."""

INSTRUMENT_FIELDS = ("serial", "name", "model", "subscription")
"""`instrument.*` beside the labels; all text."""
