"""Pytest collects once; then each mutant has a fork in which its tests run until one fails.

Loaded with -p into a pytest that stands in the mutated copy. A fork starts as cold as the collection left it: what one
mutant's tests put into a cache, no other's see. All limits are of processor time: a machine that is busy or stopped
for a while kills no mutant. Without --mutants all tests run, as ever, with the mutant that MUTANT_UNDER_TEST names: for
one that is called only while modules are imported, which the collection has done.

What a test calls in other processes is not seen; so it is run for mutants only if it calls their functions in this one.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from time import process_time
from types import CodeType, FrameType
from typing import IO

import pytest
from hypothesis import HealthCheck, Phase, settings

#: Stands beside the mutated code only.
switch = import_module("mutant_switch")
#: A test loops when it takes this many times what it takes without a mutant and this many seconds more.
TIMES, SECONDS = 20, 20
#: The processor time, in seconds, in which all tests end in one process.
ALL_TESTS = 1200
#: The address space of a fork, in bytes: what loops may also fill the memory.
MEMORY = 6 * 2**30
#: How a fork ends when its tests passed, when one failed, and when it could not run them.
PASSED, FAILED, BROKEN = 0, 1, 2
#: Given as a mutant's name: every test, with no mutant.
NONE = ""


@dataclass(frozen=True)
class Cost:
    """What a test calls of the functions that have mutants, and its processor time in seconds."""

    functions: list[str]
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant, with the last test of how many, and their processor time in seconds.

    It is killed, loops, crashes or survived; uncalled by any test, or imported, when the import of modules called it;
    or broken, when the fork could not run its tests.
    """

    name: str
    word: str
    last: str
    tests: int
    seconds: float


@dataclass(frozen=True)
class Fork:
    """A process that writes each test's name before it runs it."""

    name: str
    tests: int
    pid: int
    said: IO[str]

    def lines(self) -> list[str]:
        with self.said as said:
            said.seek(0)
            return said.read().splitlines()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", type=Path, help="a JSON list of the names of mutants")
    parser.addoption("--verdicts", type=Path, help="where to write what became of them, one JSON object a line")
    parser.addoption("--forks", type=int, default=1, help="how many run at once")


def pytest_configure(config: pytest.Config) -> None:
    """Each mutant has the same examples; the first that fails is enough, and no smaller one is looked for."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if config.getoption("--mutants") is None:
        _calls.rest()
        resource.setrlimit(resource.RLIMIT_CPU, (ALL_TESTS, ALL_TESTS))
    settings.register_profile(
        "mutants",
        derandomize=True,
        deadline=None,
        max_examples=15,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if (file := session.config.getoption("--mutants")) is None:
        return None
    names = json.loads(file.read_text(encoding="utf-8"))
    imported = _calls.functions()
    _calls.rest()
    costs = measured(session.items)
    forks = session.config.getoption("--forks")
    with session.config.getoption("--verdicts").open("w", encoding="utf-8") as found:
        for verdict in tested([NONE, *names], session.items, costs, imported, forks):
            print(json.dumps(asdict(verdict)), file=found, flush=True)
            if verdict.name == NONE and verdict.word != "survived":
                msg = f"with no mutant {verdict.last} fails when the tests run in the order of their costs"
                raise pytest.UsageError(msg)
    return True


class _Calls:
    """Sees which functions are called, of all."""

    def __init__(self) -> None:
        self.codes: dict[int, CodeType] = {}

    def watch(self) -> None:
        self.codes.clear()
        threading.settrace(self._called)
        sys.settrace(self._called)

    def rest(self) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def functions(self) -> set[str]:
        """Return the names of those that have mutants."""
        return {switch.FUNCTIONS[code] for code in switch.FUNCTIONS.keys() & self.codes.keys()}

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        self.codes[id(frame.f_code)] = frame.f_code


_calls = _Calls()
#: What is imported calls functions too, and this plugin comes before the others, which import.
_calls.watch()


class _Failures:
    seen = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen = self.seen or report.failed


def forked(name: str, items: list[pytest.Item], around: Callable[[pytest.Item, IO[str]], Iterator[None]]) -> Fork:
    """Run tests in their order, each inside `around`, until one fails; quietly, in a fork, with a mutant."""
    said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by Fork.lines
    pid = os.fork()
    if pid:
        return Fork(name, len(items), pid, said)
    code = BROKEN
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (ALL_TESTS, ALL_TESTS))
        switch.put(name)
        code = _run(items, lambda item: around(item, said))
    finally:
        os._exit(code)


def _run(items: list[pytest.Item], around: Callable[[pytest.Item], Iterator[None]]) -> int:
    failures = _Failures()
    plugins = items[0].config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(failures)
    for item, following in zip(items, [*items[1:], None], strict=True):
        for _ in around(item):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if failures.seen:
            return FAILED
    return PASSED


def measured(items: list[pytest.Item]) -> dict[str, Cost]:
    """Run every test; see what each calls and costs. Caches are emptied before each, so that it calls all it needs."""
    caches = [thing for thing in gc.get_objects() if isinstance(thing, functools._lru_cache_wrapper)]
    caches = [cache for cache in caches if (cache.__module__ or "").startswith("alertproof")]

    def around(item: pytest.Item, said: IO[str]) -> Iterator[None]:
        print(json.dumps(item.nodeid), file=said, flush=True)
        for cache in caches:
            cache.cache_clear()
        started = process_time()
        _calls.watch()
        yield
        _calls.rest()
        cost = Cost(sorted(_calls.functions()), process_time() - started)
        print(json.dumps({item.nodeid: asdict(cost)}), file=said, flush=True)

    fork = forked("stats", items, around)
    status = os.waitpid(fork.pid, 0)[1]
    lines = [json.loads(line) for line in fork.lines()]
    if status != PASSED:
        last = [line for line in lines if isinstance(line, str)][-1:]
        raise pytest.UsageError(f"with no mutant {last} fails ({status})")
    return {test: Cost(**cost) for line in lines if isinstance(line, dict) for test, cost in line.items()}


def tested(
    names: list[str], items: list[pytest.Item], costs: dict[str, Cost], imported: set[str], forks: int
) -> Iterator[Verdict]:
    """Test mutants, some at once, each with the tests that call its function, the cheapest first."""
    items = sorted(items, key=lambda item: costs[item.nodeid].seconds)
    calls = {item.nodeid: frozenset(costs[item.nodeid].functions) for item in items}

    def around(item: pytest.Item, said: IO[str]) -> Iterator[None]:
        print(item.nodeid, file=said, flush=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS + TIMES * costs[item.nodeid].seconds)
        yield

    waiting, running = [*reversed(names)], dict[int, Fork]()
    while waiting or running:
        while waiting and len(running) < forks:
            name = waiting.pop()
            function = name.partition("__mutmut_")[0]
            chosen = [item for item in items if name == NONE or function in calls[item.nodeid]]
            if not chosen:
                yield Verdict(name, "imported" if function in imported else "uncalled", "", 0, 0)
                continue
            fork = forked(name, chosen, around)
            running[fork.pid] = fork
        if not running:
            return
        pid, status, used = os.wait3(0)
        fork = running.pop(pid)
        seconds = round(used.ru_utime + used.ru_stime, 2)
        yield Verdict(fork.name, _word(status), fork.lines()[-1], fork.tests, seconds)


def _word(status: int) -> str:
    """How it went, from how the fork ended: SIGPROF ends it when a test's time is up, SIGXCPU when all of theirs is."""
    if os.WIFSIGNALED(status):
        return "loops" if os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU) else "crashes"
    return {PASSED: "survived", FAILED: "killed"}.get(os.WEXITSTATUS(status), "broken")
