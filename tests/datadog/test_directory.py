from __future__ import annotations

import pytest

from alertproof.datadog.directory import Directory, resolve
from alertproof.datadog.message import RecipientKind, recipient

ACCOUNT = Directory(
    names={
        RecipientKind.PAGERDUTY: frozenset({"Core API", "billing"}),
        RecipientKind.WEBHOOK: frozenset({"notify"}),
        RecipientKind.TEAM: frozenset({"core-team"}),
        RecipientKind.EMAIL: frozenset(),
    },
    slack={"Main": frozenset({"ops", "Main-ops", "EU-web"}), "Main-EU": frozenset(), "Other": frozenset({"dev"})},
)


@pytest.mark.parametrize(
    ("handle", "targets"),
    [
        ("pagerduty-billing", ("billing",)),
        ("pagerduty-Core-API", ("Core API",)),
        ("pagerduty", ("Core API", "billing")),
        ("webhook-notify", ("notify",)),
        ("core-team", ("core-team",)),
        ("slack-ops", ("Main/ops",)),
        ("slack-Main-ops", ("Main/ops",)),
        ("slack-Main-Main-ops", ("Main/Main-ops",)),
        ("slack-Main-EU-web", ("Main/EU-web",)),
        ("slack-dev", ("Other/dev",)),
        ("slack-Other-dev", ("Other/dev",)),
        ("anyone@example.com", ("anyone@example.com",)),
        ("all", ("all",)),
        ("jira-UNKNOWN", ("UNKNOWN",)),
    ],
)
def test_a_handle_leads_to_what_the_account_has(handle: str, targets: tuple[str, ...]) -> None:
    found = resolve(recipient(handle), ACCOUNT)
    assert (found.targets, found.problem, found.recipient.handle) == (targets, "", handle)


@pytest.mark.parametrize(
    ("handle", "problem"),
    [
        ("pagerduty-biling", "no pagerduty 'biling' (did you mean 'billing'?)"),
        ("webhook-other", "no webhook 'other' (known: notify)"),
        ("core-tem", "no team 'core-tem' (did you mean 'core-team'?)"),
        ("slack-opps", "no slack 'opps' (did you mean 'ops'?)"),
        ("slack-Other-ops", "no slack 'ops' (known: dev)"),
        ("slack-", "a variable in it was empty"),
    ],
)
def test_a_handle_that_leads_nowhere_says_why(handle: str, problem: str) -> None:
    found = resolve(recipient(handle), ACCOUNT)
    assert (found.targets, found.recipient.handle) == ((), handle)
    assert problem in found.problem


def test_an_account_without_services_pages_nobody() -> None:
    empty = Directory(names={RecipientKind.PAGERDUTY: frozenset()}, slack={})
    assert resolve(recipient("pagerduty"), empty).problem == "the account has no PagerDuty service"
    assert resolve(recipient("slack-ops"), empty).problem == "the account has no slack 'ops'"


def test_what_is_not_known_of_the_account_is_taken_for_good() -> None:
    for handle in ("pagerduty-x", "slack-x", "team"):
        assert resolve(recipient(handle), Directory()).problem == ""
