"""The server that the other tests of the web are made with."""

from tests.support.web import WebSite


def test_serves_what_is_on_record(site: WebSite):
    """The server answers on its socket, from its store."""
    assert site.get("/healthz").text == "ok\n"
    assert 'alertd_alerts{severity="critical",state="firing"} 2.0' in site.get("/metrics").text
