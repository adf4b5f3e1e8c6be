"""Whether the thresholds held, and whether the generator did its own part: values in, a judgement out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alertproof.errors import nearest
from alertproof.journal import FailureSeen
from alertproof.loadgen.samples import Samples
from alertproof.loadgen.thresholds import Threshold
from alertproof.verdict import Expectation, Verdict

__all__ = ["Judgement", "generator_trouble", "judge", "judge_thresholds"]

_SHOWN_FAILURES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a run ended, and why; ``reason`` is empty when it passed."""

    verdict: Verdict
    reason: str
    expectations: tuple[Expectation, ...]


def generator_trouble(
    *, planned: int, sent: int, dropped: int, max_in_flight: int, lag_p99: timedelta, max_lag: timedelta
) -> list[str]:
    """Return why the load was not the load that was asked for; nothing when it was."""
    troubles = []
    if dropped:
        troubles.append(
            f"{dropped} of {planned} arrivals were not sent, because {max_in_flight} were under way already; the "
            "platform answers too slowly for this rate: lower it, or raise max_in_flight"
        )
    if sent + dropped != planned:
        troubles.append(f"{sent + dropped} of {planned} arrivals were due by the end")
    if lag_p99 > max_lag:
        troubles.append(
            f"one of a hundred arrivals started more than {lag_p99 / timedelta(milliseconds=1):.0f} ms late (at most "
            f"{max_lag / timedelta(milliseconds=1):.0f}): lower the rate, or give the generator a machine of its own"
        )
    return [f"the generator could not keep its rate: {trouble}" for trouble in troubles]


def judge(
    expectations: Sequence[Expectation],
    *,
    broken: Sequence[str],
    aborted: str = "",
    failures: Sequence[FailureSeen] = (),
) -> Judgement:
    """Return the verdict. What is ``broken`` outranks all: a load that was not sent as asked proves nothing.

    What it kept from being reached is then not told one by one. ``aborted`` says that a threshold ended the run.
    """
    told = [one for one in expectations if one.met is False or not (one.met or broken)]
    lines = [*broken, *filter(None, [aborted]), *(one.complaint() for one in told)]
    if not broken and (aborted or any(one.met is False for one in expectations)):
        verdict = Verdict.FAILED
    elif lines or not expectations:
        verdict = Verdict.BROKEN
    else:
        verdict = Verdict.PASSED
    reason = "\n".join([*lines, *_told(failures)] if lines else [])
    return Judgement(verdict=verdict, reason=reason, expectations=tuple(expectations))


def _told(failures: Sequence[FailureSeen]) -> list[str]:
    lines = [
        f"failed: {one.n} x {one.name} {one.trouble} (one has correlation id {one.correlation_id})"
        for one in failures[:_SHOWN_FAILURES]
    ]
    rest = sum(one.n for one in failures[_SHOWN_FAILURES:])
    return [*lines, f"failed: {rest} more, in other ways"] if rest else lines


def judge_thresholds(
    thresholds: Sequence[Threshold], whole: Samples, endpoints: Mapping[str, Samples], *, limit: timedelta
) -> tuple[Expectation, ...]:
    """Decide each threshold over the requests of the run, or those of its endpoint, by name."""
    return tuple(_decide(one, whole, endpoints, limit) for one in thresholds)


def _decide(threshold: Threshold, whole: Samples, endpoints: Mapping[str, Samples], limit: timedelta) -> Expectation:
    if threshold.endpoint and threshold.endpoint not in endpoints:
        seen = f"no request has this name{nearest(threshold.endpoint, endpoints)}"
        return Expectation(text=str(threshold), met=None, last_seen=seen)
    samples = endpoints[threshold.endpoint] if threshold.endpoint else whole
    if samples.n < threshold.minimum:
        seen = f"only {samples.n} of the {threshold.minimum} samples that it needs"
        return Expectation(text=str(threshold), met=None, last_seen=seen)
    met = threshold.holds(threshold.value(samples, limit=limit))
    seen = threshold.show(samples, limit=limit)
    if not met and not threshold.endpoint and len(endpoints) > 1:
        far = min if threshold.operator.startswith(">") else max
        worst = far(endpoints, key=lambda name: threshold.value(endpoints[name], limit=limit))
        seen += f"; worst: {worst}, {threshold.show(endpoints[worst], limit=limit)}"
    return Expectation(text=str(threshold), met=met, last_seen=seen)
