"""Schedules are declared beside users and policies, and a policy tells either."""

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


def test_a_policy_needs_the_schedule_that_it_tells_and_that_its_users() -> None:
    wanted = {(each.kind, each.key): each for each in read_pagerduty(FILE.parents[1]).wanted}
    first = ("schedule", "M3CoreCRM first on call")

    assert first in wanted["escalation policy", "M3CoreCRM"].needs
    assert wanted[first].needs == (("user", "on-call-first@m3core.example"), ("user", "on-call-second@m3core.example"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda body: body["schedules"][0].update(users=["nobody@m3core.example"]),
            "M3CoreCRM first on call: no user 'nobody@m3core.example'",
        ),
        (
            lambda body: body["escalation_policies"][0]["escalation_rules"][0].update(
                targets=["M3CoreCRM frist on call"]
            ),
            "no schedule 'M3CoreCRM frist on call' .did you mean 'M3CoreCRM first on call'",
        ),
        (lambda body: body["schedules"][0].update(turn_day=7), "unknown field `turn_day`.*did you mean 'turn_days'"),
    ],
)
def test_a_name_that_nothing_has_is_said_with_the_nearest(
    change: Callable[[Any], object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        read_pagerduty(changed(tmp_path, change))
