"""One of Sentry's alerts is at stand-ins while a drill lasts, and is taken away again where the drill has made it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from tests.standins.conftest import _started, authority

from alertproof.clock import Anchor
from alertproof.drills.sentry_alert import sentry_alert
from alertproof.drills.watched import Watched
from alertproof.errors import ConfigError
from alertproof.requirements import ClockWire, Endpoints, Target, load_specification

MONITORING = Path(__file__).parents[2] / "monitoring"
RULES = "/api/0/projects/m3core/m3core/rules/"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, httpx.Client]]:
    """A target whose accounts are empty, and what asks its Sentry."""
    folder = tmp_path_factory.mktemp("authority")
    _, arguments = authority(folder)
    with ExitStack() as stack:
        project = {"org": "m3core", "project": "m3core", "public_key": "a" * 32, "project_id": "1"}
        pagerduty = _started(stack, "pagerduty", *arguments).endpoints
        sentry = _started(stack, "sentry", "--projects", json.dumps([project])).endpoints
        found = Endpoints(
            m3core="",
            datadog=_started(stack, "datadog").endpoints["datadog"],
            pagerduty=pagerduty["pagerduty"],
            sentry_api=sentry["sentry_api"],
        )
        clock = Anchor.at_now(1.0).encode()
        keys = {"DD_API_KEY": "k", "DD_APP_KEY": "a", "DD_ENV": "drill", "PAGERDUTY_API_TOKEN": "t"}
        target = Target(
            clock=ClockWire(real=clock["real"], stack=clock["stack"], factor=clock["factor"]),
            endpoints=found,
            ca_file=str(folder / "authority.pem"),
            env=keys | {"SENTRY_AUTH_TOKEN": "s", "SENTRY_ORG": "m3core", "SENTRY_PROJECT": "m3core"},
        )
        watched: Any = SimpleNamespace(spec=load_specification(MONITORING), target=target, name="x")
        headers = {"Authorization": "Bearer s"}
        asking = httpx.Client(base_url=found.sentry_api, headers=headers, trust_env=False)
        yield cast("Watched", watched), stack.enter_context(asking)


def rules(asking: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asking.get(RULES).raise_for_status().json()
    return found


def test_the_alert_is_there_while_the_block_runs_in_the_targets_environment_and_pages_by_its_service(
    place: tuple[Watched, httpx.Client],
) -> None:
    watched, asking = place

    with sentry_alert(watched, "sentry-error-spike") as alert:
        (rule,) = rules(asking)
        assert (rule["name"], rule["environment"]) == ("M3CoreCRM error spike", "drill")
        (action,) = rule["actions"]
        assert action["service"]
        assert alert.told.pagerduty == "m3core-operations"

    assert rules(asking) == []


def test_an_alert_that_is_there_already_is_used_and_stays(place: tuple[Watched, httpx.Client]) -> None:
    watched, asking = place
    with sentry_alert(watched, "sentry-error-spike"):
        with sentry_alert(watched, "sentry-error-spike"):
            assert len(rules(asking)) == 1
        assert len(rules(asking)) == 1

    assert rules(asking) == []


@pytest.mark.parametrize("name", ["nothing", "queue-lag", "api-error-rate"])
def test_an_alert_that_is_none_of_sentrys_is_refused(place: tuple[Watched, httpx.Client], name: str) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' is no supporting alert of Sentry"), sentry_alert(place[0], name):
        pass
