"""config.yaml with mistakes: each is named at its place."""

from pathlib import Path

import pytest

from alertd.config.load import load_config
from alertd.config.settings import Settings
from alertd.errors import ConfigError
from tests.support.configs import ALL_OFF, SMALLEST, WHOLE

LABELS = "site: Quarry A, power: battery, timezone: Europe/London"
MATCHER = "'severity=\"critical\"'"
API = "https://api.mycirrus.cloud/v1"

# what stands in WHOLE, what it becomes, and the place and words of the one mistake
BROKEN = [
    ("\npoll:", "\npol:", "14:1", 'unknown key "pol": did you mean "poll"?'),
    ("batch_size: 50", "batch_sise: 50", "6:3", 'unknown key "batch_sise": did you mean "batch_size"?'),
    ("batch_size: 50", "batch_size: many", "6:15", "batch_size: a whole number is wanted"),
    ("batch_size: 50", "batch_size: 0", "6:15", "batch_size: at least 1 is wanted"),
    (
        "timeout: 10s",
        "timeout: 10",
        "4:12",
        "timeout: a duration is wanted, such as 90s, 15m, 1h30m or 30d; 10 has no unit",
    ),
    ("timeout: 10s", "timeout: 0s", "4:12", "timeout: more than 0s is wanted"),
    ("array_style: repeat", "array_style: twice", "7:16", "array_style: 'repeat' or 'comma' is wanted"),
    ("  api_key: {env: MYCIRRUS_API_KEY}\n", "", "1:1", 'mycirrus: "api_key" is missing'),
    ("{env: MYCIRRUS_API_KEY}", "{evn: K}", "3:12", "api_key: text, {env: NAME}, {file: PATH} or"),
    (API, "http://api.mycirrus.cloud/v1", "2:13", "in the clear"),
    (API, "api.mycirrus.cloud", "2:13", "https://host/path is wanted"),
    (API, "https://u:hunter2@h/v1", "2:13", "without user"),
    (API, "https://h:x/v1", "2:13", "https://host/path is wanted"),
    ("discover: true", "discover: off", "9:13", "discover: true or false is wanted, not text"),
    ("discover: true", "discover: false", "10:13", "must be a serial, not a pattern"),
    ('include: ["QT*"]', "include: QT1", "10:12", "include: a list is wanted, not text"),
    (LABELS, "timezone: Europe/Londn", "13:26", 'no time zone "Europe/Londn": did you mean "Europe/London"?'),
    (LABELS, "timezone: ../etc/passwd", "13:26", "there is no time zone"),
    (LABELS, "a-b: c", "13:16", "a-b: a label has letters, digits and _ only"),
    (LABELS, "severity: c", "13:16", "alertd sets this label itself"),
    (LABELS, "site: [c]", "13:22", "site: text is wanted"),
    ("{" + LABELS + "}", "battery", "13:15", "QT123456: a mapping (key: value) is wanted"),
    ("status: 1m", "status: 999ms", "15:11", "status: 999ms is too short: at least 1s is wanted"),
    ("status: 1m", "status: false", "15:11", "status: false is no interval: write off"),
    ("status: 1m", "status:", "15:10", "status: a duration is wanted"),
    ("status: 1m", "calibration: 1m", "15:3", 'unknown key "calibration": did you mean "calibrations"?'),
    ("[rules/*.yaml]", "rules/*.yaml", "19:8", "rules: a list is wanted, not text"),
    ("- name: field-team", "- name: ' field-team'", "22:11", "name: a name has no blanks at its ends"),
    ("- name: field-team", "- nam: field-team", "22:5", 'unknown key "nam": did you mean "name"?'),
    ("field-slack", "field-mail", "25:16", 'two targets are called "field-mail"; the first is in line 24'),
    (", url: {file: slack}", "", "25:9", '"url" is missing'),
    ("route:\n  receiver: field-team", "route:\n  receiver: field-tem", "27:13", 'did you mean "field-team"?'),
    ("      receiver: field-team", "      receiver: on-call", "34:17", 'there is no receiver "on-call"'),
    ("[alertname, site]", "[alert-name]", "28:14", "group_by, item 1: a label has letters"),
    (MATCHER, "severity is critical", "33:18", "is no matcher"),
    (MATCHER, "severity=~(", "33:18", "is no regular expression"),
    (MATCHER, "severity=~(?=a)b", "33:18", "as RE2 and Alertmanager know them"),
    (MATCHER, "{severity: critical}", "33:18", "a matcher is wanted"),
    ("continue: true", "continue: 1", "35:17", "continue: true or false is wanted, not a number"),
    ("inhibit_rules: []", "inhibit_rules: [1]", "38:17", "inhibit_rules, item 1: a mapping (key: value) is wanted"),
    ("sqlite:///alertd.db", "mysql://root:hunter2@h/n", "41:8", "url: sqlite:///FILE or postgresql+psycopg://"),
    ("sqlite:///alertd.db", "sqlite://", "41:8", "url: sqlite:///FILE or postgresql+psycopg://"),
    ("sqlite:///alertd.db", '"sqlite:///:memory:"', "41:8", "a store in memory forgets whom it told"),
    ("retention: 90d", "retention: 0s", "42:14", "retention: 0s is too short"),
    ("127.0.0.1:9321", "9321", "44:11", "listen: host:port or off is wanted"),
    ("127.0.0.1:9321", "127.0.0.1:0", "44:11", "listen: host:port or off is wanted"),
    ("127.0.0.1:9321", "localhost:99999", "44:11", "listen: host:port or off is wanted"),
    ("127.0.0.1:9321", "::1:9321", "44:11", "an IPv6 address goes in brackets"),
    ("https://alertd.example.com/", "alertd", "45:17", "external_url: an address such as"),
    ("url: https://hc.example.com/ping/x, ", "", "46:1", 'heartbeat: "url" is missing'),
    ("level: info", "level: warn", "47:18", "'warning' or 'error' is wanted"),
]


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN, ids=[f"{row[1].strip()[:40]}" for row in BROKEN])
def test_each_mistake_is_named_at_its_place(mistakes, old, new, place, words):
    """One change, one message, on the line that was changed; no secret in it."""
    assert WHOLE.count(old) == 1
    [(line, column, message)] = mistakes(WHOLE.replace(old, new))
    assert words in message
    assert f"{line}:{column}" == place
    assert "hunter2" not in message


def test_mistakes_of_form_and_of_meaning_come_together(mistakes):
    """A wrong type does not hide that a receiver is unknown, or that a name is used twice."""
    text = (
        "mycirrus: {api_key: k, batch_size: many}\n"
        "receivers:\n"
        "  - {name: a, targets: []}\n"
        "  - {name: a, targets: [{name: t, url: x}, {name: t, url: [x]}]}\n"
        "route: {receiver: b, group_wait: soon}\n"
        "instruments: {discover: false}\n"
    )
    assert [line for line, _, _ in mistakes(text)] == [1, 4, 4, 4, 5, 5, 6]


@pytest.mark.parametrize(
    "text", ["[]", "text", "12", "receivers: 7", "route: {routes: x}", "receivers: [1, [2]]\nroute: []"]
)
def test_any_shape_is_mistakes_and_no_traceback(mistakes, text):
    """The checks across the parts pass over what has the wrong form."""
    assert mistakes(text)


def test_a_config_that_is_not_there_is_one_line(tmp_path):
    """With the path that was tried."""
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "nowhere.yaml")
    assert str(caught.value) == f"{tmp_path}/nowhere.yaml:1:1: cannot be read: No such file or directory"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/v1", "http://localhost/v1", "http://[::1]:80/v1", "http://127.8.8.8/v1/"]
)
def test_plain_http_is_for_this_machine_only(load, url):
    """The simulator needs no certificate; a trailing slash does not matter."""
    text = SMALLEST.replace("{api_key: k}", f"{{api_key: k, base_url: '{url}'}}")
    assert load(text).settings.mycirrus.base_url == url.rstrip("/")


def test_a_list_of_serials_instead_of_discovery(load):
    """Without discovery, include names each monitor."""
    load(SMALLEST + "instruments: {discover: false, include: [QT1, QT2]}\n")


def test_what_commands_that_send_nothing_can_do_without(load, tmp_path):
    """Secrets, rule files and templates that are missing: named by `check`, each at its place."""
    config = load(WHOLE)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "power.test.yaml").touch()
    found = [(m.line, m.column, m.text.removesuffix(str(tmp_path))) for m in config.mistakes({})]
    assert [(line, column, text.split(":")[0]) for line, column, text in found] == [
        (3, 12, "api_key"),
        (24, 33, "url"),
        (25, 34, "url"),
        (19, 9, 'no rule file matches "rules/*.yaml"'),
        (20, 12, "templates"),
    ]


def test_nothing_is_missing_once_everything_is_there(load, tmp_path):
    """The same config is without a mistake where its files and variables are."""
    for folder in ("rules", "templates", "credentials"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "power.yaml").touch()
    (tmp_path / "credentials" / "field_mail_url").write_text("mailto://x")
    (tmp_path / "slack").write_text("slack://x")
    env = {"MYCIRRUS_API_KEY": "k", "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert load(WHOLE).mistakes(env) == []


def test_what_does_nothing_is_a_warning(load, tmp_path):
    """A receiver that no route leads to, and a config that reads no source."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").touch()
    text = SMALLEST.replace("}]}]", "}]}, {name: spare, targets: []}]")
    text += ALL_OFF
    found = load(text).mistakes({})
    assert all(mistake.warning for mistake in found)
    assert {mistake.line for mistake in found} == {2, 4}


def test_no_secret_in_the_repr(load):
    """Settings may end up in a log."""
    text = SMALLEST.replace("api_key: k", "api_key: hunter2").replace("json://127.0.0.1", "json://hunter2")
    assert "hunter2" not in repr(load(text).settings)


def test_a_schema_can_be_made_of_the_settings():
    """Editors check a config against it as it is written."""
    schema = Settings.model_json_schema()
    assert set(schema["required"]) == {"mycirrus", "receivers", "route"}
    assert schema["additionalProperties"] is False


def test_the_example_is_without_mistakes():
    """What a newcomer copies works, but for its secrets and its rules."""
    example = Path(__file__).parents[2] / "config.example.yaml"
    assert load_config(example).settings.receivers
