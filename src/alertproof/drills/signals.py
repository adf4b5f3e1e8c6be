"""Which signals make an alert's indicator look as if its reference fault stood, and which as if all were well."""

from __future__ import annotations

from collections.abc import Iterable

from alertproof.drills.indicator import GaugeReader, IndicatorReader, PercentileReader
from alertproof.drills.timeline import metric_of
from alertproof.errors import NotModelled
from alertproof.faults import SentSignals
from alertproof.requirements import (
    AgentStoppedSpec,
    BacklogSpec,
    DatabaseLoadSpec,
    DelaySpec,
    ErrorSpec,
    FailingProbeSpec,
    FaultSpec,
    HistorySpec,
    Indicator,
    LoginAttackSpec,
    StopSpec,
)
from alertproof.telemetry.signals import INTERVAL, MARK, MetricSignal, MetricType, Way

__all__ = ["healthy", "level_of", "metrics_of", "signals_of"]

_SECONDS = INTERVAL.total_seconds()
_NEARLY_ALL = 0.95  # of the requests: all of them would take endlessly many beside those that are well
_CORE = 100.0
#: A percentile is passed when more than its rest is bad; so many times its rest make it certain.
_CERTAIN = 2.4
#: Beside the mark: without it a series that is well and one of a fault could be one and the same.
_FAULTY, _WELL = "drill_signal:fault", "drill_signal:steady"
_HARDLY_ANY = 1.0  # requests a second, where nobody sends any


def level_of(fault: FaultSpec) -> float:
    """Return how bad the reference fault makes an indicator, in the indicator's own unit."""
    match fault:
        case ErrorSpec():
            return fault.share
        case DelaySpec():
            return fault.seconds
        case BacklogSpec():
            return float(fault.jobs)
        case DatabaseLoadSpec():
            return _CORE
        case StopSpec():
            return _NEARLY_ALL
        case FailingProbeSpec():
            raise NotModelled("a failing probe is a number of runs: give the level of the signal instead")
        case AgentStoppedSpec():
            raise NotModelled("a stopped agent sends nothing, which no signal says: stop the agent instead")
        case LoginAttackSpec():
            raise NotModelled("failed logins are a count, which signals do not make up: have logins fail instead")


def signals_of(reader: IndicatorReader, level: float, *, rate: float, text: str, way: Way = "api") -> SentSignals:
    """Return what brings an indicator to a level, beside ``rate`` requests a second that are well.

    The level of a ratio is the share that is bad, of a percentile and a gauge the value. All goes one ``way``.
    """
    indicator = reader.indicator
    metric, tags = metric_of(indicator.numerator)
    marked = (*map(str, sorted(tags)), MARK, _FAULTY)
    if isinstance(reader, GaugeReader):
        gauge = MetricSignal(metric=metric, type="gauge", tags=marked, values=(level,), way=way)
        return SentSignals(text=text, signals=(gauge,), instead_of=frozenset({metric}))
    share = reader.allowed * _CERTAIN if isinstance(reader, PercentileReader) else level
    share = min(share, _NEARLY_ALL)
    bad = max(rate, _HARDLY_ANY) * share / (1 - share)
    if isinstance(reader, PercentileReader):
        samples = (level,) * max(1, round(bad * _SECONDS))
        slow = MetricSignal(metric=metric, type="distribution", tags=marked, values=samples, way=way)
        return SentSignals(text=text, signals=(slow,))
    assert indicator.denominator is not None  # noqa: S101 - a ratio has one
    everything, its_tags = metric_of(indicator.denominator)
    failed = MetricSignal(metric=metric, type="rate", tags=marked, values=(bad,), way=way)
    asked = MetricSignal(
        metric=everything, type="rate", tags=(*map(str, sorted(its_tags)), MARK, _FAULTY), values=(bad,), way=way
    )
    return SentSignals(text=text, signals=(failed, asked))


def healthy(history: HistorySpec, metrics: Iterable[str], *, environment: str) -> list[MetricSignal]:
    """Return the healthy series of a specification's history that are of these metrics, to be continued."""
    wanted, found = {*metrics}, []
    for series in history.series:
        if series.metric not in wanted:
            continue
        common = (*series.tags, f"env:{environment}", MARK, _WELL)
        kind: MetricType = series.type
        for tenant in series.per_tenant or ("",):
            tags = (*common, f"tenant:{tenant}") if tenant else common
            found.append(
                MetricSignal(metric=series.metric, type=kind, tags=tags, values=(series.value,) * series.samples)
            )
    return found


def metrics_of(indicator: Indicator) -> frozenset[str]:
    """Return the metrics that an indicator is made of."""
    queries = filter(None, (indicator.numerator, indicator.denominator))
    return frozenset(metric_of(query)[0] for query in queries)
