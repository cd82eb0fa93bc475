"""The server that the other tests of the web are made with."""

from tests.support.web import WebSite


def test_serves_what_is_on_record(shared: WebSite):
    """The server answers on its socket, from its store."""
    assert shared.get("/healthz").text == "ok\n"
    assert 'alertd_alerts{severity="critical",state="firing"} 2.0' in shared.get("/metrics").text
