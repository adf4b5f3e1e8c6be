"""Finds the browser: the only place that decides which one is used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from alertproof.errors import ConfigError

__all__ = ["BROWSER_VARIABLE", "find_browser"]

BROWSER_VARIABLE = "ALERTPROOF_BROWSER"
#: The headless shell first: it does a journey in half the time of a whole browser.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_browser(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the browser's program: the variable ``ALERTPROOF_BROWSER``, else the system's Chromium.

    Raises `ConfigError` with the one command that helps.
    """
    named = environment.get(BROWSER_VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise ConfigError(f"{BROWSER_VARIABLE}={named}: no program there; unset it or name a Chromium")
        return Path(named)
    for name in _NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return Path(found)
    raise ConfigError("no browser; run: sudo apt-get install --no-install-recommends chromium-headless-shell")
