"""The time computed from a monitor's own query: inside the specified interval, or plainly outside it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertproof.drills.rehearsal import Rehearsal, rehearse
from alertproof.requirements import FaultSpec, load_specification

SPEC = load_specification(Path(__file__).parents[2] / "monitoring")
ALERT = SPEC.alert("api-error-rate")
MONITOR: dict[str, Any] = json.loads((SPEC.folder / ALERT.monitor).read_text(encoding="utf-8"))


def rehearsed(monitor: dict[str, Any], share: float = 0.05) -> Rehearsal:
    found = rehearse(
        monitor,
        ALERT.indicator,
        FaultSpec(kind="error", share=share, text="some fail"),
        limit=timedelta(minutes=40),
        origin="prod",
        environment="prod",
    )
    assert found is not None
    return found


def changed(old: str, new: str, critical: float = 0.02) -> dict[str, Any]:
    assert old in MONITOR["query"]
    options = {**MONITOR["options"], "thresholds": {"critical": critical}}
    return {**MONITOR, "query": MONITOR["query"].replace(old, new), "options": options}


def test_the_specified_monitor_fires_inside_the_specified_interval() -> None:
    found = rehearsed(MONITOR)

    assert ALERT.fires is not None
    assert found.earliest is not None
    assert found.latest is not None
    assert ALERT.fires.after.start.delta <= found.earliest <= found.latest <= ALERT.fires.after.end.delta


def test_five_percent_of_five_minutes_pass_two_percent_after_two_minutes() -> None:
    found = rehearsed(MONITOR)

    # 5 % for two minutes of five is 2 % exactly, which is not above it; the next evaluation is the one.
    assert found.earliest is not None
    assert found.latest is not None
    assert timedelta(minutes=2) < found.earliest <= timedelta(minutes=2, seconds=20)
    assert found.latest <= timedelta(minutes=3)


@pytest.mark.parametrize("share", [0.01, 0.02])
def test_a_share_at_or_below_the_threshold_never_fires(share: float) -> None:
    assert rehearsed(MONITOR, share) == Rehearsal(earliest=None, latest=None)


def test_a_share_just_above_the_threshold_fires_when_the_window_is_nearly_full() -> None:
    found = rehearsed(MONITOR, 0.021)

    assert found.earliest is not None
    assert timedelta(minutes=4, seconds=40) <= found.earliest <= timedelta(minutes=6)


def test_a_tenfold_threshold_never_fires() -> None:
    assert rehearsed(changed("> 0.02", "> 0.2", 0.2)).text() == "never"


def test_a_longer_window_fires_later_than_specified() -> None:
    found = rehearsed(changed("last_5m", "last_30m"))

    assert found.earliest is not None
    assert found.earliest >= timedelta(minutes=12)


def test_the_scope_of_another_environment_is_followed() -> None:
    drill = {**MONITOR, "query": MONITOR["query"].replace("env:prod", "env:drill")}
    found = rehearse(
        drill,
        ALERT.indicator,
        FaultSpec(kind="error", share=0.05, text="some fail"),
        limit=timedelta(minutes=40),
        origin="prod",
        environment="drill",
    )

    assert found is not None
    assert found.earliest is not None


def test_an_indicator_that_is_no_ratio_is_not_rehearsed() -> None:
    indicator = SPEC.alert("database-cpu").indicator
    fault = FaultSpec(kind="error", share=0.05, text="some fail")

    assert rehearse(MONITOR, indicator, fault, limit=timedelta(0), origin="prod", environment="prod") is None
