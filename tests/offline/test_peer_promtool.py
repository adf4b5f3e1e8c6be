"""Where Prometheus can say the same, promtool must agree: rules on one timeline, minute by minute."""

from __future__ import annotations

import json
import operator
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from alertproof.offline import run_file
from alertproof.verdict import Verdict

pytestmark = pytest.mark.needs("promtool")

MINUTES = 40
#: Failed requests of each minute, of a hundred: quiet, a burst, just at the threshold, just above it, quiet.
ERRORS = [0] * 8 + [7, 7] + [0] * 6 + [2] * 8 + [3] * 6 + [0] * 10
#: A gauge of each minute: rising, falling, at the thresholds and on both sides of them.
DEPTHS = [0, 2, 4, 6, 8, 8, 8, 8, 8, 9] + [8, 7, 6, 5, 4, 4, 4, 4, 4, 3] + [5, 4] * 5 + [0, 9] * 5


@dataclass(frozen=True)
class Rule:
    """One alert in both languages, and what it means: the values of the window to the one that is compared."""

    ours: str
    theirs: str
    worth: Callable[[list[int], list[int]], float]
    compare: Callable[[float, float], bool]
    threshold: float


ERRORS_OF_ALL = "sum_over_time(app_errors[299s]) / sum_over_time(app_requests[299s])"
RULES = {
    "ratio": Rule(
        "sum(last_5m):sum:app.errors{*}.as_count() / sum:app.requests{*}.as_count() > 0.02",
        f"{ERRORS_OF_ALL} > 0.02",
        lambda errors, _: sum(errors) / (100 * len(errors)),
        operator.gt,
        0.02,
    ),
    "percent": Rule(
        "sum(last_5m):(sum:app.errors{*}.as_count() / sum:app.requests{*}.as_count()) * 100 >= 2",
        f"100 * ({ERRORS_OF_ALL}) >= 2",
        lambda errors, _: 100 * (sum(errors) / (100 * len(errors))),
        operator.ge,
        2,
    ),
    "total": Rule(
        "sum(last_5m):sum:app.errors{*}.as_count() >= 10",
        "sum_over_time(app_errors[299s]) >= 10",
        lambda errors, _: sum(errors),
        operator.ge,
        10,
    ),
    "mean": Rule(
        "avg(last_5m):avg:app.depth{*} > 4.5",
        "avg_over_time(app_depth[299s]) > 4.5",
        lambda _, depths: sum(depths) / len(depths),
        operator.gt,
        4.5,
    ),
    "at-all-times": Rule(
        "min(last_5m):max:app.depth{*} >= 8",
        "min_over_time(app_depth[299s]) >= 8",
        lambda _, depths: min(depths),
        operator.ge,
        8,
    ),
    "at-least-once": Rule(
        "max(last_5m):max:app.depth{*} > 8",
        "max_over_time(app_depth[299s]) > 8",
        lambda _, depths: max(depths),
        operator.gt,
        8,
    ),
    "below": Rule(
        "max(last_5m):min:app.depth{*} <= 4",
        "max_over_time(app_depth[299s]) <= 4",
        lambda _, depths: max(depths),
        operator.le,
        4,
    ),
}


def firing(rule: Rule, minute: int) -> bool:
    """Say by hand whether the five minutes before ``minute`` meet the condition."""
    first = max(0, minute - 5)
    return rule.compare(rule.worth(ERRORS[first:minute], DEPTHS[first:minute]), rule.threshold)


def prometheus_test(folder: Path) -> Path:
    """Write the same rule and timeline for promtool. Its sample i is at minute i; ours stands for [i, i+1)."""
    rules = [{"alert": name, "expr": rule.theirs} for name, rule in RULES.items()]
    groups = {"groups": [{"name": "app", "interval": "1m", "rules": rules}]}
    (folder / "rules.yaml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    # Prometheus looks back from its instant, that instant included: shift by one minute so that the windows are equal.
    # Versions before 3 also include the window's far end; a second less than five minutes holds five samples in all.
    series = [
        {"series": "app_errors", "values": "_ " + " ".join(map(str, ERRORS))},
        {"series": "app_requests", "values": "_ " + " ".join(["100"] * MINUTES)},
        {"series": "app_depth", "values": "_ " + " ".join(map(str, DEPTHS))},
    ]
    alerts = [
        {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": [{}] if firing(rule, minute) else []}
        for name, rule in RULES.items()
        for minute in range(1, MINUTES + 1)
    ]
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": alerts}],
    }
    path = folder / "test.yaml"
    path.write_text(yaml.safe_dump(test), encoding="utf-8")
    return path


def our_test(folder: Path) -> Path:
    for name, rule in RULES.items():
        thresholds = {"critical": rule.threshold}
        monitor = {"name": name, "type": "query alert", "query": rule.ours, "options": {"thresholds": thresholds}}
        (folder / f"{name}.json").write_text(json.dumps(monitor), encoding="utf-8")
    series = [
        {"series": "app.errors{env:prod}", "type": "count", "values": " ".join(map(str, ERRORS))},
        {"series": "app.requests{env:prod}", "type": "count", "values": f"100x{MINUTES - 1}"},
        {"series": "app.depth{env:prod}", "type": "gauge", "values": " ".join(map(str, DEPTHS))},
    ]
    expect = [
        {"monitor": name, "at": f"{minute}m", "state": "Alert" if firing(rule, minute) else "OK"}
        for name, rule in RULES.items()
        for minute in range(1, MINUTES + 1)
    ]
    test = {
        "monitors": [f"{name}.json" for name in RULES],
        "tests": [{"name": "peer", "interval": "1m", "input_series": series, "expect": expect}],
    }
    path = folder / "app.alert.yaml"
    path.write_text(yaml.safe_dump(test), encoding="utf-8")
    return path


def test_promtool_and_alertproof_agree_on_every_minute(tmp_path: Path) -> None:
    assert len(ERRORS) == len(DEPTHS) == MINUTES
    for rule in RULES.values():
        assert {firing(rule, minute) for minute in range(1, MINUTES + 1)} == {True, False}, rule

    peer = subprocess.run(
        ["promtool", "test", "rules", prometheus_test(tmp_path)],  # noqa: S607 - whichever the system has
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (ours,) = run_file(our_test(tmp_path))

    assert peer.returncode == 0, peer.stdout + peer.stderr
    assert ours.verdict is Verdict.PASSED, [one for one in ours.expectations if not one.met]
