"""The fixture ``probe``: requests that are measured, judged at once, and written down as one journal a test."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, final

import pytest

from alertproof.errors import AlertproofError, Broken
from alertproof.plugin.budgets import budgets_of
from alertproof.plugin.options import target_name
from alertproof.plugin.permission import demand
from alertproof.plugin.recording import HIDE, JOURNALS
from alertproof.requirements import ProbeBudget, Target
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.probes import Answer, Ask, Check, Expected, Limits, Prober, Request, Sessions, SignIn

__all__ = [
    "Probe",
    "Sent",
    "probe",
    "probe_budget",
    "probe_limits",
    "probe_login",
    "probe_sessions",
    "prober",
    "pytest_runtest_call",
    "pytest_runtest_setup",
]


@final
class Sent:
    """A request that was sent. Say what is expected, and have the answer."""

    def __init__(self, check: Check, answer: Answer) -> None:
        self._check = check
        self._answer = answer

    def expect(self, *expected: Expected) -> Answer:
        """Return the answer when it is as expected; else the test fails, with all that is not."""
        __tracebackhide__ = True
        _fail_with(self._check.expect(self._answer, *expected))
        return self._answer


@final
class SentTogether:
    """Requests that were sent at once."""

    def __init__(self, check: Check, answers: tuple[Answer, ...]) -> None:
        self._check = check
        self._answers = answers

    def __iter__(self) -> Iterator[Sent]:
        return iter([Sent(self._check, answer) for answer in self._answers])

    def expect(self, *expected: Expected) -> tuple[Answer, ...]:
        """Return the answers, in the requests' order, when each is as expected; else the test fails with all."""
        __tracebackhide__ = True
        _fail_with(*(self._check.expect(answer, *expected) for answer in self._answers))
        return self._answers


@final
class Probe:
    """Sends requests to the target's platform, each as a tenant that has logged in."""

    def __init__(self, check: Check, *, target: Target, target_name: str) -> None:
        self.check = check
        self._target = target
        self._target_name = target_name

    def get(self, path: str, **options: Any) -> Sent:
        """Send a GET; the options are those of `Request`: tenant, params, name, headers, keep."""
        return self.send(_request("GET", path, options))

    def head(self, path: str, **options: Any) -> Sent:
        """Send a HEAD; the options are those of `Request`."""
        return self.send(_request("HEAD", path, options))

    def post(self, path: str, **options: Any) -> Sent:
        """Send a POST; the options are those of `Request`. The target must allow ``write``, unless it only reads."""
        return self.send(_request("POST", path, options))

    def put(self, path: str, **options: Any) -> Sent:
        """Send a PUT; the options are those of `Request`. The target must allow ``write``."""
        return self.send(_request("PUT", path, options))

    def patch(self, path: str, **options: Any) -> Sent:
        """Send a PATCH; the options are those of `Request`. The target must allow ``write``."""
        return self.send(_request("PATCH", path, options))

    def delete(self, path: str, **options: Any) -> Sent:
        """Send a DELETE; the options are those of `Request`. The target must allow ``write``."""
        return self.send(_request("DELETE", path, options))

    def graphql(self, query: str, **options: Any) -> Sent:
        """Send a query, of whose answer data without errors is expected beside all else.

        The options are those of `graphql`: path, variables, operation, and those of `Request`.
        """
        from alertproof.probes import graphql  # noqa: PLC0415 - as below

        return self.send(graphql(query, **options))

    def tcp(self, address: str, **options: Any) -> Sent:
        """Connect to ``host:port``; the options are those of `Tcp`: send, until, reads, family, name."""
        from alertproof.probes import Tcp  # noqa: PLC0415 - as below

        return self.send(Tcp(address=address, **options))

    def tls(self, address: str, **options: Any) -> Sent:
        """Connect to ``host:port`` by TLS; the options are those of `Tls`: server_name, family, name."""
        from alertproof.probes import Tls  # noqa: PLC0415 - as below

        return self.send(Tls(address=address, **options))

    def dns(self, host: str, record: str = "A", **options: Any) -> Sent:
        """Ask for the records of a name; the options are those of `Dns`: server, tcp, name."""
        from alertproof.probes import Dns  # noqa: PLC0415 - as below

        return self.send(Dns(host=host, record=record, **options))

    def send(self, request: Ask) -> Sent:
        """Send a request; its tenant logs in first when it has not yet, and the test fails when that does not work."""
        (sent,) = self.together([request])
        return sent

    def together(self, requests: Iterable[Ask]) -> SentTogether:
        """Send several requests at once, a few at a time, each measured on its own."""
        __tracebackhide__ = True
        requests = list(requests)
        if not requests:
            raise Broken("probe.together() was given no requests")
        if any(request.writes for request in requests):
            demand(self._target, "write", name=self._target_name)
        _fail_with(self.check.sign_in(*(request.tenant for request in requests)))
        return SentTogether(self.check, self.check.send(*requests))


def _request(method: str, path: str, options: dict[str, Any]) -> Request:
    from alertproof.probes import Request  # noqa: PLC0415 - jsonschema, which most runs of pytest do not need

    return Request(method=method, path=path, **options)


def _fail_with(*complaints: str) -> None:
    __tracebackhide__ = True
    text = "\n\n".join(filter(None, complaints))
    if text:
        pytest.fail(text, pytrace=False)


@pytest.fixture(scope="session")
def probe_budget(pytestconfig: pytest.Config) -> ProbeBudget:
    """Return what ``within()`` allows a request: the specification's, else 800 ms."""
    return budgets_of(pytestconfig).probe


@pytest.fixture(scope="session")
def probe_limits() -> Limits:
    """Return how long and how much a probe waits for; override it for a platform that needs others."""
    from alertproof.probes import Limits  # noqa: PLC0415 - as above

    return Limits()


@pytest.fixture(scope="session")
def probe_login() -> SignIn | None:
    """Return how a tenant logs in; without an override nobody does, and ``tenant`` is only a name."""
    return None


@pytest.fixture(scope="session")
def probe_sessions(probe_login: SignIn | None) -> Sessions:
    """Return who has logged in: each tenant once in a run."""
    from alertproof.probes import Sessions  # noqa: PLC0415 - as above

    return Sessions(probe_login)


@pytest.fixture(scope="session")
def prober(target: Target, probe_limits: Limits) -> Iterator[Prober]:
    """Yield what sends and measures requests to the target's platform."""
    from alertproof.probes import Prober  # noqa: PLC0415 - as above

    with Prober(target.endpoints.m3core, limits=probe_limits, ca_file=target.ca_file) as opened:
        yield opened


_PROBE = pytest.StashKey[Probe]()


@pytest.fixture
def probe(
    request: pytest.FixtureRequest,
    target: Target,
    probe_budget: ProbeBudget,
    prober: Prober,
    probe_sessions: Sessions,
) -> Probe:
    """Return what sends the requests of this test: ``probe.get("/api/leads", tenant="acme").expect(status(200))``."""
    from alertproof.probes import Check  # noqa: PLC0415 - as above

    name = target_name(request.config)
    check = Check(
        prober,
        name=request.node.nodeid,
        target=name,
        sessions=probe_sessions,
        budget=probe_budget.total.delta,
    )
    made = Probe(check, target=target, target_name=name)
    request.node.stash[_PROBE] = made
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Keep what a fixture's requests measured before it failed."""
    try:
        yield
    except BaseException as error:
        _seal(item, error)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Write the journal of a test's requests as its body ends, and refuse one that expected nothing of a request."""
    try:
        yield
        made = item.stash.get(_PROBE, None)
        if made is not None and (unjudged := made.check.unjudged()):
            raise Broken(unjudged)
    except BaseException as error:
        _seal(item, error)
        raise
    _seal(item, None)


def _seal(item: pytest.Item, error: BaseException | None) -> None:
    made = item.stash.get(_PROBE, None)
    if made is None:
        return
    del item.stash[_PROBE]
    item.stash[HIDE] = made.check.without_secrets
    match error:
        case None:
            verdict = Verdict.PASSED
        case pytest.skip.Exception():
            verdict = Verdict.SKIPPED
        case AlertproofError() | KeyboardInterrupt():
            verdict = Verdict.BROKEN
        case _:
            verdict = Verdict.FAILED
    journal = made.check.journal(verdict, "" if error is None else made.check.without_secrets(str(error)))
    if journal is not None:
        item.stash.setdefault(JOURNALS, []).append(journal)
