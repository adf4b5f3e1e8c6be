"""The fixture ``sentry``: what must arrive at Sentry is waited for and judged, and nothing else may come.

The target chooses the endpoint; the same test runs on an embedded stack and on a live account.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, final

import pytest

from alertproof.errors import Broken, ConfigError
from alertproof.plugin.options import target_name
from alertproof.plugin.permission import demand
from alertproof.requirements import Specification, Target, parse_span

if TYPE_CHECKING:
    from alertproof.sentry.verify import Allowance, Expected, Judged, Outcomes, ReleaseHealth, SentryEvent
    from alertproof.sentrywatch import SentryWatch
    from alertproof.vendors import Sentry

__all__ = [
    "Arrived",
    "SentryContract",
    "SentryFixture",
    "pytest_configure_sentry",
    "pytest_runtest_call_sentry",
    "sentry",
    "sentry_client",
    "sentry_contract",
]

_MARKS = (
    "sentry_strict: an event at Sentry that the test neither waits for nor allows fails it",
    "sentry_allows(title, *, why, **tags): events that may come at any time; * in the title is any text",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryContract:
    """What every event of the platform carries: see `SentryFixture.as_agreed`."""

    environment: str
    release: str
    tags: tuple[str, ...] = ()
    #: What may be said of a user beside the id.
    user: tuple[str, ...] = ()


@final
class Arrived:
    """An event that arrived. Say what is expected of it, and have it."""

    def __init__(self, event: SentryEvent, address: str, took: timedelta) -> None:
        self.event = event
        self.judged = False
        self._address = address
        self._took = took

    def expect(self, *expected: Expected) -> SentryEvent:
        """Return the event when it is as expected; else the test fails, with all that is not."""
        __tracebackhide__ = True
        from alertproof.sentry.verify import complaint, judge  # noqa: PLC0415 - most runs of pytest need none

        self.judged = True
        notes = (
            f"arrived {self._took.total_seconds():.2f} s after it was first looked for",
            f"look up {self._address}",
        )
        _fail_with(complaint(str(self.event), judge(self.event, expected), *notes))
        return self.event


@final
class SentryFixture:
    """The target's project at Sentry, watched since the test began."""

    def __init__(self, watch: SentryWatch, contract: SentryContract, *, strict: bool, settle: timedelta) -> None:
        self.contract = contract
        self._watch = watch
        self._strict = strict
        self._settle = settle
        self._allowed: list[Allowance] = []
        self._arrived: list[Arrived] = []
        self._asked = strict

    # -- events -------------------------------------------------------------------------------------------

    def wait_for_event(self, *, within: str = "", **tags: str) -> Arrived:
        """Wait for an event with these tags, such as ``correlation_id="..."``; the newest where there are several."""
        __tracebackhide__ = True
        return self.wait_for_events(1, within=within, **tags)[0]

    def wait_for_events(self, count: int, *, within: str = "", **tags: str) -> tuple[Arrived, ...]:
        """Wait for that many events with these tags, newest first; the test fails when fewer come in time."""
        __tracebackhide__ = True
        if not tags:
            raise ConfigError("wait_for_event() needs a tag to look for, such as correlation_id='...'")
        self._asked = True
        waited = self._watch.wait_for(tags, count=count, within=_span(within))
        _fail_with(waited.missing)
        address = self._watch.sentry.address_of
        arrived = tuple(Arrived(event, address(event), waited.took) for event in waited.events)
        self._arrived += arrived
        return arrived

    def as_agreed(self, *, tenant: str) -> tuple[Expected, ...]:
        """Return what is expected of every event of a tenant: environment, release, tags."""
        from alertproof.sentry.verify import environment, has_tag, release, tag  # noqa: PLC0415 - as above

        agreed = self.contract
        others = [name for name in agreed.tags if name != "tenant"]
        whose = (environment(agreed.environment), release(agreed.release), tag("tenant", tenant))
        return (*whose, *(has_tag(name) for name in others))

    def allow(self, title: str, *, why: str, **tags: str) -> None:
        """Let events come whose title fits and that carry the tags; ``*`` in the title is any text."""
        from alertproof.sentry.verify import Allowance  # noqa: PLC0415 - as above

        self._allowed.append(Allowance(title=title, why=why, tags=tuple(sorted(tags.items()))))

    # -- counts -------------------------------------------------------------------------------------------

    def outcomes(self) -> Outcomes:
        """Return what was accepted and what was lost since the test began, by category and reason."""
        self._asked = True
        return self._watch.outcomes()

    def health(self, *, release: str = "", environment: str = "") -> ReleaseHealth:
        """Return the sessions of the release since the hour in which the test began."""
        self._asked = True
        agreed = self.contract
        return self._watch.health(release=release or agreed.release, environment=environment or agreed.environment)

    def expect_discarded(self, reason: str, *, category: str = "error", count: int = 1, within: str = "") -> None:
        """Expect that the SDK has dropped at least so many for a reason, as its client report says."""
        __tracebackhide__ = True
        from alertproof.sentry.verify import Judged  # noqa: PLC0415 - as above

        def judged() -> Sequence[Judged]:
            found = self._watch.outcomes().discarded(category)
            said = ", ".join(f"{number} by {name}" for name, number in found.items()) or "no report of a drop"
            met = found.get(reason, 0) >= count
            return [Judged(what=f"{category} dropped", wanted=f"{count} by {reason}", met=met, found=said)]

        self._until("what the SDK dropped", judged, within)

    def expect_nothing_dropped(self, category: str = "error") -> None:
        """Expect that of a category nothing was dropped or refused; flush the SDK first, its reports come late."""
        __tracebackhide__ = True
        from alertproof.sentry.verify import Judged  # noqa: PLC0415 - as above

        self._asked = True
        lost = self._watch.outcomes().of(category).lost()
        judged = [Judged(what=category, wanted="nothing lost", met=not lost, found=lost)]
        self._judge("what was lost", judged)

    def expect_sampled(self, rate: float, *, category: str = "transaction", within: str = "") -> None:
        """Expect that the share that was kept since the test began fits the rate, by a bound of the binomial.

        Kept is what Sentry took, dropped what the SDK says that it sampled out.
        """
        __tracebackhide__ = True
        from alertproof.sentry.verify import judge_sampling  # noqa: PLC0415 - as above

        def judged() -> Sequence[Judged]:
            found = self._watch.outcomes()
            kept, dropped = found.accepted(category), found.discarded(category).get("sample_rate", 0)
            return [judge_sampling(kept, kept + dropped, rate)]

        self._until(f"the sampling of {category}s", judged, within)

    def expect_crash_free(self, at_least: float, *, release: str = "", environment: str = "", within: str = "") -> None:
        """Expect sessions of the release, and that at least this share of them did not crash."""
        __tracebackhide__ = True
        from alertproof.sentry.verify import judge_crash_free  # noqa: PLC0415 - as above

        def judged() -> Sequence[Judged]:
            return [judge_crash_free(self.health(release=release, environment=environment), at_least)]

        self._until("the release's health", judged, within)

    def expect_check_in(
        self, slug: str, *, status: str = "ok", took: str = "", age: str = "", within: str = ""
    ) -> None:
        """Expect a status of the newest check-in of a cron monitor.

        Where said, its job took at most so long, and began at most an ``age`` ago on the target's clock: without it a
        job that stopped long ago, and whose absence Sentry was not told to watch for, still looks well.
        """
        __tracebackhide__ = True
        from alertproof.sentry.verify import judge_check_ins  # noqa: PLC0415 - as above

        def judged() -> Sequence[Judged]:
            found = self._watch.sentry.check_ins(slug)
            where = self.contract.environment
            since = self._watch.ago(oldest) if (oldest := _span(age)) else None
            return judge_check_ins(slug, found, status=status, environment=where, within=_span(took), since=since)

        self._until("the cron monitor", judged, within)

    def expect_dsn(self, dsn: str) -> None:
        """Expect that a DSN leads into this project by a key that is active."""
        __tracebackhide__ = True
        from alertproof.sentry.verify import judge_dsn, read_dsn  # noqa: PLC0415 - as above

        self._asked = True
        client, read = self._watch.sentry, read_dsn(dsn)
        self._judge(f"the DSN {read}", judge_dsn(read, client.keys(), project=client.project))

    # -- the end ------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Refuse a test that looked at nothing; in strict mode fail one during which something else came."""
        __tracebackhide__ = True
        if not self._asked:
            raise Broken("the test took the fixture 'sentry' and asked for nothing: sentry.wait_for_event(...)")
        unjudged = [str(each.event) for each in self._arrived if not each.judged]
        if unjudged:
            raise Broken(f"nothing was expected of {', '.join(unjudged)}: .expect(...) says what")
        if self._strict:
            from alertproof.sentry.verify import unexpected_text  # noqa: PLC0415 - as above

            _fail_with(unexpected_text(self._watch.unexpected(self._allowed, settle=self._settle)))

    def _until(self, subject: str, judged: Callable[[], Sequence[Judged]], within: str) -> None:
        __tracebackhide__ = True
        self._asked = True
        self._judge(subject, self._watch.until_met(judged, within=_span(within)))

    def _judge(self, subject: str, judged: Sequence[Judged]) -> None:
        __tracebackhide__ = True
        from alertproof.sentry.verify import complaint  # noqa: PLC0415 - as above

        text = complaint(subject, judged)
        if any(one.met is None for one in judged):
            raise Broken(text)
        _fail_with(text)


def _span(text: str) -> timedelta | None:
    return parse_span(text) if text else None


def _fail_with(text: str) -> None:
    __tracebackhide__ = True
    if text:
        pytest.fail(text, pytrace=False)


@pytest.fixture(scope="session")
def sentry_contract(target: Target, specification: Specification) -> SentryContract:
    """Return what every event of the platform carries; override it where your platform says it otherwise."""
    return SentryContract(
        environment=target.env.get("DD_ENV", ""),
        release=target.env.get("M3CORE_RELEASE", ""),
        tags=specification.sentry.tags,
    )


@pytest.fixture(scope="session")
def sentry_client(target: Target, pytestconfig: pytest.Config) -> Iterator[Sentry]:
    """Yield the client of the target's project at Sentry."""
    name = target_name(pytestconfig)
    demand(target, "read", name=name)
    from alertproof.sentrywatch import connect  # noqa: PLC0415 - as above

    client = connect(target.endpoints.sentry_api, target.env, name=f"target {name!r}")
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def sentry(
    request: pytest.FixtureRequest, target: Target, sentry_client: Sentry, sentry_contract: SentryContract
) -> SentryFixture:
    """Return the project at Sentry, watched since now: ``sentry.wait_for_event(correlation_id=ID).expect(...)``."""
    from alertproof.sentrywatch import SentryWatch  # noqa: PLC0415 - as above

    config = request.config
    strict = bool(config.getini("alertproof_sentry_strict") or request.node.get_closest_marker("sentry_strict"))
    watch = SentryWatch(
        sentry_client,
        clock=target.stack_clock(),
        within=_ini(config, "alertproof_sentry_within"),
        behind=_ini(config, "alertproof_sentry_behind") if strict else timedelta(0),
    )
    made = SentryFixture(watch, sentry_contract, strict=strict, settle=_ini(config, "alertproof_sentry_settle"))
    for mark in request.node.iter_markers("sentry_allows"):
        made.allow(*mark.args, **mark.kwargs)
    request.node.stash[_FIXTURE] = made
    return made


_FIXTURE = pytest.StashKey[SentryFixture]()


def _ini(config: pytest.Config, name: str) -> timedelta:
    try:
        return parse_span(str(config.getini(name)))
    except ValueError as error:
        raise ConfigError(f"the ini option {name}: {error}") from error


@pytest.hookimpl(specname="pytest_configure")
def pytest_configure_sentry(config: pytest.Config) -> None:
    """Declare the marks."""
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)


@pytest.hookimpl(wrapper=True, specname="pytest_runtest_call")
def pytest_runtest_call_sentry(item: pytest.Item) -> Generator[None, Any, Any]:
    """Look at what else came as the body of a test ends; a test that failed already is left at that."""
    made = item.stash.get(_FIXTURE, None)
    if made is None and item.get_closest_marker("sentry_strict"):
        raise Broken(
            "the test is marked sentry_strict and does not take the fixture 'sentry': nothing would be looked at"
        )
    result = yield
    if made is not None:
        made.finish()
    return result
