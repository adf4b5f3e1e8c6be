"""Tests that need a tool from the system say so, and are not run, because it is missing; CI takes that as red."""

from __future__ import annotations

import os
import shutil

import pytest

from alertproof.errors import ConfigError
from alertproof.journeys import find_browser

PACKAGES = {"browser": "chromium-headless-shell", "npm": "npm", "promtool": "prometheus"}


def _missing(tool: str) -> bool:
    if tool == "browser":
        try:
            find_browser()
        except ConfigError:
            return True
        return False
    return shutil.which(tool) is None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        tool = mark.args[0]
        if _missing(tool):
            reason = f"not run, because {tool} is missing; run: sudo apt-get install {PACKAGES[tool]}"
            if os.environ.get("ALERTPROOF_REQUIRE_TOOLS"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
