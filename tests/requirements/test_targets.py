"""Targets: what may be said of them, and what a run may do to each."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.requirements import FlagWay, HeaderWay, HttpChange, choose, load_targets, platform_at, read_stack_line


def written(folder: Path, text: str) -> Path:
    path = folder / "alertproof.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_there_is_the_embedded_target(tmp_path: Path) -> None:
    targets = load_targets(tmp_path / "alertproof.toml")

    assert targets["local"].embedded
    assert targets["local"].factor == 60


def test_a_target_that_is_both_embedded_and_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "alertproof.toml"
    path.write_text('[targets.x]\nembedded = true\nstack = "stack.json"\n', encoding="utf-8")

    with pytest.raises(ConfigError, match=r"targets\.x: say one of"):
        load_targets(path)


def test_an_unknown_target_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no target 'lokal' .did you mean 'local'"):
        choose(load_targets(tmp_path / "alertproof.toml"), "lokal")


@pytest.mark.parametrize("text", ["", "not json", '{"clock": {}}', "[]"])
def test_a_line_that_no_stack_printed_is_refused_with_the_command_that_makes_one(text: str) -> None:
    with pytest.raises(ConfigError, match="alertproof up --json"):
        read_stack_line(text, source="stack.json")


def test_a_platform_elsewhere_is_only_read_unless_more_is_allowed(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[targets.prod]\nurl = "https://crm.example/"\n'
        '[targets.staging]\nurl = "https://api.staging.example"\nweb_url = "https://staging.example/"\n'
        'allow = ["read", "write"]\n',
    )

    prod, staging = (platform_at(load_targets(path)[name], environment={}) for name in ("prod", "staging"))

    assert prod.allow == ("read",)
    assert staging.allow == ("read", "write")
    assert prod.endpoints.m3core == prod.pages == "https://crm.example"
    assert (staging.endpoints.m3core, staging.pages) == ("https://api.staging.example", "https://staging.example")
    assert prod.endpoints.datadog == ""
    assert prod.clock.factor == 1


def test_a_platform_elsewhere_takes_its_password_from_the_environment_and_shows_it_nowhere(tmp_path: Path) -> None:
    entry = load_targets(written(tmp_path, '[targets.x]\nurl = "https://crm.example"\n'))["x"]

    target = platform_at(entry, environment={"M3CORE_SEED_PASSWORD": "hunter-2", "AWS_SECRET": "not ours"})

    assert target.env == {"M3CORE_SEED_PASSWORD": "hunter-2"}
    assert "hunter-2" not in repr(target)


@pytest.mark.parametrize(
    ("given", "api"),
    [
        ({}, ""),
        ({"SENTRY_URL": "https://sentry.example/"}, ""),
        ({"SENTRY_ORG": "acme"}, "https://sentry.io"),
        ({"SENTRY_ORG": "acme", "SENTRY_URL": "https://sentry.example/"}, "https://sentry.example"),
    ],
)
def test_a_platform_elsewhere_reports_to_the_sentry_of_the_environment(
    tmp_path: Path, given: dict[str, str], api: str
) -> None:
    entry = load_targets(written(tmp_path, '[targets.x]\nurl = "https://crm.example"\n'))["x"]
    secrets = {"SENTRY_AUTH_TOKEN": "sntryu-1", "SENTRY_PROJECT": "api", "SENTRY_DSN": "https://k@h/1"}

    target = platform_at(entry, environment=given | secrets)

    assert (target.endpoints.sentry_api, target.endpoints.sentry_dsn) == (api, "https://k@h/1")
    assert target.env["SENTRY_AUTH_TOKEN"] == "sntryu-1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('url = "crm.example"', "does not begin with https://"),
        (
            'url = "https://crm.example"\nweb_url = "crm.example"',
            "web_url = 'crm.example' does not begin with https://",
        ),
        ('embedded = true\nweb_url = "https://crm.example"', "'web_url' belongs to a url"),
        ('url = "https://crm.example"\nallow = ["reed"]', "Invalid enum value 'reed'"),
        ('embedded = true\nallow = ["read"]', "'allow' belongs to a url"),
        ("factor = 60", "say one of embedded = true"),
        ('url = "https://crm.example"\nembedded = true', "say one of embedded = true"),
    ],
)
def test_what_a_target_cannot_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_targets(written(tmp_path, f"[targets.x]\n{text}\n"))


FLAG = 'by = "flag", kind = "error", share = 0.05, set = {url = "https://f.example/on", json = {on = true}}'
UNDO = 'undo = {url = "https://f.example/off", method = "DELETE", headers = {Authorization = "Bearer $T"}}'


def with_way(folder: Path, way: str) -> Path:
    return written(folder, f'[targets.x]\nurl = "https://crm.example"\n[targets.x.drills]\nways = [{{{way}}}]\n')


def test_a_target_says_how_requests_fail_by_a_flag_or_a_header(tmp_path: Path) -> None:
    limits = load_targets(with_way(tmp_path, f"{FLAG}, {UNDO}"))["x"].drills
    assert limits is not None
    assert limits.ways == (
        FlagWay(
            kind="error",
            share=0.05,
            change=HttpChange(url="https://f.example/on", body={"on": True}),
            undo=HttpChange(url="https://f.example/off", method="DELETE", headers={"Authorization": "Bearer $T"}),
        ),
    )

    header = 'by = "header", kind = "delay", seconds = 0.9, name = "X-Slow", value = "yes"'
    limits = load_targets(with_way(tmp_path, header))["x"].drills
    assert limits is not None
    assert limits.ways == (HeaderWay(kind="delay", seconds=0.9, name="X-Slow", value="yes"),)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (FLAG, r"targets\.x: drills: ways: the flag at https://f\.example/on has no undo"),
        (f"{FLAG}, {UNDO}".replace("0.05", "1.5"), "a flag's share is above 0 and at most 1, got 1.5"),
        (f"{FLAG}, {UNDO}".replace("https://f.example/off", "f.example"), "'f.example' does not begin with https://"),
        ('by = "header", kind = "delay", name = "X-Slow", value = "yes"', "a delay by header says its seconds"),
        ('by = "header", kind = "error", name = "X-Fail", value = ""', "a header has a name and a value"),
        ('by = "header", kind = "stop", name = "X-Fail", value = "1"', "Invalid enum value 'stop'"),
        ('by = "magic", kind = "error"', "Invalid value 'magic'"),
    ],
)
def test_a_way_that_cannot_be_is_refused(tmp_path: Path, way: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_targets(with_way(tmp_path, way))
