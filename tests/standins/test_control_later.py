"""What makes things visible later: when each is done, and that nothing waits for what is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from alertproof.standins.control.later import Later

WEEK = timedelta(days=7)


def appending(to: list[str], what: str) -> Callable[[], None]:
    return lambda: to.append(what)


def test_a_short_delay_after_a_long_one_that_was_taken_away_does_not_wait_for_the_long_one() -> None:
    done: list[str] = []

    async def turned() -> None:
        later = Later()
        later.turn(WEEK)
        later.do(appending(done, "held"))
        later.turn(timedelta(0))
        assert done == ["held"]
        later.turn(timedelta(milliseconds=1))
        seen = asyncio.Event()
        later.do(seen.set)
        assert not seen.is_set()
        async with asyncio.timeout(20):
            await seen.wait()
        assert later.waiting == 0

    asyncio.run(turned())


def test_what_fails_holds_nothing_up_that_comes_after_it() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    async def turned() -> None:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context.get("exception")))
        later = Later()
        later.turn(timedelta(milliseconds=1))
        seen = asyncio.Event()
        later.do(fail)
        later.do(seen.set)
        async with asyncio.timeout(20):
            await seen.wait()
        assert [type(each) for each in told] == [ZeroDivisionError]

    asyncio.run(turned())


def test_no_more_wait_than_may_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Later, "MOST", 2)
    done: list[str] = []

    async def turned() -> None:
        later = Later()
        later.turn(WEEK)
        for what in ("one", "two"):
            later.do(appending(done, what))
        assert (done, later.waiting) == ([], 2)
        later.do(appending(done, "three"))
        assert (done, later.waiting) == (["one"], 2)
        later.turn(timedelta(0))
        assert done == ["one", "two", "three"]

    asyncio.run(turned())


def test_no_more_bytes_wait_than_may_but_for_one_that_is_larger_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Later, "SIZE", 10)
    done: list[str] = []

    async def turned() -> None:
        later = Later()
        later.turn(WEEK)
        later.do(appending(done, "six"), 6)
        later.do(appending(done, "four"), 4)
        assert (done, later.waiting) == ([], 2)
        later.do(appending(done, "five"), 5)
        assert (done, later.waiting) == (["six"], 2)
        later.do(appending(done, "eleven"), 11)
        assert (done, later.waiting) == (["six", "four", "five"], 1)
        later.turn(timedelta(0))
        assert done == ["six", "four", "five", "eleven"]

    asyncio.run(turned())
