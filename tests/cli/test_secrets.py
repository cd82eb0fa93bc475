"""A mistake beside, in or because of a secret names its place, never the secret."""

import pytest

from tests.support.processes import Alertd, Site

PLANTED = "PlantedTok3n8d2f61c0Zz"


def target(url: object) -> dict[str, object]:
    return {"receivers": [{"name": "team", "targets": [{"name": "t", "url": url}]}]}


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("check", target(f"nonsense://{PLANTED}")),
        ("check", target(f"json://h/?template={PLANTED}")),
        ("check", target(f"mailto://{PLANTED}:x@[::1")),
        ("check", target([PLANTED])),
        ("check", target({"env": "UNSET", PLANTED: "x"})),
        ("check", {"heartbeat": {"url": f"ftp://{PLANTED}"}}),
        ("check", {"heartbeat": {"url": f"http://h:port/{PLANTED}"}}),
        ("check", {"mycirrus": {"api_key": PLANTED, "api_kex": PLANTED}}),
        ("check", {"mycirrus": {"api_key": {"text": PLANTED}}}),
        ("check", {"mycirrus": {"api_key": f"{PLANTED}\nX-Other: 1"}}),
        ("check", {"mycirrus": {"api_key": PLANTED, "base_url": f"http://user:{PLANTED}@example.com"}}),
        ("check", {"storage": {"url": f"mysql://u:{PLANTED}@h/d"}}),
        ("poll", {"storage": {"url": f"postgresql+psycopg://u:{PLANTED}@127.0.0.1:9/d"}}),
    ],
)
def test_secrets_in_broken_configs(site: Site, alertd: Alertd, words: str, changes: dict[str, object]):
    """Whatever the mistake is, its line does not hold the value."""
    site.write(**changes)
    ran = alertd(words, "-c", site.path)
    assert ran.code in (1, 2)
    assert ran.err
    assert PLANTED not in ran.text
    assert PLANTED[3:-3] not in ran.text
