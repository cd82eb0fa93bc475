"""The pages: whole and true over a store with a fleet, its past, alerts and messages; hostile names change nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from alertd.model import Instrument, Sample, Severity, Source, State
from tests.support.web import HOSTILE, NOW, WebSite, alert, minutes

PAGES = (
    "/",
    "/alerts/low",
    "/alerts/strange",
    "/alerts/over",
    "/alerts/own",
    "/monitors/QT100000",
    "/monitors/QT100002",
)
VOID = {"meta", "link", "input", "br", "path", "rect", "circle"}


class Reader(HTMLParser):
    """Reads a page: its text, its links, and whether every element that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.elements: list[str] = []
        self.headings: list[int] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href" and tag == "a"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        """The text, white space as one blank."""
        return " ".join("".join(self.text).split())


def read(site: WebSite, path: str, status: int = 200) -> Reader:
    """A page, which has to be whole."""
    answer = site.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole(shared: WebSite, path: str):
    """Every element is closed, the headings leave no level out, and nothing needs what the policy forbids."""
    page = read(shared, path)
    assert page.elements.count("h1") == page.elements.count("main") == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert page.elements.count("script") == 1
    assert "style" not in page.elements


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(shared: WebSite, path: str):
    """To pages that are there; those of the navigation are others' to test."""
    navigation = {"/rules", "/silences", "/deliveries", "/sources"}
    for link in {each for each in read(shared, path).links if each.startswith("/")} - navigation:
        assert shared.get(link).status_code == 200, link


def test_hostile_names_are_text(shared: WebSite):
    """A name with a script, quotes and letters that turn the writing round is shown as it is, in a bdi of its own."""
    for path in ("/", "/alerts/strange", "/monitors/QT100002"):
        answer = shared.get(path)
        assert "<script>alert" not in answer.text
        assert "<bdi>&lt;script&gt;alert(" in answer.text
        assert HOSTILE.split()[0] in Reader(answer.text).words


# -- the overview ------------------------------------------------------------------------------------------------------


def test_overview_says_what_fires(shared: WebSite):
    """How many, the worst first, each with what it measured; what is pending is counted."""
    words = read(shared, "/").words
    assert "3 alerts fire" in words
    assert "2 critical" in words
    assert "LowVoltage Quarry A north QT100000 35 min ago voltage 11.21 V < 11.3 V" in words
    assert "1 alert is pending" in words
    assert words.index("critical LowVoltage") < words.index("warning TargetFailing")


def test_a_cause_stands_over_what_it_explains(site: WebSite):
    """What an offline monitor explains is below it, not beside it."""
    offline = alert("gone", "MonitorOffline", "QT100000", State.FIRING, Severity.CRITICAL, name="Quarry A north")
    site.record(offline)
    words = read(site, "/").words
    assert "3 alerts fire" not in words
    before, _, below = words.partition("Explains 1 other alert")
    assert "MonitorOffline Quarry A north" in before
    assert below.strip().startswith("critical LowVoltage Quarry A north")


def test_a_storm_hides_nothing(site: WebSite):
    """Of many alerts of one rule a few are named and the rest is counted, so that another rule's is seen too."""
    storm = [
        alert(f"s{number}", "Hot", f"QT2{number:05}", State.FIRING, Severity.CRITICAL, name=f"Point {number}")
        for number in range(200)
    ]
    site.record(*storm)
    page = read(site, "/")
    assert "203 alerts fire" in page.words
    assert "192 more of Hot" in page.words
    assert "/alerts/low" in page.links


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A fleet of which one is offline, one failed its check, and the others are well."""
    with WebSite(tmp_path_factory.mktemp("mixed")) as site:
        gone = Sample(instrument="QT100003", source=Source.STATUS, at=NOW, values={"online": False, "measuring": None})
        failed = Sample(instrument="QT100004", source=Source.SIC, at=NOW, values={"status": "Fail", "hz500": 9.0})
        dated = Sample(instrument="QT100003", source=Source.CURRENT, at=NOW, values={"voltage": 12.5})
        late = [replace_at(sample) for sample in site.store.newest() if sample.instrument != "QT100003"]
        site.record(samples=[gone, failed, dated, *late])
        yield site


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=north", ["QT100000"]),
        ("?q=QT10000", ["QT100000", "QT100002", "QT100001", "QT100003", "QT100004"]),
        ("?q=solar", ["QT100001"]),
        ("?q=nothing+like+it", []),
        ("?show=firing", ["QT100000", "QT100002"]),
        ("?show=offline", ["QT100003"]),
        ("?rule=LowVoltage&sort=-serial", ["QT100002", "QT100000"]),
        ("?sort=serial", ["QT100000", "QT100001", "QT100002", "QT100003", "QT100004"]),
        ("?sort=voltage", ["QT100000", "QT100001", "QT100002", "QT100003", "QT100004"]),
        ("?sort=-voltage", ["QT100004", "QT100003", "QT100002", "QT100001", "QT100000"]),
        ("?sort=seen", ["QT100003", "QT100000", "QT100001", "QT100002", "QT100004"]),
        ("?sort=sic", ["QT100004", "QT100000", "QT100001", "QT100002", "QT100003"]),
        ("?sort=nonsense&show=nonsense&page=0x", ["QT100000", "QT100002", "QT100001", "QT100003", "QT100004"]),
        ("?page=999999", ["QT100000", "QT100002", "QT100001", "QT100003", "QT100004"]),
    ],
)
def test_the_fleet_is_found_and_ordered(mixed: WebSite, query: str, found: list[str]):
    """By the query of the address alone: no script is needed."""
    text = mixed.get(f"/{query}").text
    table = text[text.index('id="fleet"') :]
    assert re.findall(r'<th scope="row"><a href="/monitors/(\w+)"', table) == found


def replace_at(sample: Sample) -> Sample:
    """The same, a minute later."""
    return replace(sample, at=sample.at + timedelta(minutes=1)) if sample.source is Source.STATUS else sample


def test_the_fleet_has_pages(site: WebSite):
    """A hundred on each; the addresses of the next keep what was asked."""
    site.store.record_fleet([Instrument(serial=f"QT3{number:05}", name="Many") for number in range(250)], NOW)
    page = read(site, "/?q=many&sort=-serial")
    assert "250 monitors, page 1 of 3" in page.words
    assert "/?q=many&sort=-serial&page=2#fleet" in page.links
    last = read(site, "/?q=many&sort=-serial&page=3")
    assert [link for link in last.links if link.startswith("/monitors/")][-1] == "/monitors/QT300000"


def test_trends_are_drawn(shared: WebSite):
    """One line for each monitor that has measured; that of a battery that runs flat goes down."""
    text = shared.get("/?sort=serial").text
    lines = re.findall(r'class="sparkline"[^>]*><path d="M([\d. L]+)"', text)
    assert len(lines) == 5
    heights = [float(place.split()[1]) for place in lines[0].split("L")]
    assert heights == sorted(heights)
    assert heights[-1] - heights[0] > 10


# -- an alert ----------------------------------------------------------------------------------------------------------


def test_an_alert_says_all_of_it(shared: WebSite):
    """What it measured against which limit, since when, who was told with what outcome, its steps, its rule's place."""
    page = read(shared, "/alerts/low")
    for words in (
        "voltage 11.21 V < 11.3 V",
        "Fires since 24 Nov 11:25 GMT, 35 min ago",
        "limit 11.3 V",
        "hook [CRITICAL] LowVoltage · Quarry A north first 24 Nov 12:00 GMT delivered",
        "phone [CRITICAL] LowVoltage · Quarry A north first 24 Nov 12:00 GMT not delivered the peer answered 500",
        "pending critical 24 Nov 11:20 GMT",
        "fired critical 24 Nov 11:25 GMT",
        "rules/site.yaml:2",
    ):
        assert words in page.words
    assert "https://wiki.example.com/low-voltage" in page.links


def test_a_chart_has_its_limit_and_spans(shared: WebSite):
    """The drawing of the page is that of the mails: a limit, the part beyond it, when it was pending and firing."""
    text = shared.get("/alerts/low").text
    drawing = text[text.index('<div class="broad">') :]
    drawing = drawing[: drawing.index("</svg>")]
    for colour in ("line", "bad", "breach", "pending-band", "firing-band"):
        assert f'class="{colour}"' in drawing


def test_the_end_of_an_alert(shared: WebSite):
    """One that is over says so, and offers nothing to do."""
    page = read(shared, "/alerts/over")
    assert "Over since 24 Nov 07:00 UTC (recovered), after 4 h 50 min." in page.words
    assert "Nobody was told." in page.words
    assert "Nobody was told yet." in read(shared, "/alerts/hot").words
    assert "form" not in page.elements


@pytest.mark.parametrize("path", ["/alerts/nix", "/monitors/nix", "/alerts/%3Cscript%3E", "/monitors/a%2Fb"])
def test_what_is_not_there(shared: WebSite, path: str):
    """A page says so, and shows nothing of what was asked for."""
    page = read(shared, path, 404)
    assert "There is no such" in page.words
    assert "script>" not in shared.get(path).text.replace("</script>", "")


def test_acknowledge(site: WebSite):
    """The button's request leads back to the page, which says who has it in hand, until when, and the note."""
    answer = site.post("/alerts/low/acknowledge", data={"lasts": "4h", "note": HOSTILE})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/alerts/low"
    (ack,) = site.store.standing.acks(["low"])
    assert (ack.until, ack.note) == (NOW + timedelta(hours=4), HOSTILE)
    assert [(each.what, each.about) for each in site.store.changes()] == [("acknowledge", "LowVoltage/QT100000")]
    assert "acknowledged by" in read(site, "/alerts/low").words
    assert "acknowledged by" in read(site, "/").words


def test_an_acknowledgement_leaves_its_trace(site: WebSite):
    """By whom, when, until when and the note; the form has that note, so that none is lost by saying it again."""
    site.post("/alerts/low/acknowledge", data={"lasts": "4h", "note": "fetching a battery"})
    site.now = minutes(30)
    page = site.get("/alerts/low")
    words = Reader(page.text).words
    said = "until 24 Nov 16:00 GMT. Note: fetching a battery"
    assert re.search(rf"Acknowledged by [^,]+ 24 Nov 12:00 GMT, {said}", words)
    assert 'name="note" maxlength="2000" autocomplete="off" value="fetching a battery"' in page.text
    site.post("/alerts/low/acknowledge", data={"note": "battery is here"})
    _, _, happened = read(site, "/alerts/low").words.partition("What happened")
    assert re.search(r"acknowledged 24 Nov 12:00 GMT by [^,]+, until 24 Nov 12:30 GMT ?fetching a battery", happened)
    assert re.search(r"acknowledged 24 Nov 12:30 GMT by [^,]+, until it ends ?battery is here", happened)


def test_a_silence_leaves_its_trace(site: WebSite):
    """Who made it while the alert lasted, until when and why; not one that was there before, or is about others."""
    ask = {"lasts": "12h", "reason": "battery swap"}
    site.post("/alerts/strange/silence", data=ask | {"reason": "of another"})
    site.now = minutes(10)
    site.post("/alerts/low/silence", data=ask)
    site.now = minutes(20)
    site.post("/alerts/low/silence", data={"scope": "site", "reason": "digging"})
    text = site.get("/alerts/low").text
    assert text.count('<span class="badge">silenced</span>') == 1
    _, _, happened = Reader(text).words.partition("What happened")
    assert re.search(r"silenced 24 Nov 12:10 GMT by [^,]+, until 25 Nov 00:10 GMT ?battery swap · alertname=", happened)
    assert re.search(r"silenced 24 Nov 12:20 GMT by [^,]+, until nothing that matches fires ?digging · site=", happened)
    assert "of another" not in happened
    site.now = NOW
    site.record(alert("later", "Hot", "QT100000", State.FIRING, Severity.WARNING, active_at=minutes(30)))
    site.now = minutes(40)
    assert "digging" not in read(site, "/alerts/later").words


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("/alerts/over/acknowledge", {}, "is over"),
        ("/alerts/hot/acknowledge", {}, "is pending"),
        ("/alerts/low/acknowledge", {"lasts": "soon"}, "soon"),
        ("/alerts/low/acknowledge", {"note": "x" * 3000}, "2000"),
        ("/alerts/low/silence", {"lasts": "1h", "reason": " "}, "Reason"),
        ("/alerts/low/silence", {"lasts": "-1h", "reason": "x"}, "-1h"),
        ("/alerts/own/silence", {"lasts": "1h", "reason": "x", "scope": "site"}, "There is no site here to silence."),
        ("/alerts/low/silence", {"lasts": "1h", "reason": "x", "scope": "nonsense"}, "There is no nonsense here"),
    ],
)
def test_what_cannot_be_done_is_one_line(shared: WebSite, path: str, data: dict[str, str], says: str):
    """Beside the form, with nothing changed."""
    answer = shared.post(path, data=data)
    assert answer.status_code == 409
    notice = re.search(r'role="alert"><bdi>(.*?)</bdi>', answer.text)
    assert notice is not None
    assert says in notice[1]
    assert shared.store.standing.acks(["low", "hot", "over"]) == []
    assert shared.store.standing.silences() == []


@pytest.mark.parametrize(
    ("scope", "matchers"),
    [
        ("alert", ['alertname="LowVoltage"', 'instrument="QT100002"']),
        ("monitor", ['instrument="QT100002"']),
        ("site", [r'site="<b>\"B\"</b>"']),
    ],
)
def test_silence(site: WebSite, scope: str, matchers: list[str]):
    """Of this alert, its monitor or its site, whatever is in their names; both pages mark it."""
    answer = site.post("/alerts/strange/silence", data={"scope": scope, "lasts": "12h", "reason": "battery swap"})
    assert answer.status_code == 303
    (silence,) = site.store.standing.silences()
    assert [str(matcher) for matcher in silence.matchers] == matchers
    assert (silence.ends_at, silence.reason) == (NOW + timedelta(hours=12), "battery swap")
    assert f"silence {silence.id}" in site.house.alerts_json([site.strange])[0]["muted_by"]  # type: ignore[operator]
    assert "silenced" in read(site, "/alerts/strange").words
    assert "silenced" in read(site, "/").words


def test_another_sites_page_cannot_press_a_button(shared: WebSite):
    """A request that another site's page makes a browser send changes nothing."""
    answer = shared.post("/alerts/low/acknowledge", headers={"origin": "https://evil.example.com"})
    assert answer.status_code == 403
    assert shared.store.standing.acks(["low"]) == []


# -- a monitor ---------------------------------------------------------------------------------------------------------


def test_a_monitor_with_its_past(site: WebSite):
    """Values with limits, checks, notes and events on their axis, alerts, rules with their places."""
    site.record(samples=_month("QT100001"))
    page = read(site, "/monitors/QT100001?range=30d")
    for words in (
        "Supply voltage",
        "limit 11 V",  # the override's, not the rule's own
        "4G signal to noise",
        "SIC at 8 kHz",
        "Calibration offset",
        "note swapped the battery by field team",
        "Connection Ethernet for 5 min",
        'from rules/site.yaml:14, the override for power="solar"',
    ):
        assert words in page.words, page.words
    assert "Supply voltage12.50 V" in page.words
    assert "4G signal to noise9.00 dB" in page.words
    assert page.elements.count("svg") == 1 + 5 + 4
    text = site.get("/monitors/QT100001?range=30d").text
    assert re.search(r'<path d="[^"]*" class="note"', text)


def test_a_param_stands_as_it_was_written(tmp_path: Path):
    """On the page of a monitor and on that of its alert no figure of it is lost."""
    cold = {"alert": "LowVoltage", "when": "current.voltage < params.slope", "params": {"slope": 0.012}}
    with WebSite(tmp_path, rules=[cold]) as site:
        site.record(replace(site.firing, params={"slope": 0.012}))
        assert "slope0.012 from rules/site.yaml" in read(site, "/monitors/QT100000").words
        assert "params.slope0.012" in read(site, "/alerts/low").words


@pytest.mark.parametrize("span", ["24h", "7d", "30d", "nonsense"])
def test_every_range_is_drawn(shared: WebSite, span: str):
    """Each from its own beginning; what is no range is a day."""
    text = shared.get(f"/monitors/QT100000?range={span}").text
    marked = re.search(r'aria-current="true">([^<]*)<', text)
    assert marked is not None
    assert marked[1] == {"7d": "7 days", "30d": "30 days"}.get(span, "24 hours")
    assert "Supply voltage from 12.6 V to 11.21 V in " in text


def test_a_monitor_without_anything(site: WebSite):
    """One that was just listed has a page, too."""
    site.store.record_fleet([Instrument(serial="QT/9 ?#", name="")], NOW)
    page = read(site, "/monitors/QT%2F9%20%3F%23")
    assert "unknown whether online" in page.words
    assert "Too little on record to draw" in page.words
    assert "/monitors/QT/9%20%3F%23" in read(site, "/?sort=-serial").links


def _month(serial: str) -> list[Sample]:
    """Thirty days of everything, coarsely."""
    found: list[Sample] = []
    for hour in range(0, 30 * 24, 3):
        at = minutes(-60 * hour)
        values = {"voltage": 12.0, "temp": 30.0, "diskPercent": 12.0, "memoryPercent": 40.0, "lteSinr": 9.0}
        found.append(Sample(instrument=serial, source=Source.STATS, at=at, values=values))
    for day in range(30):
        at = minutes(-1440 * day - 60)
        sic = {"status": "Success", "hz500": 0.1, "khz1": 0.0, "khz8": float(day % 3)}
        found.append(Sample(instrument=serial, source=Source.SIC, at=at, values=sic))
        offset = {"status": "Success", "level": 93.7, "offset": 0.01 * day}
        found.append(Sample(instrument=serial, source=Source.CALIBRATIONS, at=at, values=offset))
    note = {"user": "field team", "message": "swapped the battery"}
    found.append(Sample(instrument=serial, source=Source.CALIBRATION_LOG, at=minutes(-3000), values=note))
    event = {"type": "Connection", "info": "Ethernet", "duration": 300.0}
    found.append(Sample(instrument=serial, source=Source.EVENTS, at=minutes(-5000), values=event))
    return sorted(found, key=lambda sample: sample.source)


# -- assets ------------------------------------------------------------------------------------------------------------


def test_assets_are_kept_by_their_version(shared: WebSite):
    """A page names each with its version, which may be kept for ever; without it a browser asks again."""
    text = shared.get("/").text
    paths = re.findall(r'(?:href|src)="(/assets/[^"]+)"', text)
    assert {path.split("?")[0] for path in paths} == {
        f"/assets/{n}" for n in ("icon.svg", "style.css", "charts.css", "page.js")
    }
    for path in paths:
        answer = shared.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        bare = shared.get(path.split("?")[0])
        assert "no-cache" in bare.headers["cache-control"]
        again = shared.get(path.split("?")[0], headers={"if-none-match": bare.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "../templating.py",
        "..%2ftemplating.py",
        "%2e%2e/app.py",
        "/etc/passwd",
        "..%5capp.py",
        "base.html",
        "a%00.css",
        "",
    ],
)
def test_nothing_else_is_served(shared: WebSite, name: str):
    """No path leads out of the folder of assets."""
    request = requests.Request("GET", shared.url).prepare()
    request.url = f"{shared.url}/assets/{name}"  # as it is written: the client would tidy it up
    with requests.Session() as session:
        assert session.send(request, timeout=10).status_code == 404


def test_all_that_a_page_needs_is_in_the_package():
    """Neither templates nor style sheet nor script name another place."""
    folder = Path(__file__).parents[2] / "alertd" / "web"
    for path in [*(folder / "templates").glob("*.html"), *(folder / "assets").iterdir()]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?:src|href|url\(|import)\W+(?:https?:)?//", text), path
