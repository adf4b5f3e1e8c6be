"""The platform's fault door: faults inside its own processes, with a lease that it enforces itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import httpx
import msgspec

from alertproof.addresses import is_loopback
from alertproof.errors import BlastRadiusExceeded, FaultError
from alertproof.faults.kinds import Fault
from alertproof.redact import Secret

__all__ = ["AnyDoor", "DoorGone", "FaultDoor", "FaultState", "refuse_longer"]


class FaultState(msgspec.Struct, frozen=True, kw_only=True):
    """A fault as the platform reports it: how many requests matched, and how many things it broke.

    Those are requests, jobs that wait, connections, locks or processes, as its kind has it; of load on the database
    the per cent of a core that it has had.
    """

    id: str
    kind: str
    matched: int
    injected: int
    lease_left_seconds: float


class AnyDoor(Protocol):
    """What takes a fault and gives it back: a door of the platform, or one of the run's own."""

    @property
    def base_url(self) -> str:
        """Where it is, as the ledger says it."""

    def close(self) -> None:
        """Let go of what it holds."""

    def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
        """Hold the fault for at most ``lease`` of real time; raises `FaultError`."""

    def revert(self, fault_id: str) -> None:
        """End the fault; one that has ended already is no error."""

    def active(self) -> list[FaultState]:
        """Return the faults that stand now."""


class DoorGone(FaultError):
    """Nothing listens at the door: the process that held the fault is gone.

    So is what it held in its memory; what it left elsewhere, such as jobs in the queue, ends with the lease.
    """


def _was_refused(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def refuse_longer(fault: Fault, lease: timedelta, longest: timedelta | None) -> None:
    """Raise `BlastRadiusExceeded` for a lease above the longest that the target allows; None allows any."""
    if longest is not None and lease > longest:
        raise BlastRadiusExceeded(
            f"{fault.text!r} would stand for {lease.total_seconds():.0f} s; the target allows "
            f"{longest.total_seconds():.0f} s (drills.longest)"
        )


class FaultDoor:
    """The door at the platform's ``base_url``; ``token`` opens it. No lease through it is above ``longest``."""

    def __init__(self, *, base_url: str, token: Secret, longest: timedelta | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._longest = longest
        self._client = httpx.Client(
            base_url=self.base_url,
            headers={"X-Fault-Token": token.reveal()},
            timeout=10.0,
            trust_env=not is_loopback(base_url),
        )

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
        """Break the platform for at most ``lease`` of real time; raises `FaultError` when it refuses."""
        refuse_longer(fault, lease, self._longest)
        body = {"id": fault_id, "kind": fault.kind, "lease_seconds": lease.total_seconds(), **fault.prepare()}
        answer = self._call("POST", "/_faults", json=body)
        if answer.status_code == 409:
            raise BlastRadiusExceeded(f"{self.base_url} refuses faults: {answer.text[:300]}")
        if answer.status_code == 404:
            raise FaultError(f"{self.base_url} has no fault door; start the platform with M3CORE_FAULT_TOKEN set")
        if answer.status_code != 201:
            raise FaultError(
                f"{self.base_url} refused the fault {fault.text!r}: {answer.status_code} {answer.text[:300]}"
            )

    def revert(self, fault_id: str) -> None:
        """End the fault; one that has ended already is no error."""
        answer = self._call("DELETE", f"/_faults/{fault_id}")
        if answer.status_code not in (200, 204, 404):
            raise FaultError(f"{self.base_url} did not revert {fault_id}: {answer.status_code} {answer.text[:300]}")

    def active(self) -> list[FaultState]:
        """Return the faults that stand now."""
        answer = self._call("GET", "/_faults")
        if answer.status_code != 200:
            raise FaultError(f"{self.base_url} did not list its faults: {answer.status_code} {answer.text[:300]}")
        return msgspec.json.decode(answer.content, type=list[FaultState])

    def _call(self, method: str, path: str, json: object = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=json)
        except httpx.ConnectError as error:
            # Elsewhere a refused connection may be a proxy, a firewall or a restart: only here it is a proof.
            if is_loopback(self.base_url) and _was_refused(error):
                raise DoorGone(f"nothing listens at {self.base_url}") from error
            raise FaultError(f"{self.base_url} was not reached: {error!r}") from error
        except httpx.HTTPError as error:
            raise FaultError(f"{self.base_url}{path} did not answer: {error!r}") from error
