"""Breaks the platform in single, marked ways: a request by the fault door, a job by what it is given."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from alertproof.faults import Error, FaultDoor
from alertproof.redact import Secret
from alertproof.requirements import Specification, Target

LEASE = timedelta(seconds=30)
#: The worker sends by a mail server that takes ASCII addresses alone, as many do.
NO_MAIL_GOES_THERE = "jörg@example.org"


@dataclass(frozen=True)
class Trail:
    """The marks of one request, by which what it leaves behind is found again."""

    correlation_id: str = field(default_factory=lambda: f"sentry-{uuid.uuid4().hex[:16]}")
    trace_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a request that goes on with the trace; who samples it is not decided."""
        return {
            "X-Correlation-Id": self.correlation_id,
            "sentry-trace": f"{self.trace_id}-{uuid.uuid4().hex[:16]}",
        }


class Crm:
    """The platform as one of its users sees it, with its fault door."""

    def __init__(self, target: Target, spec: Specification) -> None:
        self.tenant = spec.tenants[0]
        self.email = f"agent@{self.tenant}.example"
        self.password = target.env["M3CORE_SEED_PASSWORD"]
        self.pages = target.pages
        self._api = httpx.Client(base_url=target.endpoints.m3core, timeout=30, trust_env=False)
        self._token = target.env["M3CORE_FAULT_TOKEN"]
        self._door = FaultDoor(base_url=target.endpoints.m3core, token=Secret(self._token))
        login = {"tenant": self.tenant, "email": self.email, "password": self.password}
        token = self._api.post("/api/login", json=login).raise_for_status().json()["token"]
        self._api.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        self._api.close()
        self._door.close()

    @property
    def user_id(self) -> str:
        """The id of the user who is logged in."""
        listed = self._api.get("/api/users").raise_for_status().json()["items"]
        return str(next(each["id"] for each in listed if each["email"] == self.email))

    @contextmanager
    def fault(self, correlation_id: str) -> Iterator[None]:
        """Let requests with this correlation id fail."""
        fault = Error(text="one request fails", match={"correlation_id": correlation_id})
        self._door.inject(fault, fault_id=correlation_id, lease=LEASE)
        try:
            yield
        finally:
            self._door.revert(correlation_id)

    def break_request(self, trail: Trail | None = None, *, traced: bool = False) -> Trail:
        """Let one request fail; unless it is ``traced`` the platform begins the trace and samples it."""
        trail = trail or Trail()
        headers = trail.headers if traced else {"X-Correlation-Id": trail.correlation_id}
        with self.fault(trail.correlation_id):
            assert self._api.get("/api/leads", headers=headers).status_code == 500
        return trail

    def break_job(self) -> Trail:
        """Create a lead whose follow-up cannot be sent."""
        trail = Trail()
        lead = {"name": "Jörg", "company": "Übung", "email": NO_MAIL_GOES_THERE, "phone": "1"}
        self._api.post("/api/leads", json=lead, headers={"X-Correlation-Id": trail.correlation_id}).raise_for_status()
        return trail

    def read_leads(self, times: int) -> None:
        for _ in range(times):
            self._api.get("/api/leads?limit=1").raise_for_status()

    def ready(self) -> dict[str, str]:
        """Return what the platform says of its own parts."""
        said: dict[str, str] = self._api.get("/readyz").raise_for_status().json()
        return said

    def flush(self) -> None:
        """Have the API send what its SDKs hold: sessions, and reports of what they dropped."""
        self._api.post("/_faults/flush", headers={"X-Fault-Token": self._token}).raise_for_status()
