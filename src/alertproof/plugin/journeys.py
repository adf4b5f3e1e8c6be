"""The fixture ``journey``: a page of a real browser, steps that are measured, and a verdict with the test's own.

It is built on Playwright's own blocking API and not on the fixtures of pytest-playwright: those keep an event loop
running for the rest of the process, delete a folder at each start, know no way to name a browser's program, and keep
traces with the secrets in them. Nothing here bears a name of theirs, so both work side by side in one project.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from alertproof.errors import Broken, ConfigError, RunnerTrouble
from alertproof.journal import Artifact, JourneyJournal, folder_name
from alertproof.plugin.budgets import budgets_of
from alertproof.plugin.options import engine, reports_folder, target_name, traced
from alertproof.plugin.permission import demand
from alertproof.plugin.recording import HIDE, JOURNALS
from alertproof.redact import secrets_among
from alertproof.requirements import JourneyBudget, Target
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.journeys import BrowserHost, Conditions, Journey

__all__ = [
    "journey",
    "journey_browser",
    "journey_budget",
    "journey_conditions",
    "journey_context_args",
    "journey_settings",
    "pytest_fixture_setup",
    "pytest_pyfunc_call",
]

_JOURNEY = pytest.StashKey["Journey"]()
_SHOWN = 12  # lines of what stands behind a request; the rest is in its file
#: What ends a test and says nothing about what it tests.
_NO_VERDICT = (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt)


@pytest.fixture(scope="session")
def journey_context_args() -> dict[str, Any]:
    """Return what each journey's browser context is like, as Playwright's ``new_context`` takes it.

    Override it for a phone, another language or a proxy: ``{**journey_context_args, "locale": "de-DE"}``.
    """
    return {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture(scope="session")
def journey_budget(pytestconfig: pytest.Config) -> JourneyBudget:
    """Return what a step may take and a page feel like: the specification's, else the good limits of web-vitals."""
    return budgets_of(pytestconfig).journey


@pytest.fixture(scope="session")
def journey_browser(pytestconfig: pytest.Config) -> Iterator[BrowserHost]:
    """Yield the browser of all journeys: one process, with a fresh context for each."""
    try:
        import_module("playwright.sync_api")
    except ModuleNotFoundError as error:
        raise ConfigError(f"a journey needs {error.name}: pip install 'alertproof[browser]'") from error
    from alertproof.journeys import BrowserHost, find_browser  # noqa: PLC0415 - needs an extra

    chosen = engine(pytestconfig)
    host = BrowserHost(find_browser(engine=chosen), chosen)
    try:
        yield host
    finally:
        host.close()


@pytest.fixture
def journey_conditions(request: pytest.FixtureRequest, journey_browser: BrowserHost) -> Conditions:  # noqa: ARG001 - its extra is there
    """Return the device, the network and the processor of a journey: ``@pytest.mark.conditions(device="Pixel 7")``.

    Override it for all journeys of a folder; with ``params`` each is taken under each of them.
    """
    from alertproof.journeys import Conditions  # noqa: PLC0415 - needs an extra

    mark = request.node.get_closest_marker("conditions")
    try:
        return Conditions(*mark.args, **mark.kwargs) if mark else Conditions()
    except TypeError as error:
        raise ConfigError(f"@pytest.mark.conditions takes device=, network= and cpu=: {error}") from error


@pytest.fixture
def journey_settings(
    journey_budget: JourneyBudget, journey_context_args: dict[str, Any], journey_conditions: Conditions
) -> dict[str, Any]:
    """Return what a journey is held to, and where it is taken; override its parts."""
    return {"budget": journey_budget, "context_args": journey_context_args, "conditions": journey_conditions}


@pytest.fixture
def journey(
    request: pytest.FixtureRequest, target: Target, journey_browser: BrowserHost, journey_settings: dict[str, Any]
) -> Iterator[Journey]:
    """Yield a journey: ``journey.page`` is Playwright's page, ``with journey.step("log in"):`` measures.

    Each test has a browser context of its own; the page's base URL is the target's platform.
    """
    from alertproof.journeys import Evidence, Journey, find_encoder  # noqa: PLC0415 - needs an extra

    config, name = request.config, target_name(request.config)
    demand(target, "read", name=name)
    folder, check, conditions = reports_folder(config), request.node.nodeid, journey_settings["conditions"]
    evidence = None
    if folder is not None:
        video = bool(config.getini("alertproof_video")) and find_encoder() is not None
        evidence = Evidence(folder, check, trace=traced(config), video=video)
    with journey_browser.browser() as browser:
        made = Journey(
            browser,
            check=check,
            target=name,
            base_url=target.pages,
            browser_name=journey_browser.name,
            budget=journey_settings["budget"],
            context_args=journey_settings["context_args"]
            | conditions.context_args(journey_browser.devices, journey_browser.engine),
            evidence=evidence,
            conditions=conditions,
            logins=journey_browser.logins,
            demand=lambda permission: demand(target, permission, name=name),
        )
        made.keep_secret(*secrets_among(target.env))
        request.node.stash[_JOURNEY] = made
        try:
            yield made
        finally:
            made.close()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Judge a journey as the test's body ends, so that what it failed by is the test's own failure."""
    __tracebackhide__ = True
    try:
        result = yield
    except BaseException as error:
        _conclude(pyfuncitem, error)
        raise
    _conclude(pyfuncitem, None)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Judge a journey that ended in a fixture, such as one that logs in."""
    __tracebackhide__ = True
    try:
        return (yield)
    except BaseException as error:
        _conclude(request.node, error)
        raise


def _conclude(item: pytest.Item, error: BaseException | None) -> None:
    """End the journey of a test, write it down, and raise what it comes to unless it passed or has ended before.

    Returns where the error that ended it shall go on as it is: a mistake in the test, whose traceback is what helps.
    """
    __tracebackhide__ = True
    made = item.stash.get(_JOURNEY, None)
    if made is None or isinstance(error, _NO_VERDICT):
        return
    del item.stash[_JOURNEY]
    journal = made.end(error)
    item.stash[HIDE] = made.without_secrets
    folder, behind = reports_folder(item.config), ""
    if folder is not None and journal.verdict is Verdict.FAILED:
        behind = _what_stands_behind(item, made)
        journal = _with(journal, behind, folder) if behind else journal
    item.stash.setdefault(JOURNALS, []).append(journal)
    if error is not None and not (made.explains(error) or isinstance(error, pytest.fail.Exception)):
        return
    if journal.verdict is Verdict.BROKEN:
        kind = RunnerTrouble if made.lost else Broken
        raise kind(_told(journal, item.config, made.missing)) from None
    if journal.verdict is Verdict.FAILED:
        raise pytest.fail.Exception(_told(journal, item.config, made.missing, behind), pytrace=False) from None


def _what_stands_behind(item: pytest.Item, made: Journey) -> str:
    """Return what log and Sentry say of the requests that failed, where the target says where to ask."""
    target = getattr(item, "funcargs", {}).get("target")
    if not made.telling or not isinstance(target, Target):
        return ""
    try:
        from alertproof.behind import look_behind  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:  # and then nobody has said where to ask either
        return ""
    answers = {one.correlation_id: one.said for one in made.telling}
    return made.without_secrets(look_behind(target, answers, name=target_name(item.config)))


def _with(journal: JourneyJournal, behind: str, folder: Path) -> JourneyJournal:
    """Keep what stands behind a journey beside what else is kept of it in ``folder``."""
    path = folder / "artifacts" / folder_name(journal.check) / "server.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{behind}\n", encoding="utf-8")
    kept = Artifact(kind="server", path=path.relative_to(folder).as_posix())
    return msgspec.structs.replace(journal, artifacts=(*journal.artifacts, kept))


def _told(journal: JourneyJournal, config: pytest.Config, missing: tuple[str, ...], behind: str = "") -> str:
    folder = reports_folder(config)
    lines = [journal.reason, *missing]
    if folder is None:
        lines.append("nothing is kept of this journey; for its trace and screenshot: --reports DIR")
        return "\n".join(lines)
    shown = folder.relative_to(config.rootpath) if folder.is_relative_to(config.rootpath) else folder
    kept = [shown / artifact.path for artifact in journal.artifacts]
    if kept:
        lines.append(f"kept in {kept[0].parent}: {', '.join(path.name for path in kept)}")
    if behind:
        lines += ["what the platform's own telemetry says:", *(f"  {line}" for line in behind.splitlines()[:_SHOWN])]
    if any(path.name == "trace.zip" for path in kept):
        lines.append(f"to see it again: playwright show-trace {kept[0].parent / 'trace.zip'}")
    return "\n".join(lines)
