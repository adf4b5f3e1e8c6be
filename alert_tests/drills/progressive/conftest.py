"""The drills here have a specification of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.requirements import Specification, load_specification


@pytest.fixture(scope="session")
def specification() -> Specification:
    return load_specification(Path(__file__).parent / "monitoring")
