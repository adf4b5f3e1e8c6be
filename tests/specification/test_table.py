"""The table of the specification is up to date, and what it names is there."""

from __future__ import annotations

import re

import pytest
from tests.specification.table import PAGE, ROOT, Row, page, read_rows

ROWS = [row for rows in read_rows().values() for row in rows]


def test_the_page_is_what_the_rows_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_rows()), "run make specification"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line.replace(" ", "-"))
def test_a_rows_files_are_there_and_its_test_with_the_defect_too(row: Row) -> None:
    for path in row.files:
        assert (ROOT / path).exists(), f"{row.line}: {path} is not there"
    assert bool(row.test) is bool(row.defect) is not bool(row.open), f"{row.line}: a test with its defect, or why not"
    if row.test:
        path, _, name = row.test.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not name or re.search(rf"^def {name}\(", text, re.MULTILINE), f"{row.line}: {row.test} is not there"


def test_every_alert_of_the_specification_and_every_dashboard_has_a_line() -> None:
    named = {path for row in ROWS for path in row.files}

    for folder in ("datadog/monitors", "datadog/dashboards", "sentry/alerts"):
        files = sorted((ROOT / "monitoring" / folder).glob("*.json"))
        missing = [path.name for path in files if path.relative_to(ROOT).as_posix() not in named]
        assert files
        assert missing == [], f"no line of the specification names {missing} of {folder}"
    assert len(ROWS) > 40


@pytest.mark.prove
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line.replace(" ", "-"))
def test_a_row_is_proven(row: Row) -> None:
    assert row.test, f"not yet proven: {row.line}: {row.open}"
