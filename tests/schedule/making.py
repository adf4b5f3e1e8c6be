"""Runs and gaps, made for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from alertproof.schedule.record import Gap, PlannedCheck, ScheduledRun
from alertproof.schedule.store import timetable_of
from alertproof.verdict import Verdict

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_NUMBER = count()


def run(
    verdict: Verdict | None = Verdict.PASSED, *, minute: float = 0, location: str = "dublin", **more: Any
) -> ScheduledRun:
    began = NOW + minute * MINUTE
    given = {
        "id": f"run{next(_NUMBER)}",
        "check": "synthetics/probes/test_health.py::test_the_platform_answers",
        "network": "10.0.0.1",
        "kind": "probe",
        "slot": int(minute),
        "due": began,
        "began": began,
        "ended": None if verdict is None else began,
        "reason": "refused" if verdict is Verdict.FAILED else "",
        "earlier": (),
        "took": timedelta(milliseconds=50),
        "vitals": None,
        "quarantined": False,
        "interrupted": False,
    }
    return ScheduledRun(verdict=verdict, location=location, **{**given, **more})


def gap(slots: int = 1, **more: Any) -> Gap:
    given = {"check": run().check, "location": "dublin", "since": NOW, "until": NOW + slots * MINUTE, "why": "away"}
    return Gap(slots=slots, **{**given, **more})


def planned(location: str = "dublin", *, name: str = "", **more: Any) -> PlannedCheck:
    name = name or run().check
    return PlannedCheck(
        **{
            "name": name,
            "kind": "probe",
            "location": location,
            "timetable": timetable_of(name, location, MINUTE, timedelta(0)),
            **more,
        }
    )
