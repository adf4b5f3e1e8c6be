"""The tables of the history. Instants are microseconds since the epoch, spans are microseconds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

__all__ = ["CHECKS", "GAPS", "METADATA", "RUNS", "SCHEMA", "SCHEMA_VERSION"]

SCHEMA_VERSION = 1
METADATA = MetaData()

SCHEMA = Table("alertproof_schedule", METADATA, Column("version", Integer, nullable=False))

CHECKS = Table(
    "scheduled_checks",
    METADATA,
    Column("check", Text, primary_key=True),
    Column("location", String(200), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("every", BigInteger, nullable=False),
    Column("jitter", BigInteger, nullable=False),
    Column("quarantine", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
)

#: ``ended`` and what follows it is empty while a run is under way. One slot of a check is run once at a location.
RUNS = Table(
    "scheduled_runs",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("check", Text, nullable=False),
    Column("location", String(200), nullable=False),
    Column("network", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("verdict", String(20)),
    Column("reason", Text, nullable=False, server_default=""),
    Column("earlier", Text, nullable=False, server_default=""),
    Column("took", BigInteger),
    Column("vitals", Text, nullable=False, server_default=""),
    Column("records", Text, nullable=False, server_default=""),
    Column("quarantined", Boolean, nullable=False, server_default=false()),
    Column("interrupted", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("check", "location", "slot"),
    Index("scheduled_runs_began", "began"),
)

#: Slots from ``first`` to ``last`` that were not run, and why.
GAPS = Table(
    "scheduled_gaps",
    METADATA,
    Column("check", Text, primary_key=True),
    Column("location", String(200), primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
