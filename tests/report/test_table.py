from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from alertproof.journal import DrillJournal
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
def test_the_table_keeps_within_the_terminal_and_loses_no_word(mixed: Report, width: int) -> None:
    lines = printed(mixed, width).splitlines()
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)


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
