"""A replay as one page that needs nothing else: no script, nothing from elsewhere, light and dark. All is escaped."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from alertd.chart.svg import style
from alertd.daemon.replay.outcome import Outcome
from alertd.daemon.replay.plots import Plot, plots_of
from alertd.daemon.replay.replay import Replay
from alertd.daemon.replay.words import (
    ALERT_COLUMNS,
    DIFFERENCE_COLUMNS,
    MESSAGE_COLUMNS,
    RULE_COLUMNS,
    alert_rows,
    difference_rows,
    headline,
    message_rows,
    rule_rows,
)

MOST_PLOTS = 60
MOST_ROWS = 5_000
"""Of one table; a page of more is read by nobody, and a browser tires of it."""

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Needed in a file, not in a page; without it the page names no other place at all."""

_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;margin:0 auto;max-width:72rem;
padding:1rem 1.25rem 4rem;background:#f6f8fb;color:#0f1b2d}
h1{font-size:1.5rem;margin:.5rem 0}
h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
p{margin:.4rem 0}
.note{color:#5b6b80}
.bad{color:#b3171e;font-weight:600}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #d7dee8;border-radius:8px}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-top:1px solid #e2e8f0;overflow-wrap:break-word}
th{border-top:0;font-weight:600;color:#5b6b80;white-space:nowrap}
figure{margin:.75rem 0}
svg{max-width:100%;height:auto;display:block}
@media (prefers-color-scheme:dark){
body{background:#0d131c;color:#eef2f7}
.note,th{color:#9aa8ba}
.bad{color:#ff8080}
table{background:#161d29;border-color:#2c3746}
th,td{border-color:#232d3b}
"""


def page_of(replayed: Replay) -> str:
    """The whole page."""
    outcome = replayed.outcome
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>alertd replay</title>",
            f"<style>{_STYLE}{style('dark')}\n}}</style>",
            "</head>",
            "<body>",
            *_body(replayed, outcome),
            "</body>",
            "</html>",
            "",
        ]
    )


def _body(replayed: Replay, outcome: Outcome) -> Iterator[str]:
    yield "<h1>alertd replay</h1>"
    yield f"<p>{escape(headline(outcome))}</p>"
    for failure in outcome.failures:
        yield f'<p class="bad">{escape(failure)}</p>'
    for text in (*outcome.notes, *outcome.warnings):
        yield f'<p class="note">{escape(text)}</p>'
    yield from _section("Rules", RULE_COLUMNS, rule_rows(outcome))
    if outcome.only_before is not None and outcome.only_after is not None:
        rows = difference_rows(outcome.only_before, outcome.only_after, outcome.end)
        yield from _section("Only with one of the two", DIFFERENCE_COLUMNS, rows, "The same alerts either way.")
    yield from _section("Alerts", ALERT_COLUMNS, alert_rows(outcome), "No alert.")
    yield from _section("Messages", MESSAGE_COLUMNS, message_rows(outcome), "Nobody would have been told anything.")
    plots = [_figure(plot) for plot in plots_of(replayed, MOST_PLOTS)]
    if plots:
        yield "<h2>Courses</h2>"
        yield from plots
        if len(plots) == MOST_PLOTS:
            yield f'<p class="note">The first {MOST_PLOTS}, those with alerts before the others.</p>'


def _figure(plot: Plot) -> str:
    return f"<figure>{plot.svg.replace(_NAMESPACE, '', 1)}</figure>"


def _section(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str = "None."
) -> Iterator[str]:
    yield f"<h2>{escape(title)}</h2>"
    found = list(rows)
    if not found:
        yield f'<p class="note">{escape(nothing)}</p>'
        return
    yield '<div class="wide"><table>'
    yield "<thead><tr>" + "".join(f"<th>{escape(column)}</th>" for column in columns) + "</tr></thead><tbody>"
    for row in found[:MOST_ROWS]:
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</tbody></table></div>"
    if len(found) > MOST_ROWS:
        yield f'<p class="note">and {len(found) - MOST_ROWS} more</p>'
