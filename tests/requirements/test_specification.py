"""The specification is read strictly: what is misspelt is named, with the nearest known word."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.loadgen import TrafficPlan
from alertproof.requirements import (
    ErrorSpec,
    load_specification,
    load_targets,
    parse_span,
)

MONITORING = Path(__file__).parents[2] / "monitoring"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MONITORING, tmp_path / "monitoring"))


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "spec.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_five_specified_alerts_are_there() -> None:
    spec = load_specification(MONITORING)

    assert {name: alert.specified for name, alert in spec.alerts.items()} == {
        "api-error-rate": "error rate > 2 % for 5 min",
        "api-latency-p95": "p95 > 800 ms for 10 min",
        "database-cpu": "DB CPU > 80 % for 15 min",
        "api-availability": "API availability < 99.9 %",
        "queue-depth": "queue depth > 10k",
    }


def test_the_error_rate_alert_fires_two_to_four_minutes_after_the_reference_fault() -> None:
    alert = load_specification(MONITORING).alert("api-error-rate")

    assert alert.fires is not None
    assert alert.fires.fault == ErrorSpec(
        share=0.05, tenant="acme", text="5 % of API requests fail, all of them of tenant acme"
    )
    assert (alert.fires.after.start.delta, alert.fires.after.end.delta) == (timedelta(minutes=2), timedelta(minutes=4))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("severity: page", "severty: page", r"unknown field `severty`.*did you mean 'severity'"),
        ("from: 2m", "from: 2 minutes", "write a number and a unit"),
        ("from: 2m", "from: 5m", "'from' is later than 'to'"),
        (
            "urgency: high, severity: critical, text: error",
            "urgency: low, severity: critical, text: error",
            "with high urg",
        ),
        ("recovers_within: 5m", "recovers_within: 5m\n      may: [nothing]", "no alert 'nothing'"),
        ("recovers_within: 5m", "recovers_within: 5m\n      must: [queue-lagg]", "no alert 'queue-lagg' .*'queue-lag'"),
        ("for: 10m", "for: 10m\n      may: [nothing]", "no alert 'nothing'"),
        ("tenant: acme", "tenant: acne", "no tenant 'acne' .did you mean 'acme'"),
        ("share: 0.05, tenant", "share: 0.34, tenant", "one of 3 tenants does not have a share of 0.34"),
        ("share: 0.05", "share: 0", "above 0 and at most 1"),
        ("share: 0.05", "share: 1.5", "above 0 and at most 1"),
        ("monitors/api-error-rate.json", "monitors/api-eror-rate.json", "does not exist beside it"),
        ("supporting:", "suporting:", r"unknown field `suporting`.*did you mean 'supporting'"),
        ("    escalation: M3CoreCRM security\n", "    escalate: M3CoreCRM\n", "did you mean 'escalation'"),
        ("    owner: m3core-security\n", "", "missing required field `owner`"),
        ("  queue-lag:", "  queue-depth:", "supporting.queue-depth: an alert of this name is specified"),
        ("datadog/monitors/queue-lag.json", "datadog/monitors/lag.json", "supporting.queue-lag: .* does not exist"),
        (
            "m3core-web, urgency: low",
            "m3core-web, urgency: high",
            "supporting.web-vitals-lcp: severity warn is told with low",
        ),
        ("{kind: delay, share: 0.12, seconds: 0.9,", "{kind: delay, share: 0.12,", "missing required field `seconds`"),
        ("{kind: delay, share: 0.12, seconds: 0.9,", "{kind: delay, share: 0.12, seconds: 0,", "seconds are above 0"),
        ("{kind: backlog, jobs: 15000,", "{kind: backlog, jobs: 0,", "a backlog has at least one job, got 0"),
        ("{kind: backlog, jobs: 15000,", "{kind: backlog, share: 0.5,", "unknown field `share`"),
        ("{kind: failing_probe, times: 1,", "{kind: failing_probe, times: 0,", "fails at least once, got 0"),
        ("{kind: stop,", "{kind: halt,", "halt"),
    ],
)
def test_a_mistake_is_refused_with_what_and_where(folder: Path, old: str, new: str, said: str) -> None:
    edit(folder, old, new)

    with pytest.raises(ConfigError, match=said) as refused:
        load_specification(folder)

    assert "spec.yaml" in str(refused.value)


def test_an_alert_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no alert 'api-eror-rate' .did you mean 'api-error-rate'"):
        load_specification(MONITORING).alert("api-eror-rate")


def test_a_folder_without_a_specification_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_specification(tmp_path)


def test_text_that_is_not_yaml_is_refused(folder: Path) -> None:
    (folder / "spec.yaml").write_text("alerts: [", encoding="utf-8")

    with pytest.raises(ConfigError, match="not valid YAML"):
        load_specification(folder)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h30m", 5400), ("30d", 2592000), ("250ms", 0.25), ("1.5h", 5400)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_span(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5min", "-5m", "1h 30m"])
def test_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_span(text)


@pytest.mark.parametrize("text", ["999999999999d", "1" * 400 + "s"])
def test_a_duration_that_no_clock_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too long a duration"):
        parse_span(text)


def test_the_healthy_past_has_the_rate_of_the_drills_traffic() -> None:
    """A window that mixes two rates weighs past and present differently: the alert comes early or late."""
    spec = load_specification(MONITORING)
    (requests,) = [series for series in spec.history.series if series.metric == "api.requests"]
    plan = TrafficPlan(base_url="", tenants=spec.tenants, password="", environment="", dogstatsd="", probe_every=1.0)
    factor = load_targets(MONITORING.parent / "alertproof.toml")["local"].factor

    assert requests.per_tenant == spec.tenants
    assert requests.value * len(spec.tenants) * factor == pytest.approx(plan.rate)


def test_a_supporting_alert_with_a_drill_is_drilled_as_a_specified_one() -> None:
    spec = load_specification(MONITORING)

    alert = spec.alert("auth-failures")

    assert set(spec.drilled) == {*spec.alerts, "auth-failures", "queue-depth-no-data"}
    assert (alert.told.pagerduty, alert.indicator.name, alert.severity) == (
        "m3core-security-review",
        "failed logins",
        "warn",
    )
    assert alert.fires is not None
    assert alert.fires.state == "Alert"
    silence = spec.alert("queue-depth-no-data").fires
    assert silence is not None
    assert silence.state == "No Data"
    with pytest.raises(ConfigError, match="no alert 'account-lockouts'"):
        spec.alert("account-lockouts")
