"""The monitors of a test: a file each, or several in a list, in Terraform's resources or in its plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import Broken, ConfigError, NotModelled
from alertproof.offline import read_script

QUERY = "avg(last_5m):avg:cpu{*} by {host} > 5"
BODY: dict[str, Any] = {"type": "query alert", "query": QUERY, "name": "CPU", "message": "@slack-a"}
HCL = """resource "datadog_monitor" "cpu" {
  name    = "CPU"
  type    = "query alert"
  query   = "avg(last_5m):avg:cpu{*} by {host} > 5"
  message = "@slack-a"
}
"""

Stems = Callable[[dict[str, str | bytes]], list[str]]


@pytest.fixture
def stems(tmp_path: Path) -> Stems:
    """Read a test over these files, and return what its monitors are called."""

    def read(files: dict[str, str | bytes]) -> list[str]:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        test = tmp_path / "some.alert.yaml"
        series = "input_series: [{series: 'cpu{host:a}', type: gauge, values: 1x9}]"
        test.write_text(f"monitors: [{', '.join(files)}]\ntests:\n  - {{name: t, interval: 1m, {series}}}\n")
        return [monitor.stem.replace(f"{tmp_path}/", "") for monitor in read_script(test).monitors]

    return read


def plan(*addresses: str) -> str:
    resources = [{"address": each, "type": "datadog_monitor", "values": BODY} for each in addresses]
    return json.dumps({"terraform_version": "1.9", "planned_values": {"root_module": {"resources": resources}}})


@pytest.mark.parametrize(
    ("name", "content", "called"),
    [
        ("one.json", json.dumps(BODY), ["one"]),
        ("bom.json", b"\xef\xbb\xbf" + json.dumps(BODY).encode(), ["bom"]),
        ("asset.json", json.dumps({"title": "t", "definition": BODY}), ["asset"]),
        ("list.json", json.dumps([BODY, BODY]), ["number 1", "number 2"]),
        ("named.json", json.dumps({"monitors": [BODY]}), ["number 1"]),
        ("one.jsonl", json.dumps(BODY), ["one"]),
        ("m.tf", HCL, ["cpu"]),
        ("m.tf.json", json.dumps({"resource": {"datadog_monitor": {"cpu": BODY}}}), ["cpu"]),
        ("plan.json", plan("datadog_monitor.a", "module.m.datadog_monitor.b[0]"), ["a", "b[0]"]),
        ("plan.json", plan('module.m["x.y"].datadog_monitor.b["c.d"]'), ['b["c.d"]']),
        (
            "plan.json",
            plan("datadog_monitor.a", "module.m.datadog_monitor.a"),
            ["a", "plan.json: module.m.datadog_monitor.a"],
        ),
    ],
)
def test_a_monitor_is_called_by_its_file_or_its_address_in_there(
    name: str, content: str | bytes, called: list[str], stems: Stems
) -> None:
    assert stems({name: content}) == called


def test_two_files_may_hold_resources_of_one_name(stems: Stems) -> None:
    assert stems({"a.tf": HCL, "b.tf": HCL}) == ["cpu", "b.tf: datadog_monitor.cpu"]


def test_a_file_and_a_resource_of_one_name_are_two_monitors(stems: Stems) -> None:
    one = json.dumps(BODY)
    assert stems({"a.tf": HCL, "cpu.json": one}) == ["cpu", "cpu.json"]
    assert stems({"cpu.json": one, "a.tf": HCL}) == ["cpu", "a.tf: datadog_monitor.cpu"]


def test_terraforms_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "m.tf").write_text(HCL)
    test = tmp_path / "some.alert.yaml"
    test.write_text("monitors: [m.tf]\ntests: [{name: t, interval: 1m, input_series: []}]\n")
    (monitor,) = read_script(test).monitors
    assert monitor.definition.options.require_full_window


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("none.tf", 'resource "aws_instance" "a" {}\n', Broken, "none.tf: no Datadog monitor here"),
        ("empty.json", "[]", Broken, "empty.json: no Datadog monitor here"),
        ("latin.tf", b"# \xe9\n", ConfigError, "latin.tf: not UTF-8 at byte 2"),
        ("deep.json", "[" * 100_000, ConfigError, "deep.json: cannot be read: nested too deep"),
        (
            "var.tf",
            HCL.replace("> 5", "> ${var.a}"),
            NotModelled,
            "a Terraform template is no query until it is filled in",
        ),
    ],
)
def test_a_file_without_a_monitor_that_can_be_evaluated_is_refused(
    name: str, content: str | bytes, kind: type[Exception], said: str, stems: Stems
) -> None:
    with pytest.raises(kind) as caught:
        stems({name: content})
    assert said in str(caught.value)
