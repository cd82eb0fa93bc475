"""config.yaml that is right: its defaults, and what each form means."""

from datetime import timedelta

import pytest

from alertd.config.forms import Address
from alertd.errors import ConfigError
from alertd.matchers import parse_matcher
from alertd.model import Source
from tests.support.configs import ALL_OFF, SMALLEST, WHOLE


def test_three_lines_are_a_whole_config(load, tmp_path):
    """Whatever can have a sensible default has one."""
    config = load(SMALLEST)
    settings = config.settings
    assert settings.mycirrus.base_url == "https://api.mycirrus.cloud/v1"
    assert settings.instruments.include == ["*"]
    assert settings.route.group_by == ["alertname", "site"]
    assert settings.route.repeat_max == timedelta(hours=24)
    assert settings.receivers[0].targets[0].timeout == timedelta(seconds=30)
    assert settings.heartbeat is None
    assert config.base == tmp_path
    assert config.storage_url({}) == f"sqlite:///{tmp_path}/alertd.db"


def test_the_whole_form_is_read(load):
    """Every documented key, with its value."""
    settings = load(WHOLE).settings
    assert settings.poll.current == timedelta(seconds=30)
    assert settings.receivers[0].targets[1].timeout == timedelta(seconds=5)
    assert settings.route.routes[0].continue_
    assert settings.route.routes[0].routes[0].matchers == [parse_matcher('power=~"battery|solar"')]
    assert settings.route.routes[0].group_by is None
    assert settings.http.listen == Address("127.0.0.1", 9321)
    assert settings.http.external_url == "https://alertd.example.com"
    assert settings.heartbeat.every == timedelta(minutes=1)


def test_what_is_off_is_not_polled(load):
    """`off` is text in YAML 1.2, and means never."""
    poll = load(SMALLEST + "poll: {status: off, stats: off, events: off, sic: 90s}\n").settings.poll
    assert poll.every == {
        Source.CURRENT: timedelta(minutes=1),
        Source.SIC: timedelta(seconds=90),
        Source.CALIBRATIONS: timedelta(minutes=15),
    }


@pytest.mark.parametrize(
    ("more", "span"),
    [
        ("", timedelta(minutes=3)),
        ("poll: {current: 10s}\n", timedelta(seconds=30)),
        ("poll: {status: off, current: off}\n", timedelta(minutes=15)),
        (ALL_OFF, timedelta(minutes=3)),
    ],
)
def test_unreachable_after_three_rounds_of_the_quickest_source(load, more, span):
    """Unless the config says how long."""
    assert load(SMALLEST + more).settings.unreachable_after == span
    said = SMALLEST.replace("{api_key: k}", "{api_key: k, unreachable_after: 7m}")
    assert load(said + more).settings.unreachable_after == timedelta(minutes=7)


def test_labels_are_text_as_written(load):
    """Site 007 is no number seven, and a yes is no true."""
    more = "instruments: {labels: {800002: {site: 007, height: 1.10, mains: yes, mobile: True, note: ''}}}\n"
    labels = load(SMALLEST + more).settings.instruments.labels
    assert labels == {"800002": {"site": "007", "height": "1.10", "mains": "yes", "mobile": "true", "note": ""}}


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("off", None),
        ("127.0.0.1:1", Address("127.0.0.1", 1)),
        ("localhost:80", Address("localhost", 80)),
        ("'[::1]:9321'", Address("::1", 9321)),
        ("':9321'", Address("0.0.0.0", 9321)),
    ],
)
def test_where_to_listen(load, listen, address):
    """A host and a port, or off."""
    proxy = "proxy: {from: [10.0.0.2], header: X-Remote-User}"
    assert load(SMALLEST + f"http: {{listen: {listen}, {proxy}}}\n").settings.http.listen == address


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("sqlite:///alertd.db", "sqlite:///{base}/alertd.db"),
        ("sqlite:///state/a.db?timeout=5", "sqlite:///{base}/state/a.db?timeout=5"),
        ("sqlite:////var/lib/alertd/a.db", "sqlite:////var/lib/alertd/a.db"),
        ("postgresql+psycopg://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("postgresql://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
    ],
)
def test_where_state_lives(load, tmp_path, url, absolute):
    """A relative file counts from the config's folder, wherever the command is started."""
    assert load(SMALLEST + f"storage: {{url: '{url}'}}\n").storage_url({}) == absolute.format(base=tmp_path)


def test_a_storage_url_may_be_a_secret(load, tmp_path):
    """It can hold a password; what is wrong with it is said without showing it."""
    config = load(SMALLEST + "storage:\n  url: {env: DB}\n")
    assert config.storage_url({"DB": "sqlite:///x.db"}) == f"sqlite:///{tmp_path}/x.db"
    with pytest.raises(ConfigError, match=r"config.yaml:5:8: url: the environment variable DB is not set"):
        config.storage_url({})
    with pytest.raises(ConfigError, match="is wanted") as caught:
        config.storage_url({"DB": "mysql://root:hunter2@h/n"})
    assert "hunter2" not in str(caught.value)


USERS = "users: [{name: a, password: {env: HASH}}]"
TOKENS = f"tokens: [{{name: t, hash: '{'0' * 64}', until: 2030-01-31}}]"


@pytest.mark.parametrize(
    ("http", "is_good"),
    [
        ("listen: 0.0.0.0:9321", False),
        (f"listen: 0.0.0.0:9321, {TOKENS}", False),
        ("listen: alertd.example.com:80, proxy: {from: [10.0.0.2]}", False),
        (f"listen: 0.0.0.0:9321, {USERS}", True),
        ("listen: '[fd00::1]:9321', proxy: {from: [10.0.0.0/8], header: X-User}", True),
        (f"listen: 127.9.9.9:9321, {TOKENS}", True),
    ],
)
def test_nobody_listens_to_the_world_without_a_door(load, http, is_good):
    """Another address than this machine's own takes users, or a proxy that says who asks."""
    if is_good:
        load(SMALLEST + f"http: {{{http}}}\n")
        return
    with pytest.raises(ConfigError, match=r"config.yaml:4:\d+: listen: anybody who reaches this address"):
        load(SMALLEST + f"http: {{{http}}}\n")


def test_two_people_have_two_names(load):
    """A name on record is one person's; users and tokens apart."""
    with pytest.raises(ConfigError, match='two users are called "a"; the first is in line 4'):
        load(SMALLEST + "http: {users: [{name: a, password: {env: H}}, {name: a, password: {env: H}}]}\n")


def test_a_password_is_a_hash_wherever_it_stands(load):
    """A plain password is refused without being shown: in the config as it is read, elsewhere as it is revealed."""
    with pytest.raises(ConfigError) as caught:
        load(SMALLEST + "http: {users: [{name: a, password: hunter2hunter2}]}\n")
    assert "as alertd passwd prints it" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    config = load(SMALLEST + f"http: {{{USERS}}}\n")
    said = [mistake.text for mistake in config.mistakes({"HASH": "hunter2hunter2"})]
    assert any("password: scrypt$N$R$P$SALT$HASH is wanted" in text for text in said)
    assert "hunter2" not in "".join(said)
