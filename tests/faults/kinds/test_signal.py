"""A signal says what it sends, is marked, and is never more than an account can bear."""

from __future__ import annotations

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import SentSignals
from alertproof.telemetry.signals import ErrorSignal, EventSignal, LogSignal, MetricSignal, Signal

MARKED = ("env:drill", "drill:true")
POINTS = MetricSignal(metric="m", type="gauge", tags=MARKED, values=(1.0,))


def lines(count: int) -> LogSignal:
    return LogSignal(message="m", service="s", tags=MARKED, count=count)


def test_a_signal_breaks_nothing_and_is_sent_by_the_drill() -> None:
    fault = SentSignals(text="t", signals=(POINTS,))

    assert (fault.kind, fault.door) == ("signal", "signals")
    assert fault.blast_radius.startswith("nothing is broken")
    assert fault.prepare() == {"signals": 1}


def test_a_fault_that_sends_nothing_is_refused() -> None:
    with pytest.raises(BlastRadiusExceeded, match="'t' sends nothing"):
        SentSignals(text="t", signals=()).prepare()


@pytest.mark.parametrize(
    "unmarked",
    [
        MetricSignal(metric="m", type="gauge", tags=("env:drill",), values=(1.0,)),
        EventSignal(title="t", text="t", tags=()),
        LogSignal(message="m", service="s", tags=("drill:false",)),
        ErrorSignal(message="m", environment="drill", release="r", tags=(("tenant", "acme"),)),
    ],
)
def test_what_is_not_marked_is_refused(unmarked: Signal) -> None:
    with pytest.raises(BlastRadiusExceeded, match="not marked drill:true"):
        SentSignals(text="t", signals=(POINTS, unmarked)).prepare()


def test_an_error_is_marked_by_its_tag() -> None:
    error = ErrorSignal(message="m", environment="drill", release="r", tags=(("drill", "true"),))

    assert SentSignals(text="t", signals=(error,)).prepare()


def test_ten_thousand_things_in_an_interval_are_sent_and_one_more_is_not() -> None:
    assert SentSignals(text="t", signals=(lines(9_999), POINTS)).prepare()
    with pytest.raises(BlastRadiusExceeded, match="at most 10,000 things in ten seconds, got 10,001"):
        SentSignals(text="t", signals=(lines(10_000), POINTS)).prepare()
