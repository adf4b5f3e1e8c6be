"""The tables and the connection to Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import psycopg
from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    func,
    text,
)
from sqlalchemy.exc import OperationalError

from m3core.context import current_work
from m3core.settings import SettingsError

__all__ = [
    "Database",
    "activities",
    "imports",
    "leads",
    "metadata",
    "opportunities",
    "signing_keys",
    "status_notes",
    "tenants",
    "users",
    "webhook_events",
]

metadata = MetaData()

tenants = Table(
    "tenants",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text, ForeignKey("tenants.slug"), nullable=False),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False, server_default="agent"),
    # Kept here and not in the cache, so that a lock holds for all processes and while the cache is away.
    Column("failed_logins", Integer, nullable=False, server_default="0"),
    Column("failing_since", DateTime(timezone=True)),
    Column("locked_until", DateTime(timezone=True)),
    Column("last_seen_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("tenant", "email"),
    CheckConstraint("role IN ('agent', 'admin')"),
)

leads = Table(
    "leads",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text, ForeignKey("tenants.slug"), nullable=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, server_default="web"),
    Column("status", Text, nullable=False, server_default="new"),
    Column("score", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("converted_at", DateTime(timezone=True)),
    # What a search looks through, so that it need not fold three columns of every row each time.
    Column("search_text", Text, Computed("lower(name || ' ' || company || ' ' || email)", persisted=True)),
    Index("leads_tenant_id", "tenant", "id"),
)

activities = Table(
    "activities",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text, ForeignKey("tenants.slug"), nullable=False),
    Column("lead_id", BigInteger, ForeignKey("leads.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("activities_tenant_lead", "tenant", "lead_id"),
)

opportunities = Table(
    "opportunities",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text, ForeignKey("tenants.slug"), nullable=False),
    Column("lead_id", BigInteger, ForeignKey("leads.id")),
    Column("name", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("amount_cents >= 0"),
    Index("opportunities_tenant_stage", "tenant", "stage", "id"),
)

imports = Table(
    "imports",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tenant", Text, ForeignKey("tenants.slug"), nullable=False),
    Column("state", Text, nullable=False),
    Column("content", LargeBinary),  # until it has been read
    Column("imported", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("problems", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    Index("imports_tenant_id", "tenant", "id"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

status_notes = Table(
    "status_notes",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False, unique=True),
    Column("source", Text, primary_key=True),
    Column("incident", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("annotated_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('open', 'acknowledged', 'resolved')"),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("webhook_events_received", "received_at"),
)

_READ_ONLY = text("SET TRANSACTION READ ONLY")


@final
class Database:
    """A pool of connections.

    Single statements that only read run without a transaction around them, which saves two of three round
    trips; whatever writes goes through :meth:`writing`. A connection stands ready to read: to switch it for each of
    the many reads, and back, would cost as much as the statement.
    """

    def __init__(self, url: str) -> None:
        # The libpq URL is handed to psycopg as it is: SQLAlchemy's own form of URL knows fewer options.
        self.engine: Engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(url, connect_timeout=3),
            # None beyond the pool: those would be opened and closed again with each request, when there are many.
            pool_size=30,
            max_overflow=0,
            pool_timeout=5,
            pool_use_lifo=True,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
        )
        self._writes = self.engine.execution_options(isolation_level="READ COMMITTED")

    def reading(self) -> Connection:
        """Return a connection for a ``with`` block that only reads."""
        return self.engine.connect()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Return a connection for a ``with`` block that is one transaction, committed at its end."""
        with self._writes.begin() as connection:
            if current_work().read_only:  # by a fault: so answers a standby
                connection.execute(_READ_ONLY)
            yield connection

    def ping(self) -> None:
        """Ask for one row; raises `sqlalchemy.exc.SQLAlchemyError` when the server does not answer."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def require(self) -> None:
        """Make sure before the start that the server answers; raises `SettingsError` when it does not."""
        try:
            self.ping()
        except OperationalError as error:
            raise SettingsError(
                f"the database of DATABASE_URL does not answer: {error.orig}\nstart it, or correct the URL"
            ) from None

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()
