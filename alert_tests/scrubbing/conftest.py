"""One run of canaries for all tests of what left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alert_tests.scrubbing.api_doors import api_doors
from alert_tests.scrubbing.program_doors import program_doors
from alert_tests.scrubbing.web_doors import web_doors
from alert_tests.scrubbing.webhook_doors import webhook_doors

if TYPE_CHECKING:
    from alertproof.journeys import BrowserHost
    from alertproof.plugin.scrubbing import CanaryRun
    from alertproof.requirements import Specification, Target
    from alertproof.scrubbing import Proven

#: What the platform and its clients leave behind; in each of them the search must see canaries of the control.
SOURCES = (
    "Datadog RUM",
    "Datadog events",
    "Datadog events, as shown",
    "Datadog logs",
    "Datadog metrics",
    "Datadog monitors",
    "Datadog spans",
    "PagerDuty events",
    "Sentry event of javascript",
    "Sentry event of node",
    "Sentry event of python",
    "Sentry log",
    "Sentry span",
    "Sentry trace_metric",
    "Sentry transaction",
    "Sentry, as stored",
)
FACETS = {"logs": "@correlation_id", "spans": "@correlation_id", "rum": "@context.correlation_id"}


@pytest.fixture(scope="session")
def proven(canary_run: CanaryRun, target: Target, specification: Specification, journey_browser: BrowserHost) -> Proven:
    tenant, password = specification.tenants[0], target.env["M3CORE_SEED_PASSWORD"]
    doors = [
        *api_doors(tenant, password),
        *web_doors(tenant, password, journey_browser),
        *program_doors(target),
        *webhook_doors(target.env),
    ]
    return canary_run(doors, sources=SOURCES, facets=FACETS)
