"""What the worker does by the clock, and what Sentry hears of it."""

from __future__ import annotations

import json
import logging
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from m3core.database import Database
from m3core.schedule import Schedule
from m3core.settings import load_settings
from m3core.tidying import tidy

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

SLUG = "m3core-tidy-up"


def ask(platform: Platform, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        found = connection.execute(query.encode(), values)
        return found.fetchall() if found.description else []


@contextmanager
def working(platform: Platform, log: Path, environment: str) -> Iterator[None]:
    """A worker that tidies up each second, and reports as of an environment of its own."""
    with (
        log.open("w") as file,
        platform.command("worker", log=file, M3CORE_TIDY_SECONDS="1", M3CORE_ENVIRONMENT=environment),
    ):
        yield


def check_ins(platform: Platform, environment: str, status: str, number: int) -> list[dict[str, Any]]:
    """Return the check-ins of an environment with a status, once there are so many."""

    def found(items: list[Any]) -> list[dict[str, Any]]:
        mine = [
            item
            for item in items
            if (item.get("monitor_slug"), item.get("environment"), item.get("status")) == (SLUG, environment, status)
        ]
        return mine if len(mine) >= number else []

    return platform.envelopes.wait_for(found, seconds=15)


def test_each_time_begins_and_ends_as_a_check_in(platform: Platform, tmp_path: Path) -> None:
    with working(platform, tmp_path / "log", "by-the-clock"):
        ended = check_ins(platform, "by-the-clock", "ok", 2)

    began = check_ins(platform, "by-the-clock", "in_progress", 2)
    assert {each["check_in_id"] for each in ended} <= {each["check_in_id"] for each in began}
    assert len({each["check_in_id"] for each in ended}) == len(ended)
    assert all(0 < each["duration"] < 5 for each in ended)
    assert ended[0]["monitor_config"]["schedule"] == {"type": "interval", "value": 1, "unit": "minute"}


def test_a_time_that_fails_is_an_error_and_the_next_one_is_not(platform: Platform, tmp_path: Path) -> None:
    ask(platform, "ALTER TABLE status_notes RENAME TO status_notes_away")
    try:
        with working(platform, tmp_path / "log", "failing"):
            check_ins(platform, "failing", "error", 1)
            ask(platform, "ALTER TABLE status_notes_away RENAME TO status_notes")
            check_ins(platform, "failing", "ok", 1)
    finally:
        ask(platform, "ALTER TABLE IF EXISTS status_notes_away RENAME TO status_notes")


def test_a_worker_that_has_ended_checks_in_no_more(platform: Platform, tmp_path: Path) -> None:
    with working(platform, tmp_path / "log", "ending"):
        check_ins(platform, "ending", "ok", 1)
    before = len(check_ins(platform, "ending", "in_progress", 1))

    time.sleep(2.5)

    assert len(check_ins(platform, "ending", "in_progress", 1)) == before
    assert len(check_ins(platform, "ending", "ok", 1)) == before, "one was begun and did not end"


@pytest.mark.parametrize(("minutes", "state"), [(59, "queued"), (61, "failed")])
def test_an_import_that_lost_its_job_is_given_up(platform: Platform, minutes: int, state: str) -> None:
    insert = """INSERT INTO imports (tenant, state, content, problems, created_at)
        VALUES ('acme', 'queued', 'name', '[]', now() - make_interval(mins => %s)) RETURNING id"""
    [(number,)] = ask(platform, insert, minutes)

    tidy_up(platform)

    [(found, content, problems)] = ask(platform, "SELECT state, content, problems FROM imports WHERE id = %s", number)
    ask(platform, "DELETE FROM imports WHERE id = %s", number)
    assert found == state
    assert (content is None) is (state == "failed")
    assert [each["reason"] for each in problems] == (
        ["this file was never read; send it again"] if state == "failed" else []
    )


@pytest.mark.parametrize(("days", "state", "kept"), [(89, "resolved", 1), (91, "resolved", 0), (91, "open", 1)])
def test_the_note_of_an_incident_of_long_ago_is_removed(platform: Platform, days: int, state: str, kept: int) -> None:
    incident = uuid.uuid4().hex
    insert = """INSERT INTO status_notes (source, incident, title, state, weight, opened_at, changed_at)
        SELECT 'datadog', %s, 'of long ago', %s, 0, at, at
        FROM (SELECT now() - make_interval(days => %s) AS at) AS past"""
    ask(platform, insert, incident, state, days)

    tidy_up(platform)

    assert ask(platform, "SELECT count(*) FROM status_notes WHERE incident = %s", incident) == [(kept,)]
    ask(platform, "DELETE FROM status_notes WHERE incident = %s", incident)


def tidy_up(platform: Platform) -> None:
    database = Database(platform.environment["DATABASE_URL"])
    try:
        tidy(database)
    finally:
        database.close()


def test_a_queue_that_is_away_is_asked_again(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    settings = load_settings({**platform.environment, "M3CORE_TIDY_SECONDS": "1"}, service="m3core-worker")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        away = redis.Redis(port=nobody.getsockname()[1], retry=Retry(NoBackoff(), 0))
        with caplog.at_level(logging.WARNING, logger="m3core.schedule"), Schedule(settings, away):
            deadline = time.monotonic() + 30
            while len(caplog.records) < 2:
                assert time.monotonic() < deadline, json.dumps([record.message for record in caplog.records])
                time.sleep(0.05)
    assert {record.message for record in caplog.records} == {"what is due is not queued"}
