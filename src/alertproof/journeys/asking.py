"""Asks a page for a value, with a deadline: a page in an endless loop never answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from playwright.sync_api import Error, Page
from playwright.sync_api import TimeoutError as NotInTime

__all__ = ["ask"]

#: What Playwright says when the page was left while it was asked: the one that takes its place is asked then.
_LEFT = ("Execution context was destroyed", "Cannot find context")


def ask(page: Page, expression: str, *, within: timedelta, arg: Any = None) -> Any:
    """Return what a JavaScript expression is in a page, a function called with ``arg``, a promise awaited.

    Raises Playwright's `TimeoutError` when the page has not answered in time, and its `Error` when it is gone.

    Playwright's own `evaluate` knows no deadline, and its `wait_for_function` first hands each new document a library
    of half a megabyte, which takes 20 ms of the journey.
    """

    async def answer() -> Any:
        while True:
            try:
                return await page._impl_obj.evaluate(expression, arg)  # noqa: SLF001 - as `evaluate`, before it waits
            except Error as error:
                if not any(sign in error.message for sign in _LEFT):
                    raise

    try:
        return page._sync(asyncio.wait_for(answer(), within.total_seconds()))  # noqa: SLF001 - and waits as it does
    except TimeoutError:
        raise NotInTime(f"the page did not answer within {within.total_seconds():g} s") from None
