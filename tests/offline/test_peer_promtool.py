"""Where Prometheus can say the same, promtool must agree: the error-rate rule on one timeline, minute by minute."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from alertproof.offline import run_file
from alertproof.verdict import Verdict

pytestmark = pytest.mark.needs("promtool")

MINUTES = 40
#: Failed requests of each minute, of a hundred: quiet, a burst, just at the threshold, just above it, quiet.
ERRORS = [0] * 8 + [7, 7] + [0] * 6 + [2] * 8 + [3] * 6 + [0] * 10
MONITOR = {
    "name": "errors",
    "type": "query alert",
    "query": "sum(last_5m):sum:app.errors{*}.as_count() / sum:app.requests{*}.as_count() > 0.02",
    "message": "errors @pagerduty-app",
    "options": {"thresholds": {"critical": 0.02}},
}


def firing(minute: int) -> bool:
    """Say by hand whether the five minutes before ``minute`` hold more than two percent."""
    window = ERRORS[max(0, minute - 5) : minute]
    return sum(window) > 0.02 * 100 * len(window)


def prometheus_test(folder: Path) -> Path:
    """Write the same rule and timeline for promtool. Its sample i is at minute i; ours stands for [i, i+1)."""
    rules = {
        "groups": [
            {
                "name": "app",
                "interval": "1m",
                "rules": [
                    {
                        "alert": "errors",
                        "expr": "sum_over_time(app_errors[299s]) / sum_over_time(app_requests[299s]) > 0.02",
                    }
                ],
            }
        ]
    }
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    # Prometheus looks back from its instant, that instant included: shift by one minute so that the windows are equal.
    # Versions before 3 also include the window's far end; a second less than five minutes holds five samples in all.
    series = [
        {"series": "app_errors", "values": "_ " + " ".join(map(str, ERRORS))},
        {"series": "app_requests", "values": "_ " + " ".join(["100"] * MINUTES)},
    ]
    alerts = [
        {"eval_time": f"{minute}m", "alertname": "errors", "exp_alerts": [{}] if firing(minute) else []}
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
    (folder / "errors.json").write_text(json.dumps(MONITOR), encoding="utf-8")
    series = [
        {"series": "app.errors{env:prod}", "type": "count", "values": " ".join(map(str, ERRORS))},
        {"series": "app.requests{env:prod}", "type": "count", "values": f"100x{MINUTES - 1}"},
    ]
    expect = [
        {"monitor": "errors", "at": f"{minute}m", "state": "Alert" if firing(minute) else "OK"}
        for minute in range(1, MINUTES + 1)
    ]
    test = {
        "monitors": ["errors.json"],
        "tests": [{"name": "peer", "interval": "1m", "input_series": series, "expect": expect}],
    }
    path = folder / "errors.alert.yaml"
    path.write_text(yaml.safe_dump(test), encoding="utf-8")
    return path


def test_promtool_and_alertproof_agree_on_every_minute(tmp_path: Path) -> None:
    assert len(ERRORS) == MINUTES
    assert {firing(minute) for minute in range(1, MINUTES + 1)} == {True, False}

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
