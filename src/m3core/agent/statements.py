"""Which statements the database server spends its time on, by pg_stat_statements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import final

from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError

from m3core.agent.gauges import Gauges
from m3core.agent.rounds import NotHere
from m3core.database import Database

__all__ = ["StatementCollector", "statement_name"]

#: So many statements are sent, those with most time; and a statement is slow from here on, in seconds.
_MOST = 20
_SLOW = 0.2
#: Without the texts, which the server would read from a file each time.
_COUNTERS = text("""
    SELECT queryid, sum(calls)::bigint, sum(total_exec_time) / 1000
    FROM pg_stat_statements(showtext := false)
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
    GROUP BY queryid
""")
_TEXTS = text("""
    SELECT DISTINCT ON (queryid) queryid, left(query, 2000)
    FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IN :ids
""").bindparams(bindparam("ids", expanding=True))
_UNDEFINED = ("UndefinedTable", "UndefinedFunction", "ObjectNotInPrerequisiteState")
_VERB = re.compile(r"\s*(?:--[^\n]*\n|/\*.*?\*/|\s)*([a-z]+)", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(
    r'\b(?:from|into|update|join|table)\s+(?:only\s+)?((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)', re.IGNORECASE
)
_NAMES_KEPT = 2000


@final
@dataclass(frozen=True, slots=True)
class _Spent:
    """What one statement has cost: its calls, and their seconds."""

    calls: int
    seconds: float

    def since(self, before: _Spent | None) -> _Spent:
        """Return what came after ``before``. Counters that went back were set to nothing in between."""
        if before is None or self.calls < before.calls or self.seconds < before.seconds:
            return self
        return _Spent(self.calls - before.calls, self.seconds - before.seconds)


@final
class StatementCollector:
    """Sends postgresql.queries.count, postgresql.queries.time and postgresql.queries.slow.

    The first measurement only remembers where the counters stand.
    """

    name = "statements of postgresql"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before: dict[int, _Spent] | None = None
        self._names: dict[int, str] = {}

    def collect(self, gauges: Gauges) -> None:
        try:
            spent = self._read()
        except DBAPIError as error:
            if type(error.orig).__name__ in _UNDEFINED:
                raise NotHere(
                    "the database counts no statements; add pg_stat_statements to its shared_preload_libraries"
                    " and run CREATE EXTENSION pg_stat_statements"
                ) from error
            raise
        before, self._before = self._before, spent
        if before is None:
            return
        new = {key: total.since(before.get(key)) for key, total in spent.items()}
        run = {key: cost for key, cost in new.items() if cost.calls}
        longest = sorted(run, key=lambda key: run[key].seconds, reverse=True)[:_MOST]
        self._learn_names([key for key in longest if key not in self._names])
        for key in longest:
            tags = {"query_signature": f"{key % 2**64:016x}", "query": self._names.get(key, "unknown")}
            gauges.count("postgresql.queries.count", run[key].calls, **tags)
            gauges.count("postgresql.queries.time", run[key].seconds, **tags)
        slow = sum(1 for cost in run.values() if cost.seconds / cost.calls > _SLOW)
        gauges.count("postgresql.queries.slow", slow)

    def _read(self) -> dict[int, _Spent]:
        with self._database.reading() as connection:
            return {row[0]: _Spent(row[1], row[2]) for row in connection.execute(_COUNTERS)}

    def _learn_names(self, unknown: list[int]) -> None:
        if not unknown:
            return
        if len(self._names) > _NAMES_KEPT:
            self._names.clear()
        with self._database.reading() as connection:
            rows = connection.execute(_TEXTS, {"ids": unknown}).all()
        self._names.update({row[0]: statement_name(row[1]) for row in rows})


def statement_name(statement: str) -> str:
    """Return a short name of a statement, its verb and its first table: ``select-leads``."""
    verb = _VERB.match(statement)
    table = _TABLE.search(statement)
    words = [verb.group(1) if verb else "", table.group(1).rpartition(".")[2].strip('"') if table else ""]
    return re.sub(r"[^a-z0-9_-]+", "-", "-".join(word for word in words if word).lower()).strip("-")[:60] or "unknown"
