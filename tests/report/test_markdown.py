from __future__ import annotations

import msgspec

from alertproof.journal import DrillJournal
from alertproof.report import Report, render_markdown
from alertproof.verdict import CheckFinished, RunFinished, Verdict

replace = msgspec.structs.replace


def test_the_summary_of_a_proven_run(proven: Report) -> None:
    assert render_markdown(proven) == (
        "## ✅ 1 alert proven: error rate &gt; 2 % for 5 min.\n\n"
        "- 1 check passed.\n\n"
        "Target local, started 2026-03-02 14:02:20 UTC, took 41 s, alertproof 0.1.0.\n\n"
        "| Alert | Fault | Detected after | Paged | Resolved after | Verdict |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| api-error-rate (must fire) | 5 % of API requests fail | 2 min 40 s (2.7 s real) "
        "| on-call-first@m3core.example after 2 min 43 s (2.7 s real) | 3 min 32 s (3.5 s real) | ✓ passed |\n"
        "| api-error-rate (must stay quiet) | 1 % of API requests fail | no alert "
        "| nobody was paged, as specified | — | ✓ passed |\n\n"
        "<details><summary>Undocumented vendor behaviour relied on</summary>\n\n"
        "- Datadog evaluates a monitor with a five-minute window once a minute.\n\n"
        "</details>\n"
    )


def test_what_did_not_pass_stands_below_with_what_was_expected(mixed: Report) -> None:
    text = render_markdown(mixed)
    assert "### ❌ api-latency-p95 (must fire)" in text
    assert (
        "- not met: a low-urgency incident at m3core-operations (last seen: m3core-api, high)\n"
        "- not reached: the incident is resolved within 10 min of the revert\n"
    ) in text
    assert "### ⚠️ queue-depth (must fire)\n\nCould not be judged: the steady state did not hold" in text
    assert "### ✅" not in text


def test_a_failed_check_is_listed_with_its_reason(finished: RunFinished, check: CheckFinished) -> None:
    report = Report(finished=finished, checks=(check, replace(check, check="b", verdict=Verdict.FAILED, reason="late")))
    text = render_markdown(report)
    assert text.startswith("## ❌ Of 2 checks: 1 passed and 1 failed.")
    assert "| b | offline | late | ✗ failed |" in text
    assert "pages above two percent" not in text


def test_an_empty_run_is_not_green() -> None:
    assert render_markdown(Report()).startswith("## ⚠️ Nothing ran, so nothing was proven.")


def test_a_text_can_neither_leave_its_cell_nor_become_markup(proven: Report, broken: DrillJournal) -> None:
    nasty = replace(broken, alert="a|b\nc <script> [x](y) `z` *k*", reason="| row |\n# head")
    text = render_markdown(replace(proven, journals=(nasty,)))
    assert r"| a\|b c &lt;script&gt; \[x\](y) \`z\` \*k\* (must fire) |" in text
    assert r"Could not be judged: \| row \| \# head." in text
