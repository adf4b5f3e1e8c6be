"""What PagerDuty's file declares, and where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.sync.declared_people import read_pagerduty

FILE = Path(__file__).parents[2] / "monitoring" / "pagerduty" / "services.json"


def changed(folder: Path, change: Callable[[Any], object]) -> Path:
    body = json.loads(FILE.read_text(encoding="utf-8"))
    change(body)
    (folder / "pagerduty").mkdir()
    (folder / "pagerduty" / "services.json").write_text(json.dumps(body, indent=1), encoding="utf-8")
    return folder


def test_services_come_after_policies_after_schedules_after_users_and_routes_are_last() -> None:
    kinds = [each.kind for each in read_pagerduty(FILE.parents[1]).wanted]
    assert list(dict.fromkeys(kinds)) == ["user", "schedule", "escalation policy", "service", "route"]


def test_without_the_file_nothing_is_wanted(tmp_path: Path) -> None:
    assert read_pagerduty(tmp_path).wanted == ()


def test_what_stands_beside_the_file_is_said_to_be_left_out(tmp_path: Path) -> None:
    folder = changed(tmp_path, lambda _: None)
    (folder / "pagerduty" / "schedules.json").touch()
    assert read_pagerduty(folder).left_out == (str(folder / "pagerduty" / "schedules.json"),)


@pytest.mark.parametrize(
    ("change", "said", "line"),
    [
        (
            lambda body: body["services"][1].update(escalation_policy="M3CoreCMR"),
            "m3core-operations: no escalation policy 'M3CoreCMR' (did you mean 'M3CoreCRM'?)",
            '"escalation_policy": "M3CoreCMR"',
        ),
        (
            lambda body: body["escalation_policies"][0]["escalation_rules"][1].update(targets=["nobody@x"]),
            "M3CoreCRM: no user 'nobody@x'",
            "{",
        ),
        (lambda body: body["services"].append(body["services"][0]), "the service 'm3core-api' is declared twice", "{"),
        (lambda body: body.update(teams=[]), "Object contains unknown field `teams`", None),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, change: Callable[[Any], object], said: str, line: str | None
) -> None:
    folder = changed(tmp_path, change)
    with pytest.raises(ConfigError) as caught:
        read_pagerduty(folder)
    text = str(caught.value)
    assert said in text
    if line is not None:
        number = int(text.split("services.json:")[1].partition(":")[0])
        lines = (folder / "pagerduty" / "services.json").read_text(encoding="utf-8").splitlines()
        assert line in lines[number - 1]
