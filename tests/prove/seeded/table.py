"""Writes docs/seeded-defects.md: what was drawn, and what turned red."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGE", "Row", "page"]

PAGE = Path(__file__).parents[3] / "docs" / "seeded-defects.md"
_HEAD = """# Seeded defects

Written by `make prove`; do not edit it here. Of {all} generated defects {drawn} were drawn, with the seed {seed} (the
same again: `ALERTPROOF_DEFECTS_SEED={seed}`): {red} turned the suite red, {named} of them by what the operator named
beforehand. What nobody asks for, in a monitor, an SLO or a dashboard, is left out.

| defect | judged by | what turned red |
| --- | --- | --- |
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One defect: ``by`` is what turned red, else empty; ``missing`` is then the test that is not there."""

    name: str
    judge: str
    by: str
    named: bool
    missing: str = ""


def page(rows: Sequence[Row], *, of: int, seed: int) -> str:
    """Return the page, sorted by the judge and the defect."""
    red, named = sum(bool(row.by) for row in rows), sum(row.named for row in rows)
    lines = [_HEAD.format(drawn=len(rows), all=of, seed=seed, red=red, named=named)]
    for row in sorted(rows, key=lambda each: (each.judge, each.name)):
        said = row.by if row.named else f"**{'seen otherwise' if row.by else 'survived'}**: missing is {row.missing}"
        lines.append(f"| {_cell(row.name)} | {row.judge} | {_cell(said)} |\n")
    return "".join(lines)


def _cell(text: str) -> str:
    short = text if len(text) <= 200 else f"{text[:197]}..."
    return short.replace("\n", " ").replace("|", r"\|")
