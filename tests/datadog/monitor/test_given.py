"""Values that only Datadog computes: a test gives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np

from alertproof.datadog import Assumptions, Definition, GroupStatus, State, advance, run_timeline
from alertproof.tags import EVERYTHING, Group
from alertproof.telemetry.evidence import GIVEN, GIVEN_RECOVERY, Evidence
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
OK, WARN, ALERT = State.OK, State.WARN, State.ALERT
QUERY = "avg(last_4h):anomalies(avg:m{*}, 'basic', 2, alert_window='last_30m') >= 0.5"


def windows(recovery: str) -> dict[str, Any]:
    return {
        "thresholds": {"critical": 0.5, "critical_recovery": 0, "warning": 0.3},
        "threshold_windows": {"trigger_window": "last_30m", "recovery_window": recovery},
    }


def lived(
    definition: Definition, minute: Minute, store_of: StoreOf, *series: tuple[str, list[float | None]]
) -> list[State]:
    """Run both engines, which agree, over values of one each minute."""
    evidence = Evidence(given=store_of(*series, kind=MetricType.GAUGE))
    length = len(series[0][1])
    instants = np.array([minute(number).timestamp() for number in range(1, length + 1)])
    timeline = run_timeline(definition, SeriesStore(), instants, evidence=evidence)
    found: list[State] = []
    statuses: dict[Group, GroupStatus] = {}
    for number in range(length):
        step = advance(definition, statuses, SeriesStore(), minute(number + 1), evidence=evidence)
        statuses = dict(step.statuses)
        assert timeline.status(EVERYTHING, number) == statuses[EVERYTHING]
        found.append(statuses[EVERYTHING].state)
    return found


SHARE: list[float | None] = [0.0, 0.4, 0.5, 0.4, 0.2, 0.1, 0.0]
RECENT: list[float | None] = [0.0, 0.8, 1.0, 0.2, 0.0, 0.0, 0.0]


def test_an_alert_ends_when_the_recovery_window_holds_no_anomaly(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor(QUERY, **windows("last_16m"))
    found = lived(definition, minute, store_of, (GIVEN, SHARE), (GIVEN_RECOVERY, RECENT))
    assert found == [OK, WARN, ALERT, ALERT, OK, OK, OK]


def test_without_a_share_of_its_own_the_recovery_window_has_that_of_the_trigger_window(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    definition = monitor(QUERY, **windows("last_16m"))
    assert lived(definition, minute, store_of, (GIVEN, SHARE)) == [OK, WARN, ALERT, ALERT, ALERT, ALERT, OK]
    told = "that of the trigger window for both"
    assert any(told in text for text in Assumptions().relied_on(definition))
    assert not any(told in text for text in Assumptions().relied_on(monitor(QUERY, **windows("last_30m"))))


def test_a_share_at_its_recovery_threshold_recovers(monitor: Make, minute: Minute, store_of: StoreOf) -> None:
    """ANOM: at a recovery threshold of 0 it recovers when none of the points is anomalous, though the query has >=."""
    options = {**windows("last_30m"), "thresholds": {"critical": 0.5, "critical_recovery": 0.1}}
    definition = monitor(QUERY, **options)
    assert lived(definition, minute, store_of, (GIVEN, [0.5, 0.11, 0.1])) == [ALERT, ALERT, OK]


def test_a_gap_in_the_recovery_shares_is_filled_with_the_trigger_shares(
    monitor: Make, minute: Minute, store_of: StoreOf
) -> None:
    """A value stands until the next, for as long as the query's window is."""
    definition = monitor(QUERY, **windows("last_16m"))
    late: list[float | None] = [None] * 5 + [0.0]
    found = lived(definition, minute, store_of, (GIVEN, SHARE), (GIVEN_RECOVERY, late))
    assert found == [OK, WARN, ALERT, ALERT, ALERT, OK, OK]
    assert lived(definition, minute, store_of, (GIVEN, [0.5, 0.0]), (GIVEN_RECOVERY, [None, None, 1.0])) == [ALERT, OK]
