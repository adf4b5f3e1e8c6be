"""A short run of the platform in which each of its features is used once, and what arrived at the vendors of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from alert_tests.synthetics.ways import look_once
from alert_tests.telemetry.paging import issue_alerts
from alertproof.clock import ScaledClock, SystemClock, wait_until
from alertproof.errors import Broken
from alertproof.faults import Error, FaultDoor, RateLimit
from alertproof.loadgen import Traffic, TrafficPlan
from alertproof.quality.contract import Asked, Emitted, Points
from alertproof.redact import Secret
from alertproof.requirements import Specification, Target
from alertproof.sentrywatch import connect
from alertproof.vendors import DatadogTelemetry, Measure, PagerDuty, Sentry, Series

if TYPE_CHECKING:
    from alertproof.journeys import BrowserHost

#: Each process reports its log's size every ten real seconds.
LONG_ENOUGH = timedelta(seconds=13)
#: What was sent before the broken request's last trace, by other ways and the worker, comes this much later at most.
SETTLES = timedelta(seconds=1.5)
ARRIVES_WITHIN = timedelta(seconds=15)
KINDS = ("logs", "spans", "rum")
#: The platform's mail server takes nothing for this domain.
_REFUSING = "refused.example"


@dataclass(kw_only=True)
class Run:
    """The span of the run on the target's clock, and its reader; answers are kept, for several tests ask the same."""

    target: Target
    spec: Specification
    since: datetime
    until: datetime
    telemetry: DatadogTelemetry
    sentry: Sentry
    pagerduty: PagerDuty
    requests: int
    correlation_id: str
    environment: str
    _points: dict[str, Points] = field(default_factory=dict)
    _series: dict[str, int] = field(default_factory=dict)

    def emitted(self) -> Emitted:
        """Return everything that arrived since the run began."""
        names = self.telemetry.metrics(since=self.since)
        span, ago = {"since": self.since, "until": self.until}, self.target.stack_clock().now() - self.since
        return Emitted(
            types={name: self.telemetry.type_of(name) for name in names},
            tags={name: self.telemetry.tags_of(name, within=ago) for name in names},
            facets={kind: self.telemetry.facets(kind, **span) for kind in KINDS},
        )

    def series(self) -> dict[str, int]:
        """Return how many distinct series each metric of the run has."""
        if not self._series:
            self._series = {name: self.telemetry.volume(name) for name in self.telemetry.metrics(since=self.since)}
        return self._series

    def points(self, asked: Asked) -> Points:
        """Return what one thing that is asked for answers over the run."""
        key = f"{asked.kind} {asked.how} {asked.measure} {asked.by} {asked.query}"
        if key not in self._points:
            self._points[key] = self._answered(asked)
        return self._points[key]

    def summed(self, query: str) -> float:
        """Return the sum of all points that a query of metrics answers over the run."""
        series = self.telemetry.series(query, since=self.since, until=self.until)
        return sum(point.value for each in series for point in each.points)

    def averaged(self, metric: str) -> float | None:
        """Return the mean of all points of a metric over the run, None where there is none."""
        query = f"avg:{metric}{{env:{self.environment}}}"
        found = self.telemetry.series(query, since=self.since, until=self.until)
        values = [point.value for each in found for point in each.points]
        return sum(values) / len(values) if values else None

    def counted(self, kind: str, search: str) -> float:
        """Return how many records of the run a search finds."""
        found = self.telemetry.counted(Measure(kind=kind, search=search), since=self.since, until=self.until)
        return found.get((), 0.0)

    def events(self) -> float:
        """Return how many error events Sentry took in the run."""
        # One by one: what Sentry counts, it counts by the hour, with what others sent before the run.
        return float(len(self.sentry.events(since=self.since, until=self.until, most=1000)))

    def _answered(self, asked: Asked) -> Points:
        span = {"since": self.since, "until": self.until}
        if asked.kind == "metric":
            return points_of(self.telemetry.series(asked.query, **span))
        found = self.telemetry.counted(measure_of(asked), **span)
        values = list(found.values())
        # A count of nothing is nothing found; a measure that is zero was measured.
        return Points(count=len([value for value in values if value or asked.how != "count"]), zero=not any(values))


def measure_of(asked: Asked) -> Measure:
    """Return the measure of records that is asked for."""
    return Measure(kind=asked.kind, search=asked.query, how=asked.how, of=asked.measure, by=asked.by)


def points_of(series: list[Series]) -> Points:
    values = [point.value for each in series for point in each.points]
    return Points(count=len(values), zero=not any(values))


@contextmanager
def running(target: Target, spec: Specification, browsers: BrowserHost) -> Iterator[Run]:
    """Use the platform for a short while and yield what there is to read of it."""
    clock, env = target.stack_clock(), target.env
    since = clock.now()
    telemetry, sentry, pagerduty = _vendors(target)
    traffic = Traffic(TrafficPlan.for_target(target, spec, rate=15.0))
    began, real = clock.anchor.to_real(since), SystemClock()
    ends = real.monotonic() + LONG_ENOUGH
    use = _Use(target, spec)
    try:
        try:
            traffic.wait_ready()
            with issue_alerts(target, spec, pagerduty):
                correlation_id = use.all(browsers)
                _look_from_two_places(target)
                real.sleep(ends - real.monotonic())
                _flush(target)
                _arrived(telemetry, clock, since, correlation_id)
            requests = traffic.tally(since=began).sent + use.requests
        finally:
            traffic.stop()
        yield Run(
            target=target,
            spec=spec,
            since=since,
            until=clock.now(),
            telemetry=telemetry,
            sentry=sentry,
            pagerduty=pagerduty,
            requests=requests,
            correlation_id=correlation_id,
            environment=env["DD_ENV"],
        )
    finally:
        for client in (telemetry, sentry, pagerduty):
            client.close()


def _vendors(target: Target) -> tuple[DatadogTelemetry, Sentry, PagerDuty]:
    env, endpoints = target.env, target.endpoints
    telemetry = DatadogTelemetry(
        host=endpoints.datadog, api_key=Secret(env["DD_API_KEY"]), app_key=Secret(env["DD_APP_KEY"])
    )
    sentry = connect(endpoints.sentry_api, env, name="the target")
    pagerduty = PagerDuty(
        base_url=endpoints.pagerduty,
        token=Secret(env["PAGERDUTY_API_TOKEN"]),
        from_email="alertproof@m3core.example",
        ca_file=target.ca_file,
    )
    return telemetry, sentry, pagerduty


def _look_from_two_places(target: Target) -> None:
    """Run a scheduled check of the API from one location, and of the pages from another."""
    ends = target.endpoints
    for location, url, path, service in (
        ("dublin", ends.m3core, "/healthz", "m3core-api"),
        ("ohio", target.pages, "/login", "m3core-web"),
    ):
        trouble = look_once(location, target, url=url, path=path, service=service)
        if trouble:
            raise Broken(f"the check from {location} did not run: {trouble}")


def _flush(target: Target) -> None:
    token = {"X-Fault-Token": target.env["M3CORE_FAULT_TOKEN"]}
    httpx.post(f"{target.endpoints.m3core}/_faults/flush", headers=token, timeout=60, trust_env=False)


def _arrived(telemetry: DatadogTelemetry, clock: ScaledClock, since: datetime, correlation_id: str) -> None:
    """Wait until the browser, the web service and the API have reported the broken request, as far as they ever will.

    What does not come is for the tests to say: each of them names what it misses.
    """
    wanted = {"logs": "@correlation_id", "spans": "@correlation_id", "rum": "@context.correlation_id"}

    def look() -> bool | None:
        until = clock.now()
        found = (
            telemetry.records(kind, f"{facet}:{correlation_id}", since=since, until=until)
            for kind, facet in wanted.items()
        )
        return True if all(found) else None

    real = SystemClock()
    wait_until(look, clock=real, deadline=real.now() + ARRIVES_WITHIN, every=timedelta(milliseconds=200))
    real.sleep(SETTLES)


class _Use:
    """Uses each feature of the platform; ``requests`` counts what was asked of the API meanwhile, pages left out."""

    def __init__(self, target: Target, spec: Specification) -> None:
        self._target = target
        self._spec = spec
        self._password = target.env["M3CORE_SEED_PASSWORD"]
        self.requests = 0

    def all(self, browsers: BrowserHost) -> str:
        """Use each feature, one request of it broken; returns the correlation id of that request."""
        base = self._target.endpoints.m3core
        for tenant in self._spec.tenants:
            hooks = {"request": [self._count]}
            with httpx.Client(base_url=base, timeout=60, trust_env=False, event_hooks=hooks) as api:
                self._work(api, tenant)
                if tenant == self._spec.tenants[0]:
                    self._in_vain(api, tenant)
        correlation_id = f"telemetry-{uuid.uuid4().hex[:12]}"
        fault = Error(text="one request fails", match={"correlation_id": correlation_id})
        with self._door() as door:
            door.inject(fault, fault_id=correlation_id, lease=timedelta(seconds=30))
            self._browse(browsers, correlation_id)
            door.revert(correlation_id)
        return correlation_id

    def _count(self, _request: httpx.Request) -> None:
        self.requests += 1

    def _work(self, api: httpx.Client, tenant: str) -> None:
        """Use each feature of the API once, and try what it must refuse."""
        admin = {"tenant": tenant, "email": f"admin@{tenant}.example", "password": self._password}
        token = api.post("/api/login", json=admin).raise_for_status().json()["token"]
        api.get("/api/leads", headers={"Authorization": f"Bearer {token[:-6]}forged"})
        api.headers["Authorization"] = f"Bearer {token}"
        lead: dict[str, Any] = {"name": "Ada", "company": "Analytical", "email": "ada@analytical.example", "phone": "1"}
        made = api.post("/api/leads", json=lead).raise_for_status().json()["id"]
        for path in (f"/api/leads/{made}", f"/api/leads/{made}", "/api/leads?limit=5", "/api/leads/search?q=Ada"):
            api.get(path).raise_for_status()
        api.post(f"/api/leads/{made}/convert").raise_for_status()
        # The first leads belong to one tenant; to the others they are somebody else's.
        api.get("/api/leads/1")
        api.get(f"/api/leads/{made - 1}")
        for stage in ("won", "lost"):
            new = {"name": "Engine", "amount_cents": 1_250_000}
            opportunity = api.post("/api/opportunities", json=new).raise_for_status().json()["id"]
            api.post(f"/api/opportunities/{opportunity}/stage", json={"stage": stage}).raise_for_status()
        api.post("/api/opportunities", json={"name": "Mill", "amount_cents": 900_000}).raise_for_status()
        rows = "name,company,email\nGrace,Navy,grace@navy.example\n,,\n"
        api.post("/api/imports", content=rows, headers={"Content-Type": "text/csv"}).raise_for_status()
        self._locked_out(api, tenant)

    def _in_vain(self, api: httpx.Client, tenant: str) -> None:
        """Send an e-mail that no server takes, so that a job fails, and a request beyond the tenant's limit."""
        lead = {"name": "Nemo", "company": "Nobody", "email": f"nemo@{_REFUSING}"}
        api.post("/api/leads", json=lead).raise_for_status()
        limited = f"telemetry-limit-{uuid.uuid4().hex[:12]}"
        fault = RateLimit(text="one request is refused", match={"correlation_id": limited, "tenant": tenant})
        with self._door() as door:
            door.inject(fault, fault_id=limited, lease=timedelta(seconds=30))
            api.get("/api/leads", headers={"X-Correlation-Id": limited})
            door.revert(limited)

    @contextmanager
    def _door(self) -> Iterator[FaultDoor]:
        token = Secret(self._target.env["M3CORE_FAULT_TOKEN"])
        door = FaultDoor(base_url=self._target.endpoints.m3core, token=token)
        try:
            yield door
        finally:
            door.close()

    @staticmethod
    def _locked_out(api: httpx.Client, tenant: str) -> None:
        """Create a user and give wrong passwords until the account is locked, and once more; then one of nobody."""
        email = f"u{uuid.uuid4().hex[:8]}@{tenant}.example"
        api.post("/api/users", json={"email": email, "password": "correct-horse-battery"}).raise_for_status()
        wrong = {"tenant": tenant, "email": email, "password": "wrong"}
        for _ in range(6):
            api.post("/api/login", json=wrong)
        api.post("/api/login", json={**wrong, "email": "nobody@example.org"})

    def _browse(self, browsers: BrowserHost, correlation_id: str) -> None:
        """Log in by the pages, walk through them, and open one whose request to the API is broken."""
        tenant = self._spec.tenants[0]
        with browsers.browser() as browser:
            context = browser.new_context(base_url=self._target.pages)
            page = context.new_page()
            page.goto("/login")
            page.get_by_label("Tenant").fill(tenant)
            page.get_by_label("E-mail").fill(f"agent@{tenant}.example")
            page.get_by_label("Password").fill(self._password)
            page.get_by_role("button", name="Log in").click()
            page.wait_for_load_state("networkidle")
            page.goto("/leads/new")
            page.get_by_label("Name").click()
            page.set_extra_http_headers({"X-Correlation-Id": correlation_id})
            page.goto("/leads")
            page.wait_for_load_state("networkidle")
            page.set_extra_http_headers({})
            page.goto("/leads")
            page.wait_for_load_state("networkidle")
            page.goto("about:blank")  # the browser's SDKs send what they hold when a page is left
            page.wait_for_timeout(300)
            context.close()
