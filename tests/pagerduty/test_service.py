from __future__ import annotations

from datetime import timedelta

import pytest

from alertproof.errors import ConfigError
from alertproof.pagerduty import EscalationPolicy, EscalationRule, Severity, Urgency, UrgencyRule, urgency_of

RULE = EscalationRule(delay=timedelta(minutes=5), targets=("PU00001",))


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [
        (Severity.CRITICAL, Urgency.HIGH),
        (Severity.ERROR, Urgency.HIGH),
        (Severity.WARNING, Urgency.LOW),
        (Severity.INFO, Urgency.LOW),
    ],
)
def test_a_severity_based_service_maps_severity_to_urgency(severity: Severity, urgency: Urgency) -> None:
    assert urgency_of(UrgencyRule.SEVERITY_BASED, severity) is urgency


@pytest.mark.parametrize("severity", list(Severity))
def test_a_constant_rule_does_not_look_at_the_severity(severity: Severity) -> None:
    assert urgency_of(UrgencyRule.HIGH, severity) is Urgency.HIGH
    assert urgency_of(UrgencyRule.LOW, severity) is Urgency.LOW


def test_a_rule_that_tells_nobody_cannot_be() -> None:
    with pytest.raises(ConfigError, match="at least one target"):
        EscalationRule(delay=timedelta(minutes=5), targets=())


def test_a_rule_waits_at_least_one_minute() -> None:
    assert EscalationRule(delay=timedelta(minutes=1), targets=("u",)).delay == timedelta(minutes=1)
    with pytest.raises(ConfigError, match="at least one minute"):
        EscalationRule(delay=timedelta(seconds=59), targets=("u",))


@pytest.mark.parametrize("loops", [0, 9])
def test_a_policy_repeats_up_to_nine_times(loops: int) -> None:
    assert EscalationPolicy(id="p", name="n", rules=(RULE,), loops=loops).loops == loops


@pytest.mark.parametrize("loops", [-1, 10])
def test_a_policy_does_not_repeat_more_often(loops: int) -> None:
    with pytest.raises(ConfigError, match="repeats 0 to 9 times"):
        EscalationPolicy(id="p", name="n", rules=(RULE,), loops=loops)


def test_a_policy_without_rules_cannot_be() -> None:
    with pytest.raises(ConfigError, match="at least one rule"):
        EscalationPolicy(id="p", name="n", rules=())
