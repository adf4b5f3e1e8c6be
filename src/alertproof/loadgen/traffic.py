"""A drill's steady traffic, seen from the drill: starts the generator's process and keeps what it reports."""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec

from alertproof.errors import Broken
from alertproof.loadgen.carrying import Carry
from alertproof.requirements import Specification, Target
from alertproof.stack.processes import Child

__all__ = ["Answered", "Traffic", "TrafficPlan"]


class TrafficPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: ``rate`` requests a real second, evenly, whatever the answers take (open loop).

    ``probe_every`` real seconds a probe of ``/healthz`` runs, and its result is sent to ``dogstatsd``.
    """

    base_url: str
    tenants: tuple[str, ...]
    password: str
    environment: str
    dogstatsd: str
    probe_every: float
    rate: float = 50.0

    @classmethod
    def for_target(cls, target: Target, specification: Specification, *, rate: float = 50.0) -> Self:
        """Return the plan of steady traffic to a target, a probe each ten seconds of its clock."""
        return cls(
            base_url=target.endpoints.m3core,
            tenants=specification.tenants,
            password=target.env["M3CORE_SEED_PASSWORD"],
            environment=target.env["DD_ENV"],
            dogstatsd=target.endpoints.dogstatsd,
            probe_every=10.0 / target.clock.factor,
            rate=rate,
        )

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"TrafficPlan({self.base_url!r}, rate={self.rate:g})"


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One request: intended start (epoch seconds, real), seconds until answered, status (0: no answer).

    ``carried`` says that it carried the header of a fault.
    """

    start: float
    seconds: float
    lag: float
    status: int
    tenant: str
    correlation_id: str
    carried: bool = False

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.start, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Requests of a span: how many, how many failed, and the worst lag of the generator itself in seconds."""

    sent: int
    failed: int
    worst_lag: float


class Traffic:
    """The running generator; it ends with this process, also when it is killed."""

    def __init__(self, plan: TrafficPlan) -> None:
        self.plan = plan
        self._answers: list[Answered] = []
        self._changed = threading.Lock()
        self._child = Child(
            "traffic",
            [sys.executable, "-m", "alertproof.loadgen.generator"],
            environment={**os.environ, "ALERTPROOF_TRAFFIC": msgspec.json.encode(plan).decode()},
        )
        self._reader = threading.Thread(target=self._read, name="traffic", daemon=True)

    def wait_ready(self) -> None:
        """Wait until the generator has logged in and sends; raises `StackError` with the end of its log."""
        self._child.ready_line(within=timedelta(seconds=20))
        self._reader.start()

    def carry(self, carry: Carry | None) -> None:
        """Let a share of the requests carry a header from now on, or none any more; raises `Broken`.

        A generator that has died carries nothing: to let it is no error.
        """
        try:
            self._child.tell(msgspec.json.encode(carry))
        except OSError as error:
            if carry is not None:
                raise Broken(f"the traffic generator ended{self._child.last_words()}") from error

    def stop(self) -> None:
        """End the generator."""
        self._child.close_input()
        self._child.end(within=timedelta(seconds=3))
        if self._reader.ident is not None:
            self._reader.join(timeout=3)

    def _read(self) -> None:
        for line in self._child.lines():
            answer = msgspec.convert(json.loads(line), Answered)
            with self._changed:
                self._answers.append(answer)

    def answers(self, *, since: datetime, until: datetime | None = None) -> list[Answered]:
        """Return the requests whose intended start lies in ``[since, until)`` (real), in order of answering.

        Raises `Broken` when the generator has died.
        """
        if not self._child.running():
            raise Broken(f"the traffic generator ended{self._child.last_words()}")
        first, last = since.timestamp(), until.timestamp() if until else float("inf")
        with self._changed:
            return [answer for answer in self._answers if first <= answer.start < last]

    def sent(self) -> int:
        """Return how many requests were answered or given up since the start."""
        with self._changed:
            return len(self._answers)

    def tally(self, *, since: datetime, until: datetime | None = None) -> Tally:
        """Count the requests of ``[since, until)``."""
        answers = self.answers(since=since, until=until)
        return Tally(
            sent=len(answers),
            failed=sum(answer.failed for answer in answers),
            worst_lag=max((answer.lag for answer in answers), default=0.0),
        )
