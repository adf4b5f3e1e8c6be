"""Runs monitors over the inputs of one test, each once, a composite after its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.datadog import queries_of
from alertproof.datadog.monitor.check_query import check_selection
from alertproof.datadog.monitor.event_query import events_by_group
from alertproof.datadog.monitor.timeline import part_ids
from alertproof.datadog.query.matching import selects_any
from alertproof.datadog.query.render import render_expression
from alertproof.datadog.query.tree import CheckMonitor
from alertproof.errors import Broken
from alertproof.offline.timeline import Run, fill_store, gather_evidence, length_of, run_timeline, with_bands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alertproof.datadog import Assumptions, Slos
    from alertproof.offline.inputs import Inputs
    from alertproof.offline.script import Monitor

__all__ = ["Runner"]


class Runner:
    """Holds the data of one test; raises `Broken` where these cannot be fed."""

    def __init__(self, monitors: Sequence[Monitor], slos: Slos, inputs: Inputs, assumptions: Assumptions) -> None:
        self._by_id = {str(monitor.definition.id): monitor for monitor in monitors}
        self._slos = slos
        self._inputs = inputs
        self._assumptions = assumptions
        self._runs: dict[str, Run] = {}
        self.length = length_of(inputs)
        self._store, self._evidence = fill_store(inputs), gather_evidence(inputs)

    def run(self, monitor: Monitor) -> Run:
        """Return all that a monitor did."""
        if monitor.stem not in self._runs:
            self._runs[monitor.stem] = run_timeline(
                monitor,
                self._store,
                self._inputs.start,
                self.length,
                slos=self._slos,
                assumptions=self._assumptions,
                evidence=with_bands(self._evidence, self._inputs, monitor),
                routing=self._inputs.routing,
                parts={each: self.run(self._part(monitor, each)) for each in part_ids(monitor.definition, self._slos)},
            )
        return self._runs[monitor.stem]

    def _part(self, whole: Monitor, name: str) -> Monitor:
        """Return a monitor that a composite or an SLO combines, by its id."""
        if name not in self._by_id:
            raise Broken(f"{whole.stem} combines monitor {name}, which is not among those of this file, by id")
        if part_ids(self._by_id[name].definition, self._slos):
            raise Broken(f"{whole.stem} combines the composite {self._by_id[name].stem}: Datadog nests none")
        return self._by_id[name]

    def require_input(self, monitor: Monitor) -> None:
        """Refuse a monitor one of whose queries looks at nothing: no input is in its scope."""
        if with_bands(self._evidence, self._inputs, monitor).given:
            return
        store, evidence, tree = self._store, self._evidence, monitor.definition.tree
        if isinstance(tree, CheckMonitor) and not check_selection(tree, evidence.checks).series:
            raise Broken(
                f"no input check is in the scope of {monitor.stem}"
                f" (checks: {', '.join(evidence.checks.metrics()) or 'none'})"
            )
        for name, search in monitor.definition.searches:
            found = events_by_group(search, evidence.records)
            if not any(len(each.times) for each in found.values()):
                raise Broken(
                    f"no input record is found by the search{name and f' {name!r}'} of {monitor.stem},"
                    f" or has its facets (records of: {', '.join(evidence.records.kinds()) or 'nothing'})"
                )
        for query in queries_of(monitor.definition, self._slos):
            if not selects_any(query, store):
                text = render_expression(query)
                raise Broken(
                    f"no input series is in the scope of {text}, which {monitor.stem} asks for"
                    f" (series of: {', '.join(store.metrics()) or 'nothing'})"
                )
