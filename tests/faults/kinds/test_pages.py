"""Each kind of fault has a page, and each page a kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.faults import kinds

PAGES = Path(__file__).parents[3] / "docs" / "faults"
KINDS = sorted(
    found.kind for name in kinds.__all__ if isinstance(getattr(found := getattr(kinds, name), "kind", None), str)
)


def test_no_kind_is_overlooked() -> None:
    assert len(KINDS) >= 6


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_page_that_the_list_names(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# `{kind}`: ")
    for part in ("**What it breaks.**", "**Whom it hits.**", "**What ends it.**"):
        assert part in page
    assert f"[`{kind}`]({kind}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


def test_no_page_is_about_a_kind_that_is_gone() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md") if page.name != "README.md") == KINDS
