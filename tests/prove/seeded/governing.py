"""Defects of SLOs, notification rules and downtimes; the offline tests that load the file judge them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.prove.seeded.declarations import put

from alertproof.offline import load_script, run_test
from alertproof.verdict import Verdict

__all__ = ["GoverningDefect", "governing_defects", "told_of"]

_DATADOG = Path("monitoring/datadog")


@dataclass(frozen=True, kw_only=True)
class GoverningDefect:
    """One value at ``place`` of a file, and what the red expectation must be about: any of ``says``."""

    operator: str
    change: str
    file: Path
    place: tuple[str | int, ...]
    new: Any
    says: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return what it is called: the same in every run."""
        return f"{self.file.parent.name}/{self.file.stem}: {self.operator}: {self.change}"


def governing_defects(root: Path) -> Iterator[GoverningDefect]:
    """Yield each defect of each SLO, rule and downtime below ``root``."""
    for kind, defects in (("slos", _of_slo), ("rules", _of_rule), ("downtimes", _of_downtime)):
        for path in sorted((root / _DATADOG / kind).glob("*.json")):
            file = path.relative_to(root)
            said = _monitors_of(root, file)
            for operator, place, old, new in defects(json.loads(path.read_text(encoding="utf-8"))):
                yield GoverningDefect(
                    operator=operator, change=f"{_short(old)} becomes {_short(new)}", file=file, place=place, new=new,
                    says=said,
                )  # fmt: skip


def told_of(defect: GoverningDefect, root: Path, folder: Path) -> str:
    """Write the defect into a copy of the monitoring; return what the offline tests that load the file then say."""
    for part in ("monitoring", "docs/runbooks", "alert_tests/offline"):
        shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    put(folder / defect.file, defect.place, defect.new)
    return "\n".join(_red(folder, defect.file))


def _red(folder: Path, file: Path) -> Iterator[str]:
    for path in _files_with(folder, file):
        script = load_script(path)
        for test in script.tests:
            result = run_test(test, script)
            if result.verdict is Verdict.BROKEN:
                yield f"{path.name}: {result.name}: {result.reason}"
            for one in result.expectations:
                if not one.met:
                    yield f"{path.name}: {result.name}: {one.text}; last seen: {one.last_seen}"


def _files_with(root: Path, file: Path) -> list[Path]:
    asked = os.path.relpath(root / file, root / "alert_tests/offline")
    found = sorted((root / "alert_tests/offline").glob("*.alert.yaml"))
    return [path for path in found if asked in path.read_text(encoding="utf-8")]


def _monitors_of(root: Path, file: Path) -> tuple[str, ...]:
    """Return the monitors that the offline tests of a file are about: what turns red has to name one of them."""
    return tuple(sorted({each.stem for path in _files_with(root, file) for each in load_script(path).monitors}))


def _of_slo(slo: dict[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...], Any, Any]]:
    for number, threshold in enumerate(slo["thresholds"]):
        share = 100 - threshold["target"]
        for new in (round(100 - share * 2, 4), round(100 - share / 2, 4)):
            yield "target", ("thresholds", number, "target"), threshold["target"], new
    yield from _of_counts(slo["query"]) if "query" in slo else _of_slices(slo["sli_specification"]["time_slice"])


def _of_counts(query: dict[str, str]) -> Iterator[tuple[str, tuple[str | int, ...], Any, Any]]:
    yield "nothing is bad", ("query", "numerator"), query["numerator"], query["denominator"]
    for part in ("numerator", "denominator"):
        yield f"filter of the {part}", ("query", part), query[part], query[part].replace("env:prod", "env:prod-x")


def _of_slices(slices: dict[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...], Any, Any]]:
    at = ("sli_specification", "time_slice")
    yield "comparator", (*at, "comparator"), slices["comparator"], "<"
    yield "threshold", (*at, "threshold"), slices["threshold"], slices["threshold"] / 2
    yield "threshold", (*at, "threshold"), slices["threshold"], slices["threshold"] * 2
    yield "slices", (*at, "query_interval_seconds"), slices["query_interval_seconds"], 60
    for number, asked in enumerate(slices["query"]["queries"]):
        place, query = (*at, "query", "queries", number, "query"), asked["query"]
        aggregator = query.partition(":")[0]
        yield "filter", place, query, query.replace("env:prod", "env:prod-x")
        other = "min:" if aggregator == "max" else "p50:"
        yield "aggregator", place, query, query.replace(f"{aggregator}:", other, 1)


def _of_rule(rule: dict[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...], Any, Any]]:
    (attributes, at) = rule["data"]["attributes"], ("data", "attributes")
    recipients = attributes["recipients"]
    yield "recipient renamed", (*at, "recipients"), recipients[0], [f"{recipients[0]}-x"]
    ((key, value),) = attributes["filter"].items()
    every = {"scope": "NOT (severity:none)"}
    yield "filter of all", (*at, "filter"), value, every
    yield "filter of nothing", (*at, "filter"), value, {"scope": "severity:none"}
    for part in value.split(" OR ") if key == "scope" and " OR " in value else ():
        yield "filter narrowed", (*at, "filter"), value, {"scope": part}


def _of_downtime(downtime: dict[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...], Any, Any]]:
    attributes, at = downtime["data"]["attributes"], ("data", "attributes")
    yield "scope", (*at, "scope"), attributes["scope"], "env:prod-x"
    identifier = attributes["monitor_identifier"]
    yield "monitors", (*at, "monitor_identifier"), identifier, {"monitor_tags": ["symptom:other"]}
    yield "monitors", (*at, "monitor_identifier"), identifier, {"monitor_tags": ["*"]}
    yield "end not told", (*at, "notify_end_types"), attributes["notify_end_types"], []
    yield "end not told", (*at, "notify_end_states"), attributes["notify_end_states"], ["no data"]
    for number, recurrence in enumerate(attributes["schedule"]["recurrences"]):
        place = (*at, "schedule", "recurrences", number)
        for key, news in (
            ("duration", ("30m", "2h")),
            ("start", (recurrence["start"].replace("T02", "T03"), recurrence["start"].replace("T02", "T01"))),
            ("rrule", (recurrence["rrule"].replace("DAILY", "WEEKLY"), f"{recurrence['rrule']};COUNT=1")),
        ):
            for new in news:
                yield key, (*place, key), recurrence[key], new
    yield "time zone", (*at, "schedule", "timezone"), attributes["schedule"]["timezone"], "America/New_York"
    muted = attributes["mute_first_recovery_notification"]
    yield "first recovery", (*at, "mute_first_recovery_notification"), muted, not muted


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
