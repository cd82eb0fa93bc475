"""What stories of notifications are made of: rules, receivers, quiet hours, a site."""

from tests.support.world import World

HOT = {"alert": "Hot", "when": "current.temp > 80", "severity": "warning"}
OFFLINE = {"alert": "MonitorOffline", "when": "not status.online", "severity": "critical"}
LEVELS = {
    "alert": "Supply",
    "levels": {
        "warning": {"when": "current.voltage < 11.8", "until": "current.voltage >= 12"},
        "critical": {"when": "current.voltage < 11.3", "until": "current.voltage >= 11.6"},
    },
}
FIVE = tuple(f"QT{number}" for number in range(1, 6))
NIGHT = {"times": [{"start_time": "15:30", "end_time": "16:30"}], "location": "Europe/London"}


def targets(*names: str) -> list[dict[str, object]]:
    """Receivers of one target each: `for-mail` has `mail`."""
    return [{"name": f"for-{name}", "targets": [{"name": name, "url": f"json://127.0.0.1:9/{name}"}]} for name in names]


def at_site(site: str, *serials: str) -> dict[str, object]:
    """The config's labels."""
    return {"labels": {serial: {"site": site, "timezone": "Europe/London"} for serial in serials}}


def quiet(mode: str, **more: object) -> dict[str, object]:
    """A receiver with quiet hours from half an hour to one and a half after the start."""
    receiver = {**targets("mail")[0], "quiet_hours": {**NIGHT, "mode": mode}, **more}
    return {"receivers": [receiver], "route": {"receiver": "for-mail"}}


def flap(w: World, *minutes: int) -> World:
    """The supply is bad and good by turns."""
    for turn, minute in enumerate(minutes):
        w.at(f"{minute}m").voltage("QT1", 11.0 if turn % 2 == 0 else 12.4)
    return w


ON_CALL = {
    "receivers": targets("mail", "sms", "boss"),
    "route": {
        "receiver": "for-mail",
        "escalate": [{"after": "30m", "receiver": "for-sms"}, {"after": "2h", "receiver": "for-boss"}],
    },
}
