"""One Playwright driver and one browser for many journeys, out of the way of everything else in the process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, final

from playwright.sync_api import Browser, BrowserType, Error, Playwright, sync_playwright

from alertproof.errors import ConfigError, RunnerTrouble
from alertproof.journeys.logins import Logins

__all__ = ["BrowserHost"]

#: Playwright itself switches off background networking, component updates and the first-run pages.
_ARGUMENTS = ("--disable-quic",)


@final
class BrowserHost:
    """Starts the browser when it is first asked for, and again when it has died.

    Playwright's blocking API keeps an event loop *running* on the thread for as long as its driver lives: between two
    journeys ``asyncio.run`` would fail, and so would a second driver, such as that of pytest-playwright's fixtures.
    So the loop is marked as running only while a journey is under way, the way Playwright itself marks it.
    """

    def __init__(self, program: Path, engine: str = "chromium") -> None:
        self.program = program
        #: Who is logged in already, for the journeys of this process.
        self.logins = Logins()
        #: ``chromium``, ``firefox`` or ``webkit``.
        self.engine = engine
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def name(self) -> str:
        """What the browser is called in a report."""
        return self.program.name if self.engine == "chromium" else self.engine

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        """Yield the browser for as long as it is used; raises `ConfigError` or `RunnerTrouble` when none starts."""
        with self._in_front():
            if not self._answers():
                self._stop()
                self._start()
            assert self._browser is not None  # noqa: S101 - started above
            yield self._browser

    @property
    def devices(self) -> Mapping[str, Mapping[str, Any]]:
        """The devices that Playwright knows, by name; none before the browser was asked for."""
        return self._playwright.devices if self._playwright is not None else {}

    def close(self) -> None:
        """End the browser and its driver; may be called twice."""
        with self._in_front():
            self._stop()

    def _answers(self) -> bool:
        """Ask the browser: that it has died between two journeys Playwright has not heard, for its loop stood still."""
        with suppress(Error):
            if self._browser is not None and self.engine == "chromium":
                self._browser.new_browser_cdp_session().detach()
                return True
            if self._browser is not None:
                self._browser.new_context().close()
                return True
        return False

    @contextmanager
    def _in_front(self) -> Iterator[None]:
        before = asyncio._get_running_loop()  # noqa: SLF001 - in asyncio's __all__, for those who run loops
        asyncio._set_running_loop(self._loop)  # noqa: SLF001 - as above
        try:
            yield
        finally:
            asyncio._set_running_loop(before)  # noqa: SLF001 - as above

    def _start(self) -> None:
        try:
            self._playwright = sync_playwright().start()
        except (Error, OSError) as error:
            raise ConfigError(
                f"Playwright's driver did not start: {_first_line(error)}; on Debian: apt-get install libatomic1"
            ) from error
        self._loop = asyncio._get_running_loop()  # noqa: SLF001 - as above
        try:
            kind: BrowserType = getattr(self._playwright, self.engine)
            arguments = _ARGUMENTS if self.engine == "chromium" else ()
            self._browser = kind.launch(executable_path=self.program, args=arguments)
        except Error as error:
            raise RunnerTrouble(f"{self.program} did not start: {_first_line(error)}") from error

    def _stop(self) -> None:
        with suppress(Error):  # it may have died before
            if self._browser is not None:
                self._browser.close()
        with suppress(Error):
            if self._playwright is not None:
                self._playwright.stop()
        self._browser = self._playwright = self._loop = None
        asyncio._set_running_loop(None)  # noqa: SLF001 - as above


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
