"""`POST /hooks/mycirrus` of a real `alertd run`: who is answered what, and what is read because of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.clock import wall
from alertd.model import Source
from alertd.mycirrus.simulator.webhooks import SIGNATURES
from tests.support.processes import wait_until
from tests.web.hooked import BAD_SIC, HOOK, Hooked

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with Hooked(tmp_path, instruments={"exclude": ["QT100002"]}) as made:
        yield made


def test_answers(hooked: Hooked) -> None:
    """Each kind of message has its answer and its count; only the good one is stored and acted on, once."""
    sic = hooked.registered("SicFinished", "QT100000")
    status = hooked.registered("InstrumentStatus", "QT100001")
    excluded = hooked.registered("SicFinished", "QT100002")
    elsewhere = hooked.simulator.webhooks.register(
        {"type": "SicFinished", "instrument": "QT100000", "url": "https://other.example.com/hooks/mycirrus"}
    )
    daemon = hooked.run_read()
    hooked.simulator.requests.clear()
    good = hooked.message(sic)
    signed = hooked.headers(sic, good)
    old = hooked.message(sic, wall() - timedelta(days=1, minutes=1))
    of_another = hooked.message(status)
    wrong_type = hooked.message(sic, type="Nonsense")
    answers = {
        "good": hooked.post(good, signed),
        "the same again": hooked.post(good, signed),
        "the same, other spelling": hooked.post(good, {**signed, "X-Webhook-Signature": f"sha256={'0' * 64}"}),
        "old": hooked.post(old, hooked.headers(sic, old)),
        "not watched": hooked.send(excluded),
        "a secret of another registration": hooked.post(of_another, hooked.headers(sic, of_another)),
        "another body": hooked.post(good + b" ", signed),
        "no signature": hooked.post(good, {"X-Webhook-Id": sic.id}),
        "no id": hooked.post(good, {"X-Webhook-Signature": signed["X-Webhook-Signature"]}),
        "unknown id": hooked.post(good, signed | {"X-Webhook-Id": "wh-unknown"}),
        "another URL's registration": hooked.send(elsewhere),
        "signed nonsense": hooked.post(b"nonsense", hooked.headers(sic, b"nonsense")),
        "unknown type": hooked.post(wrong_type, hooked.headers(sic, wrong_type)),
        "too large": hooked.post(b" " * 70_000, hooked.headers(sic, b" " * 70_000)),
        "a page": hooked.get(HOOK)[0],
    }
    assert answers == {
        "good": 200,
        "the same again": 200,
        "the same, other spelling": 401,
        "old": 200,
        "not watched": 200,
        "a secret of another registration": 401,
        "another body": 401,
        "no signature": 401,
        "no id": 400,
        "unknown id": 404,
        "another URL's registration": 404,
        "signed nonsense": 400,
        "unknown type": 400,
        "too large": 400,
        "a page": 405,
    }
    wait_until(lambda: not hooked.rows("done_at IS NULL"), story=lambda: daemon.text)
    assert [row[:2] for row in hooked.rows()] == [("SicFinished", "QT100000")]
    assert hooked.asked("sic") == hooked.asked("status") == [("QT100000",)], list(hooked.simulator.requests)
    assert hooked.counted() == {
        ("SicFinished", "taken"): 1,
        ("SicFinished", "repeated"): 1,
        ("SicFinished", "old"): 1,
        ("SicFinished", "unwatched"): 1,
        ("SicFinished", "forged"): 4,
        ("SicFinished", "malformed"): 2,
        ("other", "malformed"): 2,
        ("other", "unknown"): 2,
    }
    secrets = [each.secret for each in hooked.simulator.webhooks.all()]
    said = daemon.text + hooked.get("/metrics")[1]
    stored = b"".join(path.read_bytes() for path in hooked.folder.glob("alertd.db*"))
    assert not [each for each in secrets if each in said or each.encode() in stored]


def test_what_mycirrus_sends_is_taken_in_each_spelling(hooked: Hooked) -> None:
    """The simulator's own deliveries, SIC and going offline, with its signature written in each way."""
    hooked.registered("SicFinished", "QT100000")
    hooked.registered("InstrumentStatus", "QT100001")
    hooked.simulator.oddities.change(digits=7)  # or two in the same second would be one and the same
    daemon = hooked.run_read()
    for number, spelling in enumerate(SIGNATURES):
        hooked.simulator.oddities.change(signature=spelling)
        hooked.simulator.add_record(Source.SIC, "QT100000", BAD_SIC)
        hooked.simulator.pin("QT100001", online=bool(number % 2))
        wanted = 2 * (number + 1)
        wait_until(
            lambda: len(hooked.rows("done_at IS NOT NULL")) == wanted,  # noqa: B023
            story=lambda: f"{hooked.simulator.webhooks.attempts}\n{hooked.rows()}\n{daemon.text}",
        )
    assert {attempt.status for attempt in hooked.simulator.webhooks.attempts} == {200}
    assert len(hooked.simulator.webhooks.attempts) == 2 * len(SIGNATURES)
    (told,) = hooked.wait_told(1)
    assert told.startswith("[CRITICAL] SicFailed")


def test_a_new_registration_is_looked_up(hooked: Hooked) -> None:
    """One that was made since the last look is known within its first delivery; unknown ids bring one look a minute."""
    daemon = hooked.run_read()
    hooked.simulator.requests.clear()
    # The look at the start was just now: the next one may come in a minute, so this is a stranger until then.
    late = hooked.registered("SicFinished", "QT100000")
    assert [hooked.send(late) for _ in range(5)] == [404] * 5
    assert hooked.asked("webhooks") == []
    daemon.kill()
    hooked.simulator.faults.add("slow", source="webhooks", seconds=1.5)
    hooked.run()
    wait_until(lambda: hooked.get("/healthz")[0] == 200)
    assert hooked.send(late) == 200  # waits for the look that is under way


def test_what_is_not_answered_is_read_again(hooked: Hooked) -> None:
    """What MyCirrus will not say is not asked again; while it gives no answer the hint waits, and not for the poll."""
    sic = hooked.registered("SicFinished", "QT100000")
    daemon = hooked.run_read()
    refusal = hooked.simulator.faults.add("status", status=403, serial="QT100000")
    assert hooked.send(sic) == 200
    wait_until(lambda: not hooked.rows("done_at IS NULL"), story=lambda: daemon.text)
    hooked.simulator.faults.remove(refusal)
    hooked.simulator.requests.clear()
    fault = hooked.simulator.faults.add("status", status=503, source="sic")
    hooked.simulator.add_record(Source.SIC, "QT100001", BAD_SIC)  # nobody hints at this one
    assert hooked.send(sic) == 200
    wait_until(lambda: len([r for r in hooked.simulator.requests if r.source == "sic" and r.status == 503]) >= 2)
    assert len(hooked.rows("done_at IS NULL")) == 1
    hooked.simulator.faults.remove(fault)
    wait_until(lambda: not hooked.rows("done_at IS NULL"), story=lambda: daemon.text)
    assert hooked.told() == []


def test_a_reload_keeps_taking(hooked: Hooked) -> None:
    """Secrets are known over a reload, and what came before it is a repeat after it."""
    sic = hooked.registered("SicFinished", "QT100000")
    daemon = hooked.run_read()
    body = hooked.message(sic)
    assert hooked.send(sic, body) == 200
    hooked.write(logging={"level": "debug"})
    daemon.wait_for("reload.done")
    hooked.simulator.faults.add("hang", source="webhooks")
    assert [hooked.send(sic, body), hooked.send(sic)] == [200, 200]
    assert {outcome: count for (_, outcome), count in hooked.counted().items()} == {"taken": 2, "repeated": 1}
