"""The loop that reads what arrived and evaluates metric alerts, as long as there are alerts at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import final

from alertproof.standins.sentry.alerts.issue_alerts import IssueAlerts
from alertproof.standins.sentry.alerts.metric_alerts import MetricAlerts
from alertproof.standins.sentry.slices import read_in_slices
from alertproof.standins.sentry.store import Store

__all__ = ["Watching"]

#: Real seconds between two looks: how late an alert may be.
_NAP = 0.05


@final
class Watching:
    """Without alerts nothing is read before somebody asks, so that intake stays cheap."""

    def __init__(self, store: Store, issues: IssueAlerts, metrics: MetricAlerts) -> None:
        self._store = store
        self._issues = issues
        self._metrics = metrics

    def read(self) -> None:
        """Read what waits, if there are alerts that may fire on it."""
        if self._issues or self._metrics:
            self._store.settle()

    def settle(self) -> None:
        """Read what waits and evaluate what is due."""
        self._store.settle()
        self._metrics.settle()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Watch until the context is left."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._watch())
            yield {}
            task.cancel()

    async def _watch(self) -> None:
        while True:
            if self._issues or self._metrics:
                await read_in_slices(self._store)
                self.settle()
            await asyncio.sleep(_NAP)
