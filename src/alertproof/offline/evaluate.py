"""Evaluates monitors over data that somebody gives, with nothing expected of them."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog import Assumptions, queries_of, require_modelled
from alertproof.datadog.monitor.evaluate import takes_given
from alertproof.datadog.monitor.timeline import part_ids
from alertproof.datadog.query.render import render_expression
from alertproof.errors import AlertproofError, Broken, ConfigError
from alertproof.offline.document import read_document
from alertproof.offline.inputs import INPUT_KEYS, Inputs, InputSeries, read_inputs
from alertproof.offline.notation import read_selector, read_values
from alertproof.offline.running import Runner
from alertproof.offline.script import read_slos
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.series import MetricType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from alertproof.datadog import Slos
    from alertproof.offline.script import Monitor
    from alertproof.offline.timeline import Run

__all__ = ["Data", "Evaluated", "evaluate", "read_data"]

_DEFAULT = Assumptions()
#: Modifiers that mean something else, or nothing, for a gauge.
_TYPED = ("as_count", "as_rate")


class Data(Struct, frozen=True, kw_only=True):
    """What monitors are evaluated over; the metrics of ``untyped`` series are taken for gauges, by name."""

    inputs: Inputs
    slos: Slos
    untyped: frozenset[str] = frozenset()


class Evaluated(Struct, frozen=True, kw_only=True):
    """What a monitor did, or why that cannot be told; the ``assumptions`` are those that it rests on."""

    monitor: Monitor
    run: Run | None = None
    problem: AlertproofError | None = None
    assumptions: tuple[str, ...] = ()


def read_data(path: Path | None, series: Sequence[str], interval: timedelta) -> Data:
    """Read the inputs of a test, and its ``slos``, from a file of YAML or JSON, and further ``series``.

    A series is ``[type] metric{tags} values``, of ``interval``, or the file's. Raises `ConfigError` for what it does
    not understand, and where there is no data.
    """
    if path is None and not series:
        raise ConfigError("name data: --data FILE, or --series 'count api.errors{env:prod} 0x9 5x10'")
    inputs, slos = Inputs(interval=interval, records={}, assumed={}), {}
    if path is not None:
        document = read_document(path)
        keys = document.mapping((*INPUT_KEYS, "slos"), needed=("interval",))
        inputs = read_inputs(document, keys)
        slos = dict(read_slos(keys["slos"])) if "slos" in keys else {}
    given = [_series(text, inputs.interval) for text in series]
    untyped = frozenset(each.metric for each, is_typed in given if not is_typed)
    inputs = replace(inputs, series=(*inputs.series, *(each for each, _ in given)))
    return Data(inputs=inputs, slos=slos, untyped=untyped)


def _series(text: str, interval: timedelta) -> tuple[InputSeries, bool]:
    """Read ``count api.errors{env:prod} 0x9 5x10``; tell whether it says its type."""
    first, _, rest = text.strip().partition(" ")
    is_typed = first in tuple(MetricType)
    selector, values = _split(rest if is_typed else text.strip())
    try:
        metric, tags = read_selector(selector)
        read = read_values(values)
    except ConfigError as error:
        raise ConfigError(f"--series {text!r}: {error}") from error
    kind = MetricType(first) if is_typed else MetricType.GAUGE
    return InputSeries(metric=metric, tags=tags, kind=kind, values=read, flush=interval), is_typed


def _split(text: str) -> tuple[str, str]:
    """Split a series from its values: after the tags, or at the first space."""
    if "}" in text:
        before, _, after = text.partition("}")
        return f"{before}}}", after
    before, _, after = text.partition(" ")
    return before, after


def evaluate(monitors: Sequence[Monitor], data: Data, *, assumptions: Assumptions = _DEFAULT) -> Iterator[Evaluated]:
    """Yield what each monitor does over the data. Raises `Broken` for data that cannot be fed."""
    assumptions = dataclasses.replace(assumptions, **data.inputs.assumed)
    runner = Runner(monitors, data.slos, data.inputs, assumptions)
    for monitor in monitors:
        try:
            _require(monitor, data, runner, assumptions)
            run = runner.run(monitor)
            if not run.instants:
                raise Broken("the data end before any evaluation is due")
        except AlertproofError as error:
            yield Evaluated(monitor=monitor, problem=error)
        else:
            yield Evaluated(monitor=monitor, run=run, assumptions=run.rests_on())


def _require(monitor: Monitor, data: Data, runner: Runner, assumptions: Assumptions) -> None:
    """Refuse a monitor that is not modelled, that looks at nothing, or whose metrics have no type that it needs."""
    banded = takes_given(monitor.definition) and data.inputs.bands
    if not part_ids(monitor.definition, data.slos) and not banded:
        require_modelled(monitor.definition, slos=data.slos, evidence=Evidence(), assumptions=assumptions)
    for query in queries_of(monitor.definition, data.slos):
        asked = next((name for name in _TYPED if query.modifier(name)), None)
        if query.metric in data.untyped and asked:
            raise ConfigError(
                f"{render_expression(query)} asks for {asked}() of a series without a type;"
                f" write --series 'count {query.metric}{{..}} ..', or rate"
            )
    runner.require_input(monitor)
