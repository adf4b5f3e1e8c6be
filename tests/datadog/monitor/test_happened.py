"""An assumption is told of only where something happened that it has a say in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from alertproof.datadog import Assumptions, Definition, run_timeline
from alertproof.datadog.monitor.happened import what_happened
from alertproof.telemetry.series import MetricType, SeriesStore

SIMPLE, GROUPED = "max(last_1m):max:m{*} > 4", "max(last_1m):max:m{*} by {host} > 4"
SILENCE = "Without data the state stays"
BETWEEN = "Between a recovery threshold"
TIMEOUT = "Resolving by timeout_h"
NEW = "A new group whose first evaluation is bad"
BACK = "Data that return bad"
ROSE = "The step from Warn to Alert"
AGAIN = "Renotifications"
LATE = "No Data comes after"
DEFAULT = "on_missing_data 'default'"
KEY = "PagerDuty's dedup key"
VALUE = "{{value}} prints"
EVAL = "An eval without a value"


@pytest.fixture
def relied(
    monitor: Callable[..., Definition], minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> Callable[..., str]:
    """Run a monitor over values of minutes and return what it rested on."""

    def run(query: str, values: Sequence[float | None], message: str = "", *, minutes: int = 0, **options: Any) -> str:
        assumptions = Assumptions(**options.pop("assumed", {}))
        definition = monitor(query, message, **{"new_group_delay": 0, **options} if "by {" in query else options)
        store = store_of(("m{host:a,pod:1}", values), kind=MetricType.GAUGE)
        instants = np.array([minute(number).timestamp() for number in range(1, (minutes or len(values)) + 1)])
        happened = what_happened(run_timeline(definition, store, instants, assumptions=assumptions))
        return "\n".join(assumptions.relied_on(definition, happened))

    return run


Relied = Callable[..., str]
RECOVERY = {"thresholds": {"critical": 4, "critical_recovery": 2}}
WARNING = {"thresholds": {"critical": 4, "warning": 2}}
SHOWS = {"on_missing_data": "show_and_notify_no_data"}


@pytest.mark.parametrize(
    ("said", "query", "values", "other", "options"),
    [
        (SILENCE, SIMPLE, [0, None, 0], [None, 0, 0], {}),
        (SILENCE, SIMPLE, [0, None, 0], [0, 5, 0], {}),
        (LATE, SIMPLE, [0, None, 0], [0, 5, 0], {"notify_no_data": True}),
        (DEFAULT, "sum(last_1m):sum:m{*}.as_count() > 4", [0, None, 0], [0, 5, 0], {"on_missing_data": "default"}),
        (DEFAULT, "sum(last_1m):sum:m{*}.as_count() > 4", [None, 0], [0, 5], {"on_missing_data": "default"}),
        (BETWEEN, SIMPLE, [5, 3, 0], [5, 2, 0], RECOVERY),
        (BETWEEN, SIMPLE, [5, 4, 0], [5, 4.5, 0], RECOVERY),
        (TIMEOUT, SIMPLE, [5, *[None] * 65], [5, *[None] * 55], {"timeout_h": 1}),
        (NEW, GROUPED, [5, 0], [0, 5], {}),
        (BACK, SIMPLE, [0, None, 5], [0, None, 0, 5], SHOWS),
        (BACK, SIMPLE, [0, None, 5], [5, 0, 5], SHOWS),
        (ROSE, SIMPLE, [3, 5, 0], [3, 0, 5, 3], WARNING),
        (AGAIN, SIMPLE, [5, 5, 5], [5, 5, 0], {"renotify_interval": 2}),
        (KEY, SIMPLE, [5, 5], [0, 4], {"message": "@pagerduty-a"}),
        (KEY, SIMPLE, [5, 0], [5, 5], {"message": "@slack-a {{#is_recovery}}@pagerduty-a{{/is_recovery}}"}),
        (VALUE, SIMPLE, [5, 5], [0, 4], {"message": "{{value}}"}),
        (EVAL, SIMPLE, [5, 5], [0, 4], {"message": '{{eval "value*2"}}'}),
    ],
)
def test_it_is_told_of_where_it_mattered_and_not_elsewhere(
    said: str,
    query: str,
    values: list[float | None],
    other: list[float | None],
    *,
    options: dict[str, Any],
    relied: Relied,
) -> None:
    rest = {name: value for name, value in options.items() if name != "message"}
    message = options.get("message", "")
    assert said in relied(query, values, message, **rest)
    assert said not in relied(query, other, message, **rest)


def test_when_renotification_stops_is_told_even_if_none_came(relied: Relied) -> None:
    text = relied(
        SIMPLE, [5, 5, 0], renotify_interval=2, assumed={"renotify_stops_after": np.timedelta64(1, "h").item()}
    )
    assert AGAIN in text


def test_what_clusters_do_may_be_what_none_of_their_groups_did(relied: Relied) -> None:
    query = "max(last_1m):max:m{*} by {host,pod} > 4"
    assert ROSE in relied(query, [3, 0, 5, 3], notify_by=["host"], **WARNING)
    assert BACK in relied(query, [0, None, 0, 5], notify_by=["host"], **SHOWS)
    assert NEW not in relied(query, [5, 0], notify_by=["host"])


def test_of_a_run_that_is_not_known_everything_may_have_happened(monitor: Callable[..., Definition]) -> None:
    options: dict[str, Any] = {**RECOVERY, "timeout_h": 1, "renotify_interval": 2}
    text = "\n".join(Assumptions().relied_on(monitor(GROUPED, "{{value}} @pagerduty-a", **options)))
    assert all(said in text for said in (SILENCE, BETWEEN, TIMEOUT, NEW, AGAIN, VALUE, KEY))
