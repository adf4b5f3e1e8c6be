"""A stack without a platform: the vendors alone, on a fast clock, with the healthy hour and empty accounts."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from alertproof.cli.up import up
from alertproof.errors import ConfigError
from alertproof.stack import reached

ROOT = Path(__file__).parents[2]


def test_the_vendors_answer_and_no_platform_does(tmp_path: Path) -> None:
    with reached("local", targets=tmp_path / "none.toml", monitoring=ROOT / "monitoring", platform=False) as target:
        endpoints = target.endpoints
        assert target.clock.factor == 600
        assert (endpoints.m3core, endpoints.m3core_web, endpoints.m3core_keeper) == ("", "", "")
        assert all((endpoints.datadog, endpoints.sentry_api, endpoints.pagerduty, endpoints.dogstatsd))
        assert all((endpoints.control, endpoints.sentry_control, endpoints.pagerduty_control))


def test_a_second_platform_is_refused_where_there_is_not_even_one() -> None:
    result = CliRunner().invoke(up, ["--unscrubbed", "--without-platform", "--monitoring", str(ROOT / "monitoring")])

    assert isinstance(result.exception, ConfigError)
    assert "leave one of them out" in str(result.exception)


@pytest.mark.parametrize("option", ["--without-platform"])
def test_the_option_is_explained(option: str) -> None:
    assert option in CliRunner().invoke(up, ["--help"]).output
