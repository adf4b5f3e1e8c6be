"""The agenda: which open incident is due next, without a look at all of them."""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import final

__all__ = ["Agenda"]


@final
class Agenda:
    """When something happens by itself to which incident; of each incident only its newest entry counts."""

    #: Entries that no longer count are swept out when there are so many more of them than of those that do.
    _SLACK = 1000

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, str]] = []
        self._due: dict[str, tuple[datetime, int]] = {}

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, incident_id: str, number: int, at: datetime | None) -> None:
        """Let an incident be due at an instant, or never; at one instant the lower number comes first."""
        if at is None:
            self._due.pop(incident_id, None)
        elif self._due.get(incident_id) != (at, number):
            self._due[incident_id] = (at, number)
            heapq.heappush(self._heap, (at, number, incident_id))
        if len(self._heap) > 2 * len(self._due) + self._SLACK:
            self._heap = [(*due, name) for name, due in self._due.items()]
            heapq.heapify(self._heap)

    def next(self, until: datetime) -> str | None:
        """Return the incident that is due first, at or before ``until``; it stays due until it is put anew."""
        while self._heap and self._heap[0][0] <= until:
            at, number, name = self._heap[0]
            if self._due.get(name) == (at, number):
                return name
            heapq.heappop(self._heap)
        return None
