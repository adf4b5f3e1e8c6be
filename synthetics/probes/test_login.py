"""Who has the password gets in, in time; who has not stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.probes import schema, status, timed, within
from alertproof.redact import Secret
from synthetics.probes.leads import PROBLEM

if TYPE_CHECKING:
    from alertproof.plugin.probes import Probe
    from alertproof.probes import Login


def test_a_user_logs_in(probe: Probe, probe_login: Login, tenant: str) -> None:
    # Not the budget of other requests: a password's hash is slow on purpose, and slower on a machine that is busy.
    probe.send(probe_login.request(tenant)).expect(*probe_login.expected(), within("5s"), timed())


def test_nobody_logs_in_with_another_password(probe: Probe, tenant: str) -> None:
    # An address that no user has: a platform may lock one out who is wrong too often.
    stranger = {"tenant": tenant, "email": f"nobody@{tenant}.example", "password": Secret("not-the-password")}

    probe.post("/api/login", json=stranger, reads=True, name=f"login of nobody at {tenant}").expect(
        status(401), schema(PROBLEM)
    )
