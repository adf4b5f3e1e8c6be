"""A platform elsewhere: the file says where its accounts are, and the environment outranks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.requirements import Target, load_targets, platform_at

KEYS = {"DD_API_KEY": "k", "DD_APP_KEY": "a", "PAGERDUTY_API_TOKEN": "t", "SENTRY_ORG": "o"}
ENTRY = """
url = "https://api.example/"
keeper_url = "https://keeper.example/"
environment = "staging"
release = "crm@1"
datadog_site = "datadoghq.eu"
sentry_url = "https://de.sentry.io"
pagerduty_host = "api.eu.pagerduty.com"
dogstatsd = "udp://10.0.0.7:8125"
ca_file = "own.pem"
"""


def made(folder: Path, text: str = ENTRY, **environment: str) -> Target:
    path = folder / "alertproof.toml"
    path.write_text(f"[targets.x]\n{text}\n", encoding="utf-8")
    return platform_at(load_targets(path)["x"], environment=environment)


def test_an_account_in_the_eu_is_named_in_the_file(tmp_path: Path) -> None:
    target = made(tmp_path, **KEYS)

    ends = target.endpoints
    assert (ends.datadog, ends.sentry_api, ends.pagerduty) == (
        "https://api.datadoghq.eu",
        "https://de.sentry.io",
        "https://api.eu.pagerduty.com",
    )
    assert (ends.m3core_keeper, ends.dogstatsd) == ("https://keeper.example", "udp://10.0.0.7:8125")
    assert (target.env["DD_ENV"], target.env["M3CORE_RELEASE"], target.ca_file) == ("staging", "crm@1", "own.pem")


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    said = {
        "DD_SITE": "http://127.0.0.1:1",
        "SENTRY_URL": "https://sentry.own.example/",
        "PAGERDUTY_API_HOST": "https://127.0.0.1:2",
        "PAGERDUTY_CA_FILE": "theirs.pem",
        "DD_ENV": "qa",
        "DD_DOGSTATSD_URL": "udp://127.0.0.1:3",
    }

    target = made(tmp_path, **KEYS, **said)

    ends = target.endpoints
    assert (ends.datadog, ends.sentry_api, ends.pagerduty, ends.dogstatsd) == (
        "http://127.0.0.1:1",
        "https://sentry.own.example",
        "https://127.0.0.1:2",
        "udp://127.0.0.1:3",
    )
    assert (target.env["DD_ENV"], target.ca_file) == ("qa", "theirs.pem")


def test_an_account_without_a_key_is_none_of_the_targets(tmp_path: Path) -> None:
    ends = made(tmp_path).endpoints

    assert (ends.datadog, ends.sentry_api, ends.pagerduty) == ("", "", "")


def test_other_names_of_the_same_keys_are_read(tmp_path: Path) -> None:
    target = made(tmp_path, DATADOG_API_KEY="k", DATADOG_APP_KEY="a", PAGERDUTY_TOKEN="t")

    assert {name: target.env[name] for name in ("DD_API_KEY", "DD_APP_KEY", "PAGERDUTY_API_TOKEN")} == {
        "DD_API_KEY": "k",
        "DD_APP_KEY": "a",
        "PAGERDUTY_API_TOKEN": "t",
    }


def test_without_limits_nothing_may_be_broken(tmp_path: Path) -> None:
    limits = made(tmp_path).drills

    assert limits is not None
    assert (limits.faults, limits.hosts, limits.monitors) == ((), (), "own")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('drills = {faults = ["eror"]}', "drills: faults: no kind 'eror'"),
        ("drills = {share = 0.0}", "share is above 0 and at most 1, got 0"),
        ("drills = {share = 1.01}", "share is above 0 and at most 1, got 1.01"),
        ("drills = {budget = 101}", "budget is a percentage"),
        ("drills = {rate = 0.0}", "rate and requests are above 0"),
        ("drills = {drill_requests = 0}", "drill_requests is above 0 and at most requests, 100000, got 0"),
        ("drills = {requests = 9, drill_requests = 10}", "drill_requests is above 0 and at most requests, 9, got 10"),
        ('drills = {others = "some"}', "others"),
        ('drills = {guard = "api.example"}', "does not begin with https://"),
        ('drills = {hosts = ["https://api.example"]}', "hosts are names or addresses alone"),
        ('drills = {longst = "5m"}', "did you mean 'longest'"),
        ('drills = {longest = "5"}', "not a duration"),
        ('keeper_url = "keeper.example"', "keeper_url = 'keeper.example' does not begin with https://"),
    ],
)
def test_what_limits_cannot_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        made(tmp_path, f'url = "https://api.example"\n{text}')


@pytest.mark.parametrize(
    ("text", "most"), [("requests = 9", 9), ("requests = 9, drill_requests = 9", 9), ("", 100_000)]
)
def test_one_drill_sends_as_much_as_a_run_where_nothing_else_is_said(tmp_path: Path, text: str, most: int) -> None:
    limits = made(tmp_path, f'url = "https://api.example"\ndrills = {{{text}}}').drills

    assert limits is not None
    assert limits.of_one_drill == most


@pytest.mark.parametrize("text", ["production = true", "drills = {}", 'datadog_site = "datadoghq.eu"'])
def test_what_belongs_to_a_url_has_no_place_at_a_stack(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="belongs to a url"):
        made(tmp_path, f"embedded = true\n{text}")
