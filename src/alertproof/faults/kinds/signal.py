"""Nothing is broken: what a monitor looks at is sent, as if something were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, assert_never, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door
from alertproof.telemetry.signals import MARK, ErrorSignal, EventSignal, LogSignal, MetricSignal, Signal

__all__ = ["SentSignals"]

_MOST = 10_000  # points, lines or events in an interval: what an account is charged for, and a minute's reading


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SentSignals:
    """The ``signals`` are sent each ten seconds of the target's clock, marked ``drill:true``.

    ``instead_of`` are metrics that steady signals send no more meanwhile, where there is no platform that measures.
    """

    kind: ClassVar[str] = "signal"
    door: ClassVar[Door] = "signals"
    text: str
    signals: tuple[Signal, ...]
    instead_of: frozenset[str] = frozenset()

    @property
    def blast_radius(self) -> str:
        return "nothing is broken; who reads these metrics, events or logs reads what is not so"

    def prepare(self) -> Mapping[str, object]:
        if not self.signals:
            raise BlastRadiusExceeded(
                f"the signal fault {self.text!r} sends nothing; name a metric, event, log or error"
            )
        for signal in self.signals:
            if MARK not in _marks(signal):
                raise BlastRadiusExceeded(f"the signal fault {self.text!r} is not marked {MARK}: nobody could tell it")
        sent = sum(map(_size, self.signals))
        if sent > _MOST:
            raise BlastRadiusExceeded(f"a signal fault sends at most {_MOST:,} things in ten seconds, got {sent:,}")
        return {"signals": len(self.signals)}


def _marks(signal: Signal) -> tuple[str, ...]:
    if isinstance(signal, ErrorSignal):
        return tuple(f"{name}:{value}" for name, value in signal.tags)
    return signal.tags


def _size(signal: Signal) -> int:
    match signal:
        case MetricSignal():
            return len(signal.values)
        case LogSignal() | ErrorSignal():
            return signal.count
        case EventSignal():
            return 1
        case _:
            assert_never(signal)
