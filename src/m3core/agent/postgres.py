"""What the database server says about itself: its connections and its size."""

from __future__ import annotations

from typing import final

from sqlalchemy import text

from m3core.agent.gauges import Gauges
from m3core.database import Database

__all__ = ["PostgresCollector"]

_CONNECTIONS = text("SELECT state, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY state")
_SIZE = text("SELECT pg_database_size(current_database())")


@final
class PostgresCollector:
    """Sends postgresql.connections and postgresql.database_size."""

    name = "postgresql"

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self, gauges: Gauges) -> None:
        with self._database.reading() as connection:
            states: dict[str, int] = {row[0]: row[1] for row in connection.execute(_CONNECTIONS)}
            size = connection.execute(_SIZE).scalar_one()
        active, idle = states.pop("active", 0), states.pop("idle", 0)
        for state, number in (("active", active), ("idle", idle), ("other", sum(states.values()))):
            gauges.gauge("postgresql.connections", number, state=state)
        gauges.gauge("postgresql.database_size", size)
