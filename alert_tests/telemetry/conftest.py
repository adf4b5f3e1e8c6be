"""The run that every telemetry test looks at: one for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alert_tests.telemetry.running import Run, running
from alertproof.quality.contract import Emitted, Watched, read_watched

if TYPE_CHECKING:
    from alertproof.journeys import BrowserHost
    from alertproof.requirements import Specification, Target


@pytest.fixture(scope="session")
def run(target: Target, specification: Specification, journey_browser: BrowserHost) -> Iterator[Run]:
    with running(target, specification, journey_browser) as done:
        yield done


@pytest.fixture(scope="session")
def watched(run: Run) -> Watched:
    return read_watched(Path(run.spec.folder), origin=run.spec.environment, environment=run.environment)


@pytest.fixture(scope="session")
def emitted(run: Run) -> Emitted:
    return run.emitted()
