from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from m3core.settings import SettingsError, load_settings

COMPLETE = {"DATABASE_URL": "postgresql://u:hush@db/m3core", "REDIS_URL": "redis://cache:6379"}


def test_two_urls_are_enough() -> None:
    settings = load_settings(COMPLETE, service="m3core-api")
    assert settings.environment == settings.datadog_env == "development"
    assert (settings.statsd_host, settings.statsd_port) == ("127.0.0.1", 8125)
    assert settings.fault_token is None
    assert settings.sentry_dsn is None
    assert not settings.production


def test_the_web_service_needs_the_apis_address_and_no_database() -> None:
    assert load_settings({"M3CORE_API_URL": "http://api:8000"}, service="m3core-web").api_url == "http://api:8000"
    with pytest.raises(SettingsError, match="M3CORE_API_URL is not set"):
        load_settings(COMPLETE, service="m3core-web")


def test_datadogs_own_variables_win_over_ours_except_for_the_service() -> None:
    settings = load_settings(
        {**COMPLETE, "M3CORE_ENVIRONMENT": "staging", "DD_ENV": "stage", "DD_SERVICE": "other", "DD_VERSION": "7"},
        service="m3core-worker",
    )
    assert (settings.environment, settings.datadog_env, settings.datadog_version) == ("staging", "stage", "7")
    assert settings.service == "m3core-worker"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("production", True),
        ("Prod", True),
        ("prod-eu", True),
        ("PRD", True),
        ("live", True),
        ("preproduction", False),
        ("pr-17", False),
        ("drill", False),
    ],
)
def test_production_is_known_by_how_its_name_begins_ours_or_datadogs(name: str, expected: bool) -> None:
    assert load_settings({**COMPLETE, "M3CORE_ENVIRONMENT": name}, service="s").production is expected
    other = {**COMPLETE, "M3CORE_ENVIRONMENT": "staging", "DD_ENV": name}
    assert load_settings(other, service="s").production is expected


def test_a_fault_token_needs_an_environment_that_somebody_named() -> None:
    with pytest.raises(SettingsError, match="M3CORE_ENVIRONMENT is not set, and M3CORE_FAULT_TOKEN is"):
        load_settings({**COMPLETE, "M3CORE_FAULT_TOKEN": "sesame"}, service="s")
    named = {**COMPLETE, "M3CORE_FAULT_TOKEN": "sesame", "M3CORE_ENVIRONMENT": "drill"}
    assert load_settings(named, service="s").fault_token == "sesame"


def test_every_problem_is_named_at_once_and_no_secret_is_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(
            {
                "DATABASE_URL": "mysql://u:hush@db/m3core",
                "DD_DOGSTATSD_PORT": "eighty",
                "M3CORE_SAMPLE_SECONDS": "0",
                "SENTRY_DSN": "not a url",
            },
            service="s",
        )
    text = str(caught.value)
    for name in ("DATABASE_URL", "REDIS_URL", "DD_DOGSTATSD_PORT", "M3CORE_SAMPLE_SECONDS", "SENTRY_DSN"):
        assert f"{name}" in text
    assert "hush" not in text


@pytest.mark.parametrize("name", ["SENTRY_DSN", "M3CORE_BROWSER_DSN"])
@pytest.mark.parametrize(
    ("dsn", "fits"),
    [
        ("https://key@errors.example/1", True),
        ("https://key@errors.example/behind/1", True),
        ("https://errors.example/1", False),
        ("https://key@errors.example", False),
        ("https://key@errors.example/project", False),
    ],
)
def test_a_dsn_without_its_key_or_project_is_refused_before_the_sdk_sees_it(name: str, dsn: str, fits: bool) -> None:
    environment = {**COMPLETE, name: dsn}
    if fits:
        load_settings(environment, service="s")
    else:
        with pytest.raises(SettingsError, match=f"{name} has no key .* set it to a DSN such as https://key@host/1"):
            load_settings(environment, service="s")


@pytest.mark.parametrize(("port", "fits"), [("0", False), ("1", True), ("65535", True), ("65536", False)])
def test_a_port_is_checked_on_both_sides(port: str, fits: bool) -> None:
    environment = {**COMPLETE, "DD_DOGSTATSD_PORT": port}
    if fits:
        assert load_settings(environment, service="s").statsd_port == int(port)
    else:
        with pytest.raises(SettingsError, match="DD_DOGSTATSD_PORT"):
            load_settings(environment, service="s")


def test_the_repr_shows_no_secret() -> None:
    environment = {**COMPLETE, "M3CORE_FAULT_TOKEN": "sesame", "M3CORE_ENVIRONMENT": "drill"}
    settings = load_settings(environment, service="s")
    assert "hush" not in repr(settings)
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize("command", ["seed", "api", "worker"])
def test_a_command_without_its_environment_ends_with_code_2_and_no_traceback(command: str) -> None:
    ended = run(command, {})
    assert ended.returncode == 2
    assert "DATABASE_URL is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("command", "url"), [("seed", "DATABASE_URL"), ("worker", "REDIS_URL")])
def test_a_server_that_does_not_answer_is_named_without_a_traceback(command: str, url: str) -> None:
    ended = run(
        command,
        {
            "DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/m3core",
            "REDIS_URL": "redis://127.0.0.1:1",
            "M3CORE_SEED_PASSWORD": "x",
        },
    )
    assert ended.returncode == 2
    assert f"of {url} does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hush" not in ended.stderr


def test_a_database_without_tenants_says_to_seed_it(infrastructure: dict[str, str]) -> None:
    with psycopg.connect(infrastructure["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE unseeded")
    ended = run(
        "api", {**infrastructure, "DATABASE_URL": infrastructure["DATABASE_URL"].replace("/postgres?", "/unseeded?")}
    )
    assert ended.returncode == 2
    assert "run `python -m m3core seed` first" in ended.stderr
    assert "Traceback" not in ended.stderr


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "m3core", command], env=environment, capture_output=True, text=True, check=False
    )


def test_log_files_are_services_and_paths() -> None:
    named = {**COMPLETE, "M3CORE_LOG_FILES": "m3core-api=/var/log/a=b.jsonl, m3core-database=/var/log/pg.log,"}
    assert load_settings(named, service="m3core-agent").log_files == (
        ("m3core-api", Path("/var/log/a=b.jsonl")),
        ("m3core-database", Path("/var/log/pg.log")),
    )
    assert load_settings(COMPLETE, service="m3core-agent").log_files == ()


@pytest.mark.parametrize("text", ["/var/log/api.jsonl", "m3core-api=", "=/var/log/api.jsonl"])
def test_a_log_file_without_a_service_or_a_path_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="write it as m3core-api=/var/log/api.jsonl"):
        load_settings({**COMPLETE, "M3CORE_LOG_FILES": text}, service="m3core-agent")


def test_hosts_with_certificates_have_a_port_or_443() -> None:
    named = {**COMPLETE, "M3CORE_TLS_HOSTS": "crm.example.com, api.example.com:8443,[::1]:9443,"}
    assert load_settings(named, service="m3core-agent").tls_hosts == (
        ("crm.example.com", 443),
        ("api.example.com", 8443),
        ("::1", 9443),
    )
    assert load_settings(COMPLETE, service="m3core-agent").tls_hosts == ()


@pytest.mark.parametrize("text", ["https://crm.example.com", "crm.example.com:https", ":443", "crm/login", "crm:99999"])
def test_a_host_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="M3CORE_TLS_HOSTS has .*; write it as crm.example.com,api"):
        load_settings({**COMPLETE, "M3CORE_TLS_HOSTS": text}, service="m3core-agent")


def test_scrubbing_is_on_unless_it_is_switched_off_and_production_refuses_that() -> None:
    assert load_settings(COMPLETE, service="m3core-api").scrubbing
    off = {**COMPLETE, "M3CORE_SCRUBBING": "off"}
    assert not load_settings(off, service="m3core-api").scrubbing
    for production in ({"M3CORE_ENVIRONMENT": "prod-eu"}, {"DD_ENV": "production"}):
        with pytest.raises(SettingsError, match="M3CORE_SCRUBBING=off is refused in production"):
            load_settings({**off, **production}, service="m3core-api")
    with pytest.raises(SettingsError, match="M3CORE_SCRUBBING='no' is neither on nor off"):
        load_settings({**COMPLETE, "M3CORE_SCRUBBING": "no"}, service="m3core-api")


def test_light_passwords_are_refused_in_production_and_not_taken_unasked() -> None:
    assert not load_settings(COMPLETE, service="m3core-api").light_passwords
    light = {**COMPLETE, "M3CORE_LIGHT_PASSWORDS": "on"}
    assert load_settings(light, service="m3core-api").light_passwords
    for production in ({"M3CORE_ENVIRONMENT": "prod"}, {"DD_ENV": "production"}):
        with pytest.raises(SettingsError, match="M3CORE_LIGHT_PASSWORDS=on is refused in production"):
            load_settings({**light, **production}, service="m3core-api")
