"""Which operations of the official client the stand-in answers, of the parts of the API that it has."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.routing import Match

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.serve import api_app
from alertproof.standins.process import UnknownRequests

NOW = datetime(2026, 3, 1, tzinfo=UTC)
#: Modules of the client, and the paths in them that are not answered, each beginning.
PARTS: dict[str, tuple[str, ...]] = {
    "v1.api.authentication_api": (),
    "v1.api.dashboards_api": ("/api/v1/dashboard/public",),
    "v1.api.downtimes_api": (),
    "v1.api.events_api": (),
    "v1.api.logs_api": (),
    "v1.api.logs_indexes_api": (),
    "v1.api.logs_pipelines_api": (),
    "v1.api.metrics_api": (),
    "v1.api.monitors_api": (),
    "v1.api.pager_duty_integration_api": (),
    "v1.api.service_checks_api": (),
    "v1.api.service_level_objective_corrections_api": (),
    "v1.api.service_level_objectives_api": (),
    "v1.api.webhooks_integration_api": (),
    "v2.api.downtimes_api": (),
    "v2.api.events_api": (),
    "v2.api.logs_api": (),
    "v2.api.logs_archives_api": ("/api/v2/logs/config/archives/x/readers",),
    "v2.api.metrics_api": (
        "/api/v2/metrics/config/bulk-tags",
        "/api/v2/metrics/historical-metrics-configurations",
        "/api/v2/metrics/tag-indexing-rules",
        "/api/v2/metrics/x/active-configurations",
        "/api/v2/metrics/x/assets",
        "/api/v2/metrics/x/tag-cardinalities",
        "/api/v2/metrics/x/tag-indexing-rule",
    ),
    "v2.api.monitors_api": (),
    "v2.api.sensitive_data_scanner_api": (),
    "v2.api.rum_api": ("/api/v2/rum/applications", "/api/v2/sourcemaps"),
    "v2.api.service_level_objectives_api": ("/api/v2/slo/report",),
    "v2.api.spans_api": (),
}


@pytest.fixture(scope="module")
def routes() -> list[Any]:
    account = Account(ScaledClock(Anchor(real=NOW, stack=NOW, factor=1)))
    return [route for route in api_app(account, UnknownRequests()).routes if route.path != "/{path:anything}"]  # type: ignore[attr-defined]  # routes


def operations(module: str) -> Iterator[tuple[str, str]]:
    """Yield the method and a sample path of each operation of a module of the client."""
    found = importlib.import_module(f"datadog_api_client.{module}")
    (api,) = [kind for name, kind in vars(found).items() if name.endswith("Api") and kind.__module__ == found.__name__]
    for endpoint in vars(api()).values():
        settings = getattr(endpoint, "settings", None)
        if settings is not None:
            numbers = "monitor_id|event_id|downtime_id" if module.startswith("v1") else "monitor_id|event_id"
            numbered = re.sub(f"{{(?:{numbers})}}", "7", settings["endpoint_path"])
            yield settings["http_method"], re.sub(r"{\w+}", "x", numbered)


def is_answered(routes: list[Any], method: str, path: str) -> bool:
    scope = {"type": "http", "path": path, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


@pytest.mark.parametrize("module", PARTS)
def test_every_operation_is_answered_or_said_to_be_left_out(module: str, routes: list[Any]) -> None:
    left = PARTS[module]
    missing, needless = [], set(left)
    for method, path in operations(module):
        beginnings = [each for each in left if path.startswith(each)]
        if is_answered(routes, method, path):
            assert not beginnings, f"{method} {path} is answered, and said not to be"
        elif beginnings:
            needless -= set(beginnings)
        else:
            missing.append(f"{method} {path}")
    assert missing == []
    assert needless == set(), "no operation begins so"
