from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

RATIO = "sum(last_5m):sum:api.errors{env:prod}.as_count() / sum:api.requests{env:prod}.as_count() > 0.02"
MESSAGE = "{{#is_alert}}bad @pagerduty-a{{/is_alert}}{{#is_recovery}}good @pagerduty-a{{/is_recovery}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the monitors ``ratio`` and ``queue``, the latter by host and without any handle."""
    for number, stem, query, message in (
        (5, "ratio", RATIO, MESSAGE),
        (6, "queue", "min(last_5m):max:queue.depth{*} by {host} > 10000", ""),
    ):
        payload = {"name": f"The {stem}", "type": "query alert", "query": query, "message": message}
        (tmp_path / f"{stem}.json").write_text(json.dumps({"id": number, **payload}))
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[str], Path]:
    """Write an ``*.alert.yaml`` into the folder."""

    def put(text: str) -> Path:
        path = folder / "some.alert.yaml"
        path.write_text(dedent(text))
        return path

    return put
