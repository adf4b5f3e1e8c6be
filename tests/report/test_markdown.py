from __future__ import annotations

import msgspec

from alertproof.journal import DrillJournal, ProbeJournal
from alertproof.report import Report, render_markdown
from alertproof.verdict import CheckFinished, RunFinished, Verdict

replace = msgspec.structs.replace


def test_the_summary_of_a_proven_run(proven: Report) -> None:
    assert render_markdown(proven) == (
        "## ✅ 1 alert proven: error rate &gt; 2 % for 5 min.\n\n"
        "- 1 check passed.\n\n"
        "Target local, started 2026-03-02 14:02:20 UTC, took 41 s, alertproof 0.1.0.\n\n"
        "| Alert | Must come after | Came | Paged | Resolved | Quiet side | Last proven |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| error rate &gt; 2 % for 5 min | 2–4 min | 2 min 40 s | 2 min 43 s | 3 min 32 s | ✓ passed | just now |\n\n"
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
    nasty = replace(broken, alert="a|b\nc <script> [x](y) `z` *k*", reason="| row # |\n# head")
    text = render_markdown(replace(proven, journals=(nasty,)))
    assert r"| a\|b c &lt;script&gt; \[x\](y) \`z\` \*k\* (must fire) |" in text
    assert r"Could not be judged: \| row \# \|." in text
    assert "# head" not in text


def test_probes_journeys_and_load_runs_have_a_table_each(everything: Report) -> None:
    text = render_markdown(everything)
    assert (
        "| Probe | Tenants | Requests | Took | Budget | Verdict |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| the list of leads answers within its budget | acme, globex and initech | 5 | 11–912 ms | 800 ms "
        "| ✗ 1 of 3 failed |\n"
    ) in text
    assert (
        "| an agent writes a lead down | acme | 3 | 8.7 s | 1.9 s (poor) | 2 s (needs improvement) "
        "| 2.6 s (needs improvement) | 510 ms (poor) | 0.31 (poor) | ✗ failed |\n"
    ) in text
    assert ("| ordinary day | agents at work | 25/s | 875 | 204 ms | 800 ms | 0.229 % | 0 % | ✓ passed |\n") in text


def test_only_the_kinds_that_ran_have_a_table(proven: Report) -> None:
    text = render_markdown(proven)
    assert not any(f"| {kind} |" in text for kind in ("Probe", "Journey", "Load run"))


def test_a_red_probe_names_its_parameters_and_what_it_missed(everything: Report) -> None:
    text = render_markdown(everything)
    assert "### ❌ the list of leads answers within its budget (globex)\n\nNot proven: " in text
    assert "- not met: list of leads (warm) takes 800 ms at most (last seen: 912 ms)\n" in text
    assert "### ⚠️ the export is delivered\n\nCould not be judged: export: no answer (refused)" in text


def test_many_red_checks_are_cut_short_and_counted(everything: Report, slow_probe: ProbeJournal) -> None:
    def text(count: int) -> str:
        red = tuple(replace(slow_probe, check=f"probe {place:02}") for place in range(count))
        return render_markdown(replace(everything, journals=red))

    assert "more; the HTML report has them all" not in text(20)
    assert "### ❌ probe 19\n" in text(21)
    assert "### ❌ probe 20\n" not in text(21)
    assert "And 1 check more; the HTML report has them all." in text(21)


def test_notes_stand_below_the_headline(proven: Report) -> None:
    assert "- 1 check passed.\n- history.sqlite was moved" in render_markdown(
        proven, notes=["history.sqlite was moved"]
    )


def test_a_reason_of_many_lines_is_its_gist(finished: RunFinished, check: CheckFinished) -> None:
    trace = "def test():\n>   assert late\nE   AssertionError: too late\n\ntest_it.py:7: AssertionError"
    failed = replace(check, verdict=Verdict.FAILED, reason=trace)
    assert "| offline | AssertionError: too late | ✗ failed |" in render_markdown(
        Report(finished=finished, checks=(failed,))
    )
