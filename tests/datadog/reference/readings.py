"""The undocumented points, each named after its question or section in the reference, with the stated default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Readings:
    """How the slow evaluator reads what is not documented; another value is another monitor."""

    # Q1: seconds of a bucket inside a monitor; 0 for the table of the query API.
    q1_rollup_seconds: int = 0
    # Q2: the default no-data timeframe, in windows.
    q2_no_data_windows: int = 2
    # Q3: the last second of the window is left out; a bucket that the window cuts holds the points inside it only.
    q3_window_end_included: bool = False
    # Q4: arithmetic with a constant alone takes the as_count path too.
    q4_constant_is_arithmetic: bool = True
    # Q4: an operand of the as_count path is one bucket as long as the window, whatever its rollup and its fill.
    q4_a_count_is_one_bucket: bool = True
    # Q6: a value between a recovery threshold and its threshold keeps the state.
    q6_stays_between_thresholds: bool = True
    # Q17: default_zero() carries what has a default interpolation: all but as_count() and as_rate(), or gauges alone.
    q17_default_zero_carries_gauges_only: bool = False
    # Q17: a bucket without as_rate() is 0 in arithmetic, as one without as_count() is.
    q17_rates_align_as_zero: bool = True
    # 3.7: default_zero() fills nothing where no series is in the scope of any query.
    s37_default_zero_needs_a_series: bool = True
    # 5.6: timeout_h ends No Data too, which is a state that was triggered.
    s56_no_data_times_out: bool = True
