from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from alertproof.journal import DrillJournal, ProbeJournal
from alertproof.report import Report, print_summary
from alertproof.verdict import Verdict

replace = msgspec.structs.replace


def printed(report: Report, width: int = 100) -> str:
    out = io.StringIO()
    print_summary(report, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_both_sides_stand_in_the_table(proven: Report) -> None:
    text = printed(proven, width=160)
    firing, quiet = (line for line in text.splitlines() if line.startswith("api-error-rate"))
    assert "5 % of API requests fail" in firing
    assert "2 min 40 s" in firing
    assert "on-call-first@m3core.example" in firing
    assert "3 min 32 s" in firing
    assert "✓ passed" in firing
    assert "nobody was paged, as specified" in quiet
    assert "(2.7 s real)" in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_tables_keep_within_the_terminal_and_lose_no_word(everything: Report, width: int) -> None:
    text = printed(everything, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for verdict in ("✗ failed", "! broken", "✓ passed", "✗ 1 of 3 failed"):
        assert f"{verdict}\n" in "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_a_narrow_terminal_breaks_an_address_before_its_at_sign(proven: Report) -> None:
    assert " on-call-first " in printed(proven)
    assert " @m3core.example " in printed(proven)


def test_the_headline_comes_last_but_for_its_details(mixed: Report) -> None:
    text = printed(mixed, width=200)
    table, below = text.split("\n\n", 1)
    assert "✗ failed" in table
    lines = below.splitlines()
    assert lines[0].startswith("✗ failed  api-latency-p95 (must fire): Not proven: ")
    assert lines[1].startswith("! broken  queue-depth (must fire): Could not be judged: ")
    assert lines[2].startswith("✗ failed  1 of 3 alerts proven")


def test_an_empty_run_prints_that_nothing_was_proven() -> None:
    assert printed(Report()).splitlines()[0] == "! broken  Nothing ran, so nothing was proven."


def test_brackets_in_a_text_are_printed_and_not_obeyed(proven: Report, firing: DrillJournal) -> None:
    assert firing.fault is not None
    fault = replace(firing.fault, text="[red]fault[/red]")
    incident = replace(firing.incidents[0], told=("[b]somebody",))
    odd = replace(firing, alert="[red]x[/red]", fault=fault, incidents=(incident,), verdict=Verdict.BROKEN)
    text = printed(replace(proven, journals=(replace(odd, reason="[/] gone"),)), width=160)
    for said in ("[red]x[/red]", "[red]fault[/red]", "[b]somebody", "[/] gone"):
        assert said in text


def test_each_kind_that_ran_has_a_table_of_its_own(everything: Report, proven: Report) -> None:
    heads = ("Alert ", "Probe ", "Journey ", "Load run ")
    lines = printed(everything).splitlines()
    assert [line for head in heads for line in lines if line.startswith(head)] == [
        line for line in lines if line.startswith(heads)
    ]
    assert len([line for line in printed(proven).splitlines() if line.startswith(heads)]) == 1


def test_the_probes_of_one_test_share_a_row(everything: Report) -> None:
    rows = [" ".join(line.split()) for line in printed(everything, 140).splitlines()]
    assert "everybody can log in acme, globex and initech 3 114–182 ms 800 ms ✓ passed" in rows


def test_a_vital_that_is_not_good_says_so(everything: Report) -> None:
    text = printed(everything)
    assert "improvement" in text
    assert "poor" in text


def test_a_load_run_is_one_row(everything: Report) -> None:
    assert "ordinary day   agents at work   25/s        875   204 ms   800 ms   0.229 %      0 %   ✓ passed" in printed(
        everything
    )


def test_red_probes_of_one_test_are_one_line(everything: Report, slow_probe: ProbeJournal) -> None:
    red = tuple(replace(slow_probe, check=f"{slow_probe.check}[{place}]") for place in range(3))
    lines = [
        line for line in printed(replace(everything, journals=red), 300).splitlines() if line.startswith("✗ failed")
    ]
    assert lines[0] == (
        "✗ failed  the list of leads answers within its budget: Not proven: “list of leads (warm) takes 800 ms "
        "at most” was not met (last seen: 912 ms). And 2 more like it."
    )
    assert lines[1] == "✗ failed  All 3 probes failed."


def test_notes_come_after_the_headline(proven: Report) -> None:
    out = io.StringIO()
    print_summary(proven, Console(file=out, width=100), notes=["history.sqlite was moved [aside]"])
    assert out.getvalue().endswith("  1 check passed.\n  history.sqlite was moved [aside]\n")
