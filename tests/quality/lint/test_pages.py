"""The pages in docs/lint say what the rules say, and all rules have one."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.quality.lint import RULES, Rule, index, page

PAGES = Path(__file__).parents[3] / "docs" / "lint"
MAKE = "alertproof monitors lint --explain {0} > docs/lint/{0}.md"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_page_of_a_rule_is_up_to_date(rule: Rule) -> None:
    found = PAGES / f"{rule.id}.md"
    assert found.is_file(), MAKE.format(rule.id)
    assert found.read_text(encoding="utf-8") == page(rule), MAKE.format(rule.id)


def test_there_is_no_page_of_a_rule_that_is_gone_and_all_are_listed() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted([*(rule.id for rule in RULES), "README"])
    assert index(RULES) in (PAGES / "README.md").read_text(encoding="utf-8")
