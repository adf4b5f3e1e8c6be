"""How a platform behaved in a capacity search: where it saturates, how it degrades, how it recovers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, takewhile

import msgspec

from alertproof.loadgen.capacity_tick import CapacityTick

__all__ = ["Behaviour", "Step", "behaviour_of", "said"]

_SETTLE = 2  # ticks of a step that show the one before
_OVERLOADED = 0.2  # of the requests are slow: more than the platform takes
_CALM = 3  # ticks in a row within what is allowed: recovered
_LONG = 8  # ticks in which most is slow: as much as the platform answers is seen in them


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A rate that was held on the way up, and what became of its requests."""

    rate: float
    n: int
    slow: int

    @property
    def share(self) -> float:
        return self.slow / self.n if self.n else 0.0


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """``saturation`` is how many arrivals a second it finished while it was overloaded, None where it never was.

    ``steps`` are the rates of the way up, in order. ``recoveries`` are how many seconds passed each time, after the
    load was taken off, until the limit was kept again; None where it was not for as long as was waited.
    """

    saturation: float | None
    steps: tuple[Step, ...]
    recoveries: tuple[float | None, ...]


def behaviour_of(ticks: Sequence[CapacityTick], *, sent: int, tick: float, allowed: float) -> Behaviour:
    """Return what the ticks of a search, each ``tick`` seconds long, say; ``sent`` are the arrivals of all of them."""
    runs = [[*some] for _, some in groupby(ticks, key=lambda one: one.rate)]
    runs = [*takewhile(lambda run: run[0].phase in {"warm-up", "bracket"}, runs)]  # a run ends in the next one's phase
    steps, recoveries = [], []
    for place, run in enumerate(runs):
        seen = run[_SETTLE:] or run
        step = Step(rate=run[0].rate, n=sum(one.n for one in seen), slow=sum(one.slow for one in seen))
        lower = place and runs[place - 1][0].rate > step.rate
        if lower:
            recoveries.append(_recovery(run, tick=tick, allowed=allowed))
        else:
            steps.append(step)
    return Behaviour(
        saturation=_saturation(ticks, sent=sent, tick=tick), steps=tuple(steps), recoveries=tuple(recoveries)
    )


def _recovery(run: Sequence[CapacityTick], *, tick: float, allowed: float) -> float | None:
    """Return the seconds of a run at a low rate until its requests keep the limit again, for some ticks in a row."""
    for place in range(len(run) - _CALM + 1):
        if all(one.slow <= allowed * one.n for one in run[place : place + _CALM]):
            return place * tick
    return None


def _saturation(ticks: Sequence[CapacityTick], *, sent: int, tick: float) -> float | None:
    """Return the arrivals that were finished a second while most requests were slow: the sent less the queued ones.

    None where no such stretch is long enough to tell.
    """
    requests = sum(one.n for one in ticks)
    of_arrivals = sent / requests if requests else 0.0
    finished = seconds = 0.0
    for slow, some in groupby(enumerate(ticks), key=lambda pair: 2 * pair[1].slow > pair[1].n):
        stretch = [*some]
        first = stretch[0][0]
        if not slow or first == 0 or stretch[0][1].phase == "track":
            continue  # near its capacity a platform is overloaded when, by chance, it is slower than usual
        queued = stretch[-1][1].in_flight - ticks[first - 1].in_flight
        finished += sum(one.n for _, one in stretch) * of_arrivals - queued
        seconds += len(stretch) * tick
    return finished / seconds if seconds >= _LONG * tick else None


def said(behaviour: Behaviour, *, limit_ms: float) -> tuple[str, ...]:
    """Return it in three sentences, or fewer where something was not seen."""
    found = []
    if behaviour.saturation is not None:
        found.append(f"saturation: while overloaded it finished {behaviour.saturation:.3g} arrivals a second")
    held = [step for step in behaviour.steps if step.share <= _OVERLOADED]
    over = [step for step in behaviour.steps if step.share > _OVERLOADED]
    if held:
        last = held[-1]
        ends = (
            f", and {100 * over[0].share:.0f} % at {over[0].rate:.3g}/s"
            if over
            else "; more was not tried on the way up"
        )
        found.append(
            f"degradation: of the requests {_share(held[0])} took longer than {limit_ms:g} ms at "
            f"{held[0].rate:.3g}/s, {_share(last)} at {last.rate:.3g}/s{ends}"
        )
    elif over:
        found.append(
            f"degradation: already at {over[0].rate:.3g}/s {100 * over[0].share:.0f} % took longer than {limit_ms:g} ms"
        )
    times = [one for one in behaviour.recoveries if one is not None]
    if behaviour.recoveries and len(times) < len(behaviour.recoveries):
        found.append("recovery: once the load was taken off it did not keep its limit again for as long as was waited")
    elif times:
        span = f"{min(times):.3g} to {max(times):.3g} s" if len(times) > 1 else f"{times[0]:.3g} s"
        found.append(f"recovery: it kept its limit again {span} after the load was taken off")
    return tuple(found)


def _share(step: Step) -> str:
    return f"{100 * step.share:.3g} %" if step.slow else "none"
