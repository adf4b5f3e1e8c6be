from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.journal import DrillJournal, Journal, ProbeJournal
from alertproof.report import Report, render_html
from alertproof.report.history import past_rows
from alertproof.report.html.drawing.timeline import LEFT, RIGHT
from alertproof.verdict import CheckFinished, Verdict

replace = msgspec.structs.replace

VOID = {"meta", "link", "br", "hr", "img", "input"}
REFERENCES = {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "background", "formaction"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed by its own end tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.styles: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.styles if self.open[-1:] == ["style"] else self.texts).append(data)

    @property
    def text(self) -> str:
        """What is read aloud, with single spaces where there were any."""
        return " ".join(" ".join(self.texts).split())

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)


def remembered(report: Report) -> str:
    """The page with a history: each check ran once before, and failed."""
    rows = past_rows(report)
    past = {row.check: (replace(row, run="before", verdict=Verdict.FAILED), row) for row in rows}
    return render_html(report, past=past)


def drawings(html: str) -> list[ET.Element]:
    # Our own output, not a stranger's.
    return [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]  # noqa: S314 (see above)


def test_the_page_refers_to_nothing_outside_itself_but_what_a_failed_journey_left(everything: Report) -> None:
    html = render_html(everything)
    page = Page(html)
    references = [value for _, attrs in page.tags for name, value in attrs.items() if name in REFERENCES]
    assert references
    assert {value for value in references if not value.startswith("#")} == {
        "data:,",
        "artifacts/an%20agent%20writes%20a%20lead%20down/trace.zip",
        "artifacts/an%20agent%20writes%20a%20lead%20down/last.png",
    }
    used = re.findall(r"url\(([^)]*)\)", html)
    assert all(value.startswith("#") for value in used)
    assert not any("@import" in style for style in page.styles)
    assert "://" not in html
    assert page.count("script") == 0


def test_the_page_forbids_itself_every_request(proven: Report) -> None:
    metas = [attrs for tag, attrs in Page(render_html(proven)).tags if tag == "meta"]
    (policy,) = (meta for meta in metas if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none';")


def test_every_anchor_leads_somewhere_and_no_id_is_given_twice(everything: Report) -> None:
    page = Page(remembered(everything))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    wanted = {
        name
        for _, attrs in page.tags
        for name in (*attrs.get("aria-labelledby", "").split(), attrs.get("href", "").removeprefix("#"))
        if name and name != "data:," and not name.startswith("artifacts/")
    }
    assert wanted <= set(ids)


def test_the_page_can_be_read_without_eyes(everything: Report) -> None:
    page = Page(remembered(everything))
    attributes = dict(page.tags)
    assert attributes["html"]["lang"] == "en"
    assert page.count("title") > 1
    assert page.count("h1") == 1
    images = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert images
    assert all(image["role"] == "img" and image["aria-labelledby"] for image in images)
    assert page.count("desc") == len(images)
    assert page.count("caption") == page.count("table")
    roles = {"table": "table", "tr": "row", "td": "cell", "tbody": "rowgroup", "thead": "rowgroup"}
    assert all(attrs.get("role") == roles[tag] for tag, attrs in page.tags if tag in roles)
    labels = [attrs for tag, attrs in page.tags if tag == "td" and "colspan" not in attrs]
    assert all(attrs.get("data-label") for attrs in labels)


def test_the_page_begins_with_the_verdict_in_one_sentence(proven: Report, mixed: Report) -> None:
    assert "✓ passed 1 alert proven: error rate > 2 % for 5 min." in Page(render_html(proven)).text
    assert "✗ failed 1 of 3 alerts proven; failed: p95" in Page(render_html(mixed)).text


def test_the_parts_stand_in_their_order(everything: Report) -> None:
    headings = [attrs["id"] for tag, attrs in Page(render_html(everything)).tags if tag == "h2" and "id" in attrs]
    assert headings == [
        *("proven", "feel", "carry"),
        *(f"drill-{n}-h" for n in range(1, 5)),
        *("probes-h", "journey-1-h", "journey-2-h", "load-1-h", "load-2-h"),
        *("telemetry", "board-1-h", "board-2-h", "cost"),
        *("others", "environment", "words"),
    ]


def test_a_kind_that_did_not_run_has_no_part(proven: Report) -> None:
    text = Page(render_html(proven)).text
    assert not any(words in text for words in ("What users feel", "What it carries", "Journey", "Load run", "Vitals"))


def test_every_drawing_is_well_formed_and_has_its_marker_at_its_instant(proven: Report) -> None:
    firing, quiet = drawings(render_html(proven))
    (alert,) = (circle for circle in firing.iter("circle") if circle.get("class") == "k-alert")
    share = (2 * 60 + 160) / (13 * 60)
    assert float(alert.get("cx", "")) == pytest.approx(LEFT + share * (RIGHT - LEFT), abs=0.02)
    assert not [circle for circle in quiet.iter("circle") if circle.get("class") == "k-alert"]


def test_texts_of_the_journal_are_escaped(proven: Report, firing: DrillJournal) -> None:
    script = "<script>alert(1)</script>"
    transitions = tuple(replace(seen, monitor=script) for seen in firing.transitions)
    incident = replace(firing.incidents[0], title=script, told=(script,), dedup_key='"><b>')
    nasty = replace(
        firing, alert=script, specified=script, transitions=transitions, incidents=(incident,), notes=(script,)
    )
    html = render_html(replace(proven, journals=(nasty,)))
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert script in Page(html).text


def test_a_failed_drill_shows_what_was_expected_and_what_was_seen(mixed: Report) -> None:
    text = Page(render_html(mixed)).text
    assert "✗ not met a low-urgency incident at m3core-operations last seen: m3core-api, high" in text
    assert "○ not reached the incident is resolved within 10 min of the revert" in text
    assert "allowed: 3 to 6 min after the fault" in text
    assert "still open" in text


def test_the_event_of_a_failed_request_shows_the_id_that_finds_its_trace_and_logs(proven: Report) -> None:
    assert "LeadIndexUnavailable: canary 5b1e (7f3a-acme)" in Page(render_html(proven)).text


def test_an_incident_shows_whom_it_told_and_its_dedup_key(proven: Report) -> None:
    text = Page(render_html(proven)).text
    assert "dedup key b8a61c7e0f2d4a39" in text
    assert "on-call-first@m3core.example +2 min 43 s +7 min 42 s" in text


def test_what_a_verdict_relied_on_is_printed(proven: Report) -> None:
    text = Page(render_html(proven)).text
    assert "Undocumented vendor behaviour relied on Datadog evaluates a monitor" in text
    assert "Notes Windows began with one hour of written history." in text


def test_a_broken_drill_gives_its_reason_and_draws_nothing(proven: Report, broken: DrillJournal) -> None:
    html = render_html(replace(proven, journals=(broken,)))
    text = Page(html).text
    assert "Could not be judged: the steady state did not hold" in text
    assert "There is no timeline" in text
    assert drawings(html) == []


def test_a_run_without_drills_lists_its_checks(proven: Report, check: CheckFinished) -> None:
    late = replace(check, check="late", verdict=Verdict.FAILED, reason="took <too> long")
    text = Page(render_html(replace(proven, journals=(), checks=(check, late)))).text
    assert "late took <too> long offline 12" in text
    assert "What was proven" not in text


def test_an_empty_run_says_that_nothing_ran() -> None:
    assert "Nothing ran, so nothing was proven." in Page(render_html(Report())).text


def test_times_on_a_real_clock_are_not_said_to_be_scaled(proven: Report) -> None:
    live = replace(proven, journals=tuple(replace(drill, factor=1.0) for drill in proven.drills))
    assert "times as fast as real time" in Page(render_html(proven)).text
    assert "times as fast as real time" not in Page(render_html(live)).text
    assert "2.7 s of real time" in Page(render_html(proven)).text
    assert "2 min 40 s of real time" not in Page(render_html(live)).text


def test_a_number_keeps_to_its_unit(proven: Report) -> None:
    assert "after 2\xa0min\xa040\xa0s, paged" in render_html(proven)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_journal_becomes_a_well_formed_page(journals: st.SearchStrategy[Journal], data: st.DataObject) -> None:
    html = render_html(Report(journals=(data.draw(journals),)))
    page = Page(html)
    drawings(html)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def nastily(value: Any) -> Any:
    """The same record with markup in every text."""
    if isinstance(value, Verdict):
        return value
    if isinstance(value, str):
        return f"<script>alert(1)</script>\"'><b>{value}"
    if isinstance(value, tuple):
        return tuple(map(nastily, value))
    if isinstance(value, msgspec.Struct):
        kept = {"side", "connection", "kind"}  # one of a few words each
        texts = {name: nastily(getattr(value, name)) for name in value.__struct_fields__ if name not in kept}
        return replace(value, **texts)
    return value


def test_no_text_of_any_record_becomes_markup(everything: Report) -> None:
    nasty = replace(
        everything,
        started=nastily(everything.started),
        checks=nastily(everything.checks),
        journals=nastily(everything.journals),
    )
    html = remembered(nasty)
    Page(html)
    drawings(html)
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_same_check_run_twice_stands_twice_and_breaks_nothing(everything: Report) -> None:
    twice = replace(everything, journals=everything.journals * 2, checks=everything.checks * 2)
    page = Page(remembered(twice))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert page.text.count("An agent finds") == 0  # capitals are the style sheet's
    assert sum(attrs.get("id", "").startswith("journey-") for tag, attrs in page.tags if tag == "section") == 4


def test_each_check_shows_its_last_runs(everything: Report) -> None:
    text = Page(remembered(everything)).text
    assert text.count("last 2 runs: 1 passed, 1 failed just now") >= 10
    assert "Last runs" not in Page(render_html(everything)).text


def test_what_is_to_be_known_beside_the_run_stands_below_the_headline(proven: Report) -> None:
    text = Page(render_html(proven, notes=["history.sqlite was moved <aside>"])).text
    assert "1 check passed. history.sqlite was moved <aside>" in text


def test_the_environment_stands_at_the_end_with_what_verdicts_relied_on(everything: Report) -> None:
    text = Page(render_html(everything)).text
    end = text[text.index("Environment and options", text.index("Other checks")) :]
    for said in (
        "command pytest alert_tests --target local",
        "clock 60 times as fast as real time",
        "browser Chromium 140.0.7339.16",
        "platform Linux 6.1 x86_64, 2 CPUs",
        "Datadog evaluates a monitor with a five-minute window once a minute. (api-error-rate)",
    ):
        assert said in end


def test_a_group_of_probes_without_a_budget_says_so(everything: Report, slow_probe: ProbeJournal) -> None:
    text = Page(render_html(replace(everything, journals=(replace(slow_probe, budget=None),)))).text
    assert "138–912 ms no budget" in text
    assert "of none" not in text


def test_three_hundred_probes_are_a_page_with_the_passed_ones_folded(
    everything: Report, slow_probe: ProbeJournal
) -> None:
    many = tuple(
        replace(slow_probe, check=f"m.py::test_{place}", verdict=Verdict.PASSED, expectations=())
        for place in range(300)
    )
    text = Page(render_html(replace(everything, journals=many))).text
    assert "All 300 probes that passed" in text
    text = Page(render_html(replace(everything, journals=(slow_probe, *many)))).text
    assert "The 300 probes that passed" in text
    assert "✗ not met list of leads (warm) takes 800 ms at most" in text
