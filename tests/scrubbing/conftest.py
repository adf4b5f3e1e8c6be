"""Sentry's stand-in alone, as a target whose wire can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.clock import ENVIRONMENT_KEY, Anchor
from alertproof.requirements import CONTROL_TOKEN, ClockWire, Endpoints, Target
from alertproof.stack.standins import StandIns

PROJECT = {"org": "acme", "project": "api", "public_key": "d" * 32, "project_id": "1"}


@contextmanager
def sentry_alone(folder: Path, *arguments: str) -> Iterator[Target]:
    """Start the stand-in, with more arguments."""
    anchor = Anchor.at_now(1.0).encode()
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH")}
    environment |= {CONTROL_TOKEN: "open", ENVIRONMENT_KEY: json.dumps(anchor)}
    child = StandIns(folder, environment).start("sentry", "--projects", json.dumps([PROJECT]), *arguments)
    found = child.ready_line(within=timedelta(seconds=60))["endpoints"]
    clock = ClockWire(real=anchor["real"], stack=anchor["stack"], factor=anchor["factor"])
    ends = Endpoints(m3core="", sentry_dsn=found["sentry_dsn"], sentry_control=found["sentry_control"])
    yield Target(clock=clock, endpoints=ends, env={CONTROL_TOKEN: "open", "DD_ENV": "drill"})
    child.signal(15)
    child.end(within=timedelta(seconds=5))


@pytest.fixture(scope="package")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with sentry_alone(tmp_path_factory.mktemp("stand-in")) as running:
        yield running
