from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from alert_tests.sentry.breaking import Crm
from alertproof.plugin.options import target_name
from alertproof.plugin.permission import demand

if TYPE_CHECKING:
    from alertproof.requirements import Specification, Target


@pytest.fixture(scope="module")
def crm(target: Target, specification: Specification, pytestconfig: pytest.Config) -> Iterator[Crm]:
    for permission in ("faults", "write"):
        demand(target, permission, name=target_name(pytestconfig))
    crm = Crm(target, specification)
    yield crm
    crm.close()


@pytest.fixture(scope="session")
def traces_sample_rate(specification: Specification) -> float:
    """The share of traces that is to be kept: what monitoring/ says of the environment's project."""
    path = specification.folder / "sentry" / "projects" / f"{specification.environment}.json"
    return float(json.loads(path.read_text(encoding="utf-8"))["client"]["traces_sample_rate"])


@pytest.fixture
def flushed(crm: Crm) -> None:
    """Have sent before the test what the SDK still holds of those before it: it would be counted with its own."""
    crm.flush()
