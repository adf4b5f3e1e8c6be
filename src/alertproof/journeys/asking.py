"""Asks a page for a value, with a deadline: a page in an endless loop never answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NotInTime

__all__ = ["ask"]


def ask(page: Page, expression: str, *, within: timedelta, arg: Any = None) -> Any:
    """Return what a JavaScript expression is in a page, a function called with ``arg``, a promise awaited.

    Raises Playwright's `TimeoutError` when the page has not answered in time, and its `Error` when it is gone.

    Playwright's own `evaluate` knows no deadline, and its `wait_for_function` first hands each new document a library
    of half a megabyte, which takes 20 ms of the journey.
    """
    asked = page._impl_obj.evaluate(expression, arg)  # noqa: SLF001 - what `evaluate` does, before it waits
    try:
        return page._sync(asyncio.wait_for(asked, within.total_seconds()))  # noqa: SLF001 - waits as it does
    except TimeoutError:
        raise NotInTime(f"the page did not answer within {within.total_seconds():g} s") from None
