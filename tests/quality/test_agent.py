"""The Agent's configuration of ``monitoring/`` holds known keys alone, and ships the log of every service."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from alertproof.errors import ConfigError
from alertproof.quality.agent import agent_findings

FOLDER = Path(__file__).parents[2] / "monitoring" / "datadog" / "agent"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "agent"))


def test_the_repositorys_configuration_holds_keys_that_the_agent_knows() -> None:
    assert agent_findings(FOLDER) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("datadog.yaml", "logs_enabled:", "log_enabled:", "log_enabled: the Agent knows no such key"),
        (
            "datadog.yaml",
            "  errors_per_second",
            "  error_traces_per_second",
            "error_traces_per_second: the Agent knows no such key",
        ),
        ("datadog.yaml", "  enable_rare_sampler", "  enable_rare_samplers", "(did you mean 'enable_rare_sampler'?)"),
        (
            "datadog.yaml",
            "        endpoint: 127.0.0.1:4317",
            "        endpont: x",
            "otlp_config.receiver.protocols.grpc.",
        ),
        ("conf.d/postgres.d/conf.yaml", "    dbm: true", "    dmb: true", "instances[0].dmb: the Agent knows"),
        ("conf.d/redisdb.d/conf.yaml", "slowlog-max-len", "slowlog_max_len", "(did you mean 'slowlog-max-len'?)"),
        ("conf.d/m3core.d/conf.yaml", "service: m3core-api", "servce: m3core-api", "logs[1].servce: the Agent knows"),
    ],
)
def test_a_key_that_the_agent_does_not_know_is_said_with_its_place_and_the_nearest(
    copy: Path, file: str, old: str, new: str, said: str
) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")

    (finding,) = agent_findings(copy)

    assert said in finding
    assert finding.startswith(file)


def test_a_secret_that_no_backend_replaces_is_said_with_its_place(copy: Path) -> None:
    path = copy / "datadog.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("secret_backend_command")), encoding="utf-8")

    findings = agent_findings(copy)

    assert [each.partition(": ENC[")[0] for each in findings] == [
        "conf.d/postgres.d/conf.yaml: instances[0].password",
        "conf.d/redisdb.d/conf.yaml: instances[0].password",
    ]


def test_a_folder_without_the_main_file_and_a_broken_file_are_errors(copy: Path) -> None:
    (copy / "conf.d" / "m3core.d" / "conf.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        agent_findings(copy)
    (copy / "datadog.yaml").unlink()
    with pytest.raises(ConfigError, match=r"no datadog\.yaml here"):
        agent_findings(copy)


def test_the_log_of_every_service_is_shipped_and_no_secret_stands_in_a_file() -> None:
    logs = yaml.safe_load((FOLDER / "conf.d" / "m3core.d" / "conf.yaml").read_text(encoding="utf-8"))["logs"]
    assert [each["service"] for each in logs] == ["m3core-web", "m3core-api", "m3core-worker", "m3core-agent"]
    for path in FOLDER.rglob("*.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert "password:" not in line or "ENC[" in line, f"{path.name}: {line}"
