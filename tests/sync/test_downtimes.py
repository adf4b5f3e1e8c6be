"""A downtime is of one environment, and of a monitor by its key."""

from __future__ import annotations

import pytest

from alertproof.errors import ConfigError
from alertproof.sync.downtimes import called, declared_downtime


def of_none(_number: str) -> str | None:
    return None


def of_files(number: str) -> str | None:
    return {"7": "queue"}[number]


@pytest.mark.parametrize(
    ("scope", "there"),
    [
        ("env:prod", "env:staging"),
        ("env:prod AND service:a", "env:staging AND service:a"),
        ("(env:prod OR env:prod) tenant:x", "(env:staging OR env:staging) tenant:x"),
    ],
)
def test_its_scope_is_pointed_at_another_environment(scope: str, there: str) -> None:
    payload, needs = declared_downtime({"scope": scope}, of_none, origin="prod", environment="staging")

    assert (payload["scope"], needs) == (there, ())


@pytest.mark.parametrize(
    "scope", ["*", "env:production", "env:prod-eu", "my.env:prod", "NOT env:prod", "!env:prod", "-env:prod"]
)
def test_a_scope_that_does_not_plainly_say_its_environment_is_refused_for_another_alone(scope: str) -> None:
    assert declared_downtime({"scope": scope}, of_none, origin="prod", environment="prod")[0]["scope"] == scope
    with pytest.raises(ConfigError, match="does not say env:prod, to be pointed at env:staging"):
        declared_downtime({"scope": scope}, of_none, origin="prod", environment="staging")


def test_of_a_monitor_among_the_files_it_needs_that_and_of_another_it_keeps_the_id() -> None:
    given = {"scope": "env:prod", "monitor_identifier": {"monitor_id": 7}}

    payload, needs = declared_downtime(given, of_files, origin="prod", environment="prod")
    assert (payload["monitor_identifier"], needs) == ({"monitor_id": "queue"}, (("monitor", "queue"),))
    payload, needs = declared_downtime(given, of_none, origin="prod", environment="prod")
    assert (payload["monitor_identifier"], needs) == ({"monitor_id": 7}, ())


def test_it_is_called_by_the_first_line_of_its_message() -> None:
    assert [called(text) for text in ("one\ntwo", " one", "", None)] == ["one", "one", "", ""]
