"""``python -m alertproof.standins datadog``: the account's API, its agent and its control door."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.errors import ConfigError
from alertproof.standins.control.door import ROOT
from alertproof.standins.control.manners import datadog_refusal
from alertproof.standins.control.reset import Reset, until_ended
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.agent.traces import trace_app
from alertproof.standins.datadog.control import clock_told, doors
from alertproof.standins.datadog.dashboards import dashboard_routes
from alertproof.standins.datadog.eventplatform.event_routes import event_routes
from alertproof.standins.datadog.eventplatform.logs import log_routes
from alertproof.standins.datadog.eventplatform.rum import rum_routes
from alertproof.standins.datadog.eventplatform.spans import span_routes
from alertproof.standins.datadog.logconfig.archives import archive_routes
from alertproof.standins.datadog.logconfig.indexes import index_routes
from alertproof.standins.datadog.logconfig.pipelines import pipeline_routes
from alertproof.standins.datadog.logconfig.scanning import scanning_routes
from alertproof.standins.datadog.metrics.catalog import catalog_routes
from alertproof.standins.datadog.metrics.formulas import formula_routes
from alertproof.standins.datadog.metrics.points import point_routes
from alertproof.standins.datadog.monitoring.checks import check_routes
from alertproof.standins.datadog.monitoring.downtime_routes import downtime_routes
from alertproof.standins.datadog.monitoring.downtime_v1 import old_downtime_routes
from alertproof.standins.datadog.monitoring.monitor_routes import monitor_routes
from alertproof.standins.datadog.monitoring.monitor_search import search_routes
from alertproof.standins.datadog.notify.services import service_routes
from alertproof.standins.datadog.notify.webhooks import webhook_routes
from alertproof.standins.datadog.otlp.app import otlp_app
from alertproof.standins.datadog.overview import overview
from alertproof.standins.datadog.slo.corrections import correction_routes
from alertproof.standins.datadog.slo.history import history_routes
from alertproof.standins.datadog.slo.routes import slo_routes
from alertproof.standins.datadog.wire import LARGEST, ApiError, FromBrowsers, Keys, RateLimits, answer_error, refusal
from alertproof.standins.generation import Generation, add_options
from alertproof.standins.journal.requests import Requests
from alertproof.standins.process import Site, UnknownRequests

__all__ = ["api_app", "main"]


#: What is asked with a body and changes nothing.
_READERS = (
    "/api/v1/logs-queries",
    "/api/v1/monitor/validate",
    "/api/v2/events/search",
    "/api/v2/logs/analytics",
    "/api/v2/logs/events/search",
    "/api/v2/query/",
    "/api/v2/rum/analytics",
    "/api/v2/rum/events/search",
    "/api/v2/spans/analytics",
    "/api/v2/spans/events/search",
)


def api_app(account: Account, unknown: UnknownRequests) -> Starlette:
    """Return the app of the account's API, the part that clients reach with keys."""

    async def validate(_request: Request) -> JSONResponse:
        return JSONResponse({"valid": True})

    return Starlette(
        routes=[
            Route("/api/v1/validate", validate),
            *search_routes(account.monitors, account.downtimes, account.clock),
            *monitor_routes(account.monitors, account.slos, account.policies, account.downtimes, account.clock),
            *downtime_routes(account.downtimes, account.monitors, account.clock),
            *old_downtime_routes(account.downtimes, account.monitors, account.clock),
            *account.rules.routes(account.clock),
            *account.policies.routes(account.clock),
            *account.templates.routes(account.clock),
            *correction_routes(account.slos, account.clock),
            *slo_routes(account.slos, account.monitors, account.clock),
            *history_routes(account.slos, account.ingest, account.events, account.clockwork.settle),
            *dashboard_routes(account.dashboards, account.clock),
            *pipeline_routes(account.pipelines),
            *index_routes(account.indexes),
            *archive_routes(account.archives),
            *scanning_routes(account.scanning),
            *service_routes(account.services),
            *webhook_routes(account.webhooks),
            *check_routes(account.checks, account.clock),
            *event_routes(account.events, account.records, account.clock),
            *log_routes(account.logs, account.records, account.clock),
            *rum_routes(account.rum, account.records, account.clock),
            *span_routes(account.records, account.clock),
            *catalog_routes(account.catalog),
            *point_routes(account.ingest, account.clockwork.settle),
            *formula_routes(account.ingest, account.clockwork.settle),
            unknown.route(),
        ],
        middleware=[Middleware(FromBrowsers), Middleware(Keys), Middleware(RateLimits)],
        exception_handlers={ApiError: answer_error},
    )


def main(arguments: Sequence[str]) -> int:
    """Serve an empty account until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins datadog")
    parser.add_argument("--pagerduty-url", help="where PagerDuty's Events API answers, https://host:port")
    add_options(parser)
    parser.add_argument("--ca-file", type=Path, help="PEM file that PagerDuty's certificate is checked against")
    options = parser.parse_args(arguments)
    if options.ca_file is not None and not options.ca_file.is_file():
        raise ConfigError(f"--ca-file {options.ca_file}: no such file; give the PEM file of the stack's authority")
    return until_ended(lambda reset: _generation(options, reset))


def _generation(options: argparse.Namespace, reset: Reset) -> int:
    generation = Generation("datadog", options, reset)
    journal = generation.journal
    account = Account(
        generation.clock,
        journal=journal,
        pagerduty_url=options.pagerduty_url,
        ca_file=str(options.ca_file) if options.ca_file else None,
    )
    account.receiver.host = options.host
    account.receiver.port = reset.port("dogstatsd") or generation.store.port("dogstatsd")
    unknown = UnknownRequests(answer=_not_found)
    apps = {
        "datadog": api_app(account, unknown),
        "datadog_agent": trace_app(account.spans, unknown, account.client_stats.take),
        "otlp": otlp_app(account, unknown),
    }
    requests = Requests(journal, largest=LARGEST)
    recorded = {name: requests.before(name, app, when=_changes) for name, app in apps.items()}
    control = generation.control(
        tuple(apps),
        datadog_refusal,
        account.later,
        unknown,
        overview=lambda common: overview(account, common),
        told=lambda: clock_told(account),
    )
    door = control.app(doors(account, unknown))
    return generation.run(
        [
            *(Site(name=name, app=control.around(app, name)) for name, app in recorded.items()),
            Site(name="control", app=requests.before("control", door, when=f"{ROOT}/history".__eq__), local=True),
        ],
        # The receiver first: evaluation must not begin before datagrams are stamped.
        beside=[account.receiver.serving, account.outbox.serving, account.clockwork.serving],
        endpoints=lambda addresses: {**addresses, "control": f"{addresses['control']}{ROOT}"},
    )


def _changes(path: str) -> bool:
    return not path.startswith(_READERS)


def _not_found(request: Request) -> Response:
    return refusal(404, f"Not found: the stand-in has no route for {request.method} {request.url.path}")
