from __future__ import annotations

import pytest

from alertproof.datadog import retarget_text
from alertproof.errors import ConfigError


def moved(text: str) -> str:
    return retarget_text(text, environment="drill", origin="prod")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sum:a{env:prod}", "sum:a{env:drill}"),
        ("sum:a{service:env:prod,env:prod}", "sum:a{service:env:prod,env:drill}"),
        ("sum:a{env:prod AND host:x}", "sum:a{env:drill AND host:x}"),
        ("sum:a{env IN (prod,stage)}", "sum:a{env IN (drill,stage)}"),
        ("sum:a{env:prod} / sum:b{env:prod}", "sum:a{env:drill} / sum:b{env:drill}"),
        ("top(sum:a{env:prod} by {env}, 5, 'env:prod', 'asc')", "top(sum:a{env:drill} by {env}, 5, 'env:prod', 'asc')"),
        ("sum:a{env:prod,!env:prod}", "sum:a{env:drill,!env:prod}"),
    ],
)
def test_only_scopes_are_moved(before: str, after: str) -> None:
    assert moved(before) == after


@pytest.mark.parametrize(
    "text", ["sum:a{*}", "sum:a{env:production}", "sum:a{!env:prod}", "sum:a{env:prod} / sum:b{env:stage}"]
)
def test_a_query_that_would_go_on_watching_something_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="has no scope env:prod"):
        moved(text)


def test_staying_where_one_is_changes_nothing() -> None:
    assert retarget_text("sum:a{*}", environment="prod", origin="prod") == "sum:a{*}"
