from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from alertproof.errors import StackError
from alertproof.stack.databases import count_statements, start_postgres

SOON = timedelta(seconds=20)


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[str, Path]]:
    """A stack's Postgres; yields its URL and its log."""
    with tempfile.TemporaryDirectory(prefix="ap-", ignore_cleanup_errors=True) as name:  # a socket's path must be short
        folder = Path(name)
        folder.chmod(0o755)
        log = folder / "postgres.log"
        child, url = start_postgres(folder / "pg", log=log)
        try:
            count_statements(url, within=SOON)
            yield url, log
        finally:
            child.signal(signal.SIGINT)
            child.end(within=SOON)


def test_a_stacks_postgres_counts_its_statements_without_their_values(postgres: tuple[str, Path]) -> None:
    with psycopg.connect(postgres[0]) as connection:
        for number in (1, 2, 3):
            connection.execute("SELECT relname FROM pg_class WHERE relpages = %s LIMIT 1", [number])
        query = "SELECT query, calls FROM pg_stat_statements WHERE query LIKE 'SELECT relname FROM pg_class%'"
        counted = connection.execute(query).fetchall()
    assert counted == [("SELECT relname FROM pg_class WHERE relpages = $1 LIMIT $2", 3)]


def test_only_a_slow_statement_is_in_the_log_and_nobodys_data_with_it(postgres: tuple[str, Path]) -> None:
    url, log = postgres
    with psycopg.connect(url, application_name="a-test") as connection:
        connection.execute("SELECT 'quick', %s::text", ["jo@example.com"])
        connection.execute("SELECT pg_sleep(0.25), %s::text AS slow", ["ada@example.com"])
    text = log.read_text()
    [line] = [line for line in text.splitlines() if "AS slow" in line]
    assert "app=a-test query_id=" in line
    assert "duration: 2" in line
    assert "quick" not in text
    assert "@example.com" not in text


def test_a_server_that_takes_no_connection_is_said_to_in_time(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="Postgres took no connection within 0 s: .*socket"):
        count_statements(f"postgresql://postgres@/postgres?host={tmp_path}", within=timedelta(milliseconds=50))
