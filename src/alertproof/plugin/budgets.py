"""The budgets of what users feel, for the fixtures that measure it."""

from __future__ import annotations

import pytest

from alertproof.plugin.options import monitoring_folder
from alertproof.requirements import SyntheticsSpec, load_specification

__all__ = ["budgets_of"]


def budgets_of(config: pytest.Config) -> SyntheticsSpec:
    """Return the specification's budgets; the defaults in a project that has no ``spec.yaml`` and names none."""
    folder = monitoring_folder(config)
    if not config.getoption("--monitoring") and not (folder / "spec.yaml").is_file():
        return SyntheticsSpec()
    return load_specification(folder).synthetics
