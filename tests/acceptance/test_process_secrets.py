"""Secrets never appear: not in any output at any log level, not in the database, not in a message, on failures too."""

import signal

import pytest

from tests.support.processes import Site, wait_until
from tests.support.sinks import HANG, RESET, Answer, SmtpSink

KEY = "mycirrus-654321-Kq7Zv93PlantedKey8Ww"
TOKENS = {
    "hook": "HookTokenPlanted8d2f61c0",
    "mail": "MailPassw0rdPlanted77",
    "slack": "SlackTokenPlantedA9b8C7d6E5f4",
    "dead": "DeadTokenPlanted5e1f00",
    "beat": "BeatTokenPlanted0a1b2c3d",
}


def planted(site: Site, mail: SmtpSink) -> dict[str, str]:
    """Every secret, by the name of the variable or file that it is in."""
    port = site.sink.port
    return {
        "API_KEY": KEY,
        "HOOK_URL": f"json://user:{TOKENS['hook']}@127.0.0.1:{port}/{TOKENS['hook']}/?+X-Token={TOKENS['hook']}",
        "MAIL_URL": mail.target(),
        "LOGIN_URL": mail.target(user="alertd", **{"pass": TOKENS["mail"]}),
        "SLACK_URL": f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKENS['slack'][:24]}/#field",
        "DEAD_URL": f"jsons://127.0.0.1:9/{TOKENS['dead']}?password={TOKENS['dead']}",
        "BEAT_URL": f"http://127.0.0.1:{port}/ping/{TOKENS['beat']}?key={TOKENS['beat']}",
    }


def configure(site: Site, secrets: dict[str, str]) -> None:
    """Refer to them as people do: by variable, by file, as a credential, and one plainly."""
    (site.folder / "key").write_text(secrets["API_KEY"] + "\n")
    (site.folder / "credentials").mkdir()
    (site.folder / "credentials" / "mail").write_text(secrets["LOGIN_URL"])
    site.environment = {
        "HOOK_URL": secrets["HOOK_URL"],
        "BEAT_URL": secrets["BEAT_URL"],
        "CREDENTIALS_DIRECTORY": str(site.folder / "credentials"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    targets = [
        {"name": "hook", "url": {"env": "HOOK_URL"}, "timeout": "3s"},
        {"name": "mail", "url": secrets["MAIL_URL"]},
        {"name": "login", "url": {"credential": "mail"}, "timeout": "5s"},
        {"name": "slack", "url": secrets["SLACK_URL"], "timeout": "2s"},
        {"name": "dead", "url": secrets["DEAD_URL"], "timeout": "2s"},
    ]
    site.write(
        mycirrus=site.config["mycirrus"] | {"api_key": {"file": "key"}},
        receivers=[{"name": "team", "targets": targets}],
        heartbeat={"url": {"env": "BEAT_URL"}, "every": "1s"},
        logging={"level": "debug", "format": "json"},
    )


def hold(text: str, where: str) -> None:
    """No secret, nor any telling part of one, is in this text."""
    for secret in (KEY, *TOKENS.values()):
        for part in (secret, secret[4:-4]):
            assert part not in text, f"{where}: {text[max(0, text.find(part) - 300) : text.find(part) + 100]}"


@pytest.mark.timeout(120)
def test_secrets_never_appear(site: Site):
    """Through good days and bad ones, a reload and a refused key, debug logs, every command and the whole database."""
    mail = site.stack.enter_context(SmtpSink())
    site.simulator.key = KEY
    configure(site, planted(site, mail))
    site.simulator.pin("QT100000", voltage=11.0)
    daemon = site.run()
    mail.wait_for(1, 25)
    wait_until(lambda: any(each.path.startswith(f"/ping/{TOKENS['beat']}") for each in site.sink.received))
    for target in ("slack", "dead", "login"):
        daemon.wait_for("message.failed", target)
    for answer in (Answer(status=401, body=KEY.encode()), RESET, HANG, Answer(status=302)):
        site.sink.answers.append(answer)
    site.simulator.pin("QT100001", voltage=11.0)
    site.simulator.key = "another"
    daemon.wait_for("ApiKeyRefused")
    site.path.write_text(site.path.read_text() + "surprise: true\n")
    daemon.tell(signal.SIGHUP)
    daemon.wait_for("reload.refused")
    daemon.wait_for("heartbeat.failed")
    site.simulator.faults.add("status", status=500)
    done = daemon.stop(8)
    hold(done.text, "run")
    assert done.code == 0
    site.sink.answers.clear()
    site.path.write_text(site.path.read_text().replace("surprise: true\n", "").replace("format: json", ""))
    for words in (["poll"], ["check", "--online"], ["alerts", "--all", "--json"], ["deliveries"]):
        hold(site.command(*words, ALERTD_DEBUG="1").text, " ".join(words))
    for each in site.folder.glob("alertd.db*"):
        hold(each.read_bytes().decode("latin-1"), each.name)
    hold("".join(str(each.message) for each in mail.mails), "mails")
    hold("".join(each.body.decode() for each in site.sink.received), "bodies")
