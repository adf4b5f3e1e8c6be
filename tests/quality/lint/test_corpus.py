"""The monitors that ship with Datadog's integrations: what is found in them changes only on purpose.

`findings.txt` lists it, a line each: all 32 were read against query, message and options, and all are true. What
offline tests do not evaluate changes with the engine and is left out.
"""

from __future__ import annotations

from pathlib import Path

from alertproof.datadog.loading import load_text
from alertproof.quality.lint import lint

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "tests/data/datadog-monitors/monitors.jsonl"
REVIEWED = Path(__file__).parent / "findings.txt"


def test_shipped_monitors_have_the_findings_that_were_reviewed_and_no_others() -> None:
    declared = load_text(CORPUS.read_text(encoding="utf-8"), source="monitors.jsonl")
    assert len(declared) == 188
    found = [
        f"{each.line}:{each.column} {each.id}: {each.text}" for each in lint(declared) if each.id != "not-modelled"
    ]
    assert found == REVIEWED.read_text(encoding="utf-8").splitlines()


def test_our_own_monitors_have_none() -> None:
    files = sorted((ROOT / "monitoring/datadog/monitors").glob("*.json"))
    assert len(files) >= 5
    for file in files:
        assert lint(load_text(file.read_text(encoding="utf-8"), source=file.name)) == ()
