"""The first rows: three tenants with two users each, their leads and opportunities, the same but for their dates."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from m3core.database import Database, leads, metadata, opportunities, signing_keys, tenants, users
from m3core.logins import hash_password

__all__ = ["LEADS_PER_TENANT", "TENANT_NAMES", "seed"]

TENANT_NAMES = {"acme": "Acme", "globex": "Globex", "initech": "Initech"}
LEADS_PER_TENANT = {"acme": 1_500, "globex": 1_000, "initech": 500}

_GIVEN = ("Ada", "Bruno", "Chidi", "Dana", "Elif", "Farid", "Grace", "Hana", "Ivo", "Jun", "Kemi", "Lena", "Milo")
_FAMILY = ("Abreu", "Berg", "Costa", "Diaz", "Endo", "Fischer", "Gupta", "Haas", "Ito", "Jensen", "Kaya", "Lund")
_FIRMS = ("Northwind", "Bluebird", "Copperhill", "Driftwood", "Evergreen", "Foxglove", "Graphite", "Harbour")
_BRANCHES = ("Logistics", "Foods", "Energy", "Health", "Robotics", "Studios", "Textiles")
_SOURCES = ("web", "fair", "referral", "campaign")
_STATUSES = ("new", "new", "contacted", "qualified")
_STAGES = ("qualification", "qualification", "proposal", "negotiation", "won", "lost")
_PRODUCTS = ("renewal", "first licence", "support", "more seats", "migration")
#: The newest of these leads have not been converted yet.
_CONVERTED_EACH, _NOT_YET = 9, 50
#: Any number of our own: it keeps two seeds that start together from both finding nothing.
_SEED_LOCK = 6_300_812


def seed(database: Database, *, password: str, light: bool = False) -> dict[str, int]:
    """Create what is absent: tables, tenants, users, leads and the signing key.

    Returns the number of leads of each tenant afterwards. Running it again changes nothing; a tenant that has
    any lead is left alone, and so is an existing user's password. ``light`` passwords are quick to check.
    """
    with database.writing() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SEED_LOCK})
        metadata.create_all(connection)
        _create_people(connection, hash_password(password, light=light))
        counts = _count_leads(connection)
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        rows = [row for slug in TENANT_NAMES if not counts.get(slug) for row in _rows(slug, now)]
        if rows:
            connection.execute(insert(leads), rows)
            sales = [row for slug in TENANT_NAMES if not counts.get(slug) for row in _opportunities(slug, now)]
            connection.execute(insert(opportunities), sales)
        return _count_leads(connection)


def _create_people(connection: Connection, password_hash: str) -> None:
    key = {"name": "sessions", "key": secrets.token_bytes(32)}
    connection.execute(upsert(signing_keys).on_conflict_do_nothing(), [key])
    names = [{"slug": slug, "name": name} for slug, name in TENANT_NAMES.items()]
    connection.execute(upsert(tenants).on_conflict_do_nothing(), names)
    known = set(connection.scalars(select(users.c.tenant)))
    missing = [slug for slug in TENANT_NAMES if slug not in known]
    if missing:
        people = [
            {"tenant": t, "email": f"{role}@{t}.example", "password_hash": password_hash, "role": role}
            for t in missing
            for role in ("agent", "admin")
        ]
        connection.execute(insert(users), people)


def _count_leads(connection: Connection) -> dict[str, int]:
    query = select(leads.c.tenant, func.count()).group_by(leads.c.tenant).order_by(leads.c.tenant)
    return {row[0]: row[1] for row in connection.execute(query)}


def _rows(tenant: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a tenant's leads, the newest of just now. Each tenant has a random sequence of its own."""
    chance = random.Random(f"m3core {tenant}")  # noqa: S311 - sample data, not a secret
    for number in range(LEADS_PER_TENANT[tenant]):
        given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
        firm = f"{chance.choice(_FIRMS)} {chance.choice(_BRANCHES)}"
        created = now - timedelta(minutes=37 * (LEADS_PER_TENANT[tenant] - number))
        converted = number % _CONVERTED_EACH == 0 and number < LEADS_PER_TENANT[tenant] - _NOT_YET
        status = chance.choice(_STATUSES)
        yield {
            "tenant": tenant,
            "name": f"{given} {family}",
            "company": firm,
            "email": f"{given}.{family}.{number}@{firm.split(maxsplit=1)[0]}.example".lower(),
            "phone": f"+1 555 01{number % 100:02d}",
            "source": chance.choice(_SOURCES),
            "status": "converted" if converted else status,
            "score": chance.randrange(10, 95),
            "created_at": created,
            "converted_at": created + timedelta(hours=chance.randrange(1, 30)) if converted else None,
        }


def _opportunities(tenant: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a tenant's opportunities, one for each tenth lead, the newest a month old."""
    chance = random.Random(f"m3core opportunities of {tenant}")  # noqa: S311 - sample data, not a secret
    count = LEADS_PER_TENANT[tenant] // 10
    for number in range(count):
        stage = chance.choice(_STAGES)
        created = now - timedelta(days=30, hours=7 * (count - number))
        yield {
            "tenant": tenant,
            "name": f"{chance.choice(_FIRMS)} {chance.choice(_BRANCHES)}: {chance.choice(_PRODUCTS)}",
            "amount_cents": chance.randrange(5, 400) * 100_00,
            "stage": stage,
            "created_at": created,
            "closed_at": created + timedelta(days=chance.randrange(5, 30)) if stage in {"won", "lost"} else None,
        }
