"""What texts are given to: each reads one as a user's file would be, and does all that is done with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from alertproof.datadog import Assumptions, State, load_definition, require_modelled, run_timeline
from alertproof.datadog.loading import load_text
from alertproof.datadog.message import reachable
from alertproof.datadog.monitor.notify import Moment, notification
from alertproof.datadog.query import parse_expression, parse_query, parse_search, render_query
from alertproof.errors import AlertproofError
from alertproof.offline.run import run_file
from alertproof.tags import Tag, parse_tags
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.records import Record
from alertproof.telemetry.series import MetricType, SeriesStore

MINUTE = datetime(2024, 1, 1, tzinfo=UTC)
MONITORS = {
    "m.json": '{"name": "m", "type": "query alert", "query": "avg(last_5m):avg:a{*} > 1", "message": "x"}',
    "l.json": (
        '{"name": "l", "type": "log alert", "message": "x",'
        ' "query": "logs(\\"*\\").index(\\"*\\").rollup(\\"count\\").last(\\"5m\\") > 1"}'
    ),
}


def refusal(read: Callable[[str], object], text: str) -> AlertproofError | None:
    """Return the error that a text is refused with, None for one that is taken; any other error is a defect."""
    try:
        read(text)
    except AlertproofError as error:
        return error
    return None


def kind_of(query: str) -> str:
    """Return the type of monitor that a query is most likely of."""
    kinds = {"logs(": "log alert", "formula(": "log alert", '"': "service check", "burn_rate(": "slo alert"}
    return next((kind for start, kind in kinds.items() if query.startswith(start)), "query alert")


def query(text: str) -> None:
    """Read a query, print it, read what was printed and evaluate it over some data."""
    tree = parse_query(text)
    assert parse_query(render_query(tree)) == tree
    definition = load_definition({"name": "m", "type": kind_of(text), "query": text, "message": "@a"}, source="test")
    evidence, store = Evidence(), SeriesStore()
    require_modelled(definition, evidence=evidence)
    tags = parse_tags("env:prod,host:a")
    for minute in range(10):
        at = MINUTE.timestamp() + 60 * minute
        store.write("m", tags, MetricType.GAUGE, at, float(minute), interval=60)
        evidence.records.write(
            "logs", Record(at=at, attributes={"a": "a" * 5000, "n": 5.0}, tags=tags, text="a" * 5000)
        )
    instants = np.array([MINUTE.timestamp() + 60 * minute for minute in range(1, 12)])
    run_timeline(definition, store, instants, evidence=evidence)


def expression(text: str) -> None:
    """Read a dashboard's expression."""
    parse_expression(text)


def search(text: str) -> None:
    """Read a search and look for it among records with long texts."""
    parse_search(text)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    query(f'logs("{quoted}").index("*").rollup("count").last("5m") > 1')


def message(text: str) -> None:
    """Render a message and find out whom it tells, and whom it ever could."""
    definition = load_definition(
        {"name": "m", "type": "query alert", "query": "avg(last_5m):avg:m{*} by {host} > 1", "message": text},
        source="test",
    )
    moment = Moment(
        at=MINUTE,
        group=(Tag("host", "a"),),
        old=State.OK,
        new=State.ALERT,
        value=1.5,
        first_triggered_at=MINUTE,
        last_triggered_at=MINUTE,
    )
    reachable(text)
    assert notification(definition, moment, Assumptions()).title


def alert_yaml(text: str) -> None:
    """Run an ``*.alert.yaml`` beside two monitors; a test that is broken says so and is no error."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in MONITORS.items():
            (Path(folder) / name).write_text(content)
        path = Path(folder) / "a.alert.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        run_file(path)


def definitions(text: str) -> None:
    """Read a file of monitors; the ending of its name stands in its first line."""
    name, _, content = text.partition("\n")
    for declared in load_text(content, source=name)[-1:]:
        declared.place(("query",), 0, 5)
