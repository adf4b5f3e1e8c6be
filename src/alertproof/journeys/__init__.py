"""Journeys in a real browser: the journey itself, the one resolver that finds the browser, and its driver.

Importing this costs no Playwright; asking it for `BrowserHost`, `Evidence` or `Journey` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from alertproof.journeys.browser import ENGINES, browser_version, ensure_browser, find_browser, find_encoder

if TYPE_CHECKING:
    from alertproof.journeys.conditions import Conditions
    from alertproof.journeys.evidence import Evidence
    from alertproof.journeys.host import BrowserHost
    from alertproof.journeys.journey import Journey
    from alertproof.journeys.logins import Logins

__all__ = [
    "ENGINES",
    "BrowserHost",
    "Conditions",
    "Evidence",
    "Journey",
    "Logins",
    "browser_version",
    "ensure_browser",
    "find_browser",
    "find_encoder",
]

_LATER = {
    "BrowserHost": "host",
    "Conditions": "conditions",
    "Evidence": "evidence",
    "Journey": "journey",
    "Logins": "logins",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"alertproof.journeys.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
