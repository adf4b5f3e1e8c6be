from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertproof.errors import ConfigError
from alertproof.pagerduty import Directory, EscalationRule

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_account_is_built_and_found_again() -> None:
    directory = Directory()
    user = directory.add_user("Ada", "ada@example.com")
    policy = directory.add_policy("P", [EscalationRule(delay=timedelta(minutes=5), targets=(user.id,))])
    service = directory.add_service("api", policy.id, NOW)
    first, second = (directory.add_integration(service.id, name, NOW) for name in ("datadog", "sentry"))
    assert directory.user_by_email("ADA@example.com") == user
    assert directory.integration_by_key(second.key) == second
    assert {len(first.key), len(second.key)} == {32}
    assert first.key != second.key
    assert directory.integration_by_key("k" * 32) is None
    assert directory.user_by_email("bob@example.com") is None


def test_two_accounts_built_alike_are_alike() -> None:
    def key() -> str:
        directory = Directory()
        user = directory.add_user("Ada", "ada@example.com")
        policy = directory.add_policy("P", [EscalationRule(delay=timedelta(minutes=5), targets=(user.id,))])
        return directory.add_integration(directory.add_service("api", policy.id, NOW).id, "datadog", NOW).key

    assert key() == key()


def test_what_is_taken_or_missing_is_refused_by_name() -> None:
    directory = Directory()
    user = directory.add_user("Ada", "ada@example.com")
    rules = [EscalationRule(delay=timedelta(minutes=5), targets=(user.id,))]
    policy = directory.add_policy("P", rules)
    directory.add_service("api", policy.id, NOW)
    with pytest.raises(ConfigError, match="Email has already been taken: ADA@example.com"):
        directory.add_user("Other", "ADA@example.com")
    with pytest.raises(ConfigError, match="Name has already been taken: 'p'"):
        directory.add_policy("p", rules)
    with pytest.raises(ConfigError, match="Name has already been taken: 'API'"):
        directory.add_service("API", policy.id, NOW)
    with pytest.raises(ConfigError, match="Escalation target not found: 'PU00009'.*did you mean 'PU00001'"):
        directory.add_policy("Q", [EscalationRule(delay=timedelta(minutes=5), targets=("PU00009",))])
    with pytest.raises(ConfigError, match="Escalation policy not found: 'nope'"):
        directory.add_service("web", "nope", NOW)
    with pytest.raises(ConfigError, match="Service not found: 'nope'"):
        directory.add_integration("nope", "datadog", NOW)
