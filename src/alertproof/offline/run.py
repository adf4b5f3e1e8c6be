"""Runs the tests of an ``*.alert.yaml`` and returns their verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from alertproof.datadog import Assumptions, Notification, Transition, require_modelled
from alertproof.datadog.monitor.evaluate import takes_given
from alertproof.datadog.monitor.state import require_readable_messages
from alertproof.datadog.monitor.timeline import part_ids
from alertproof.errors import Broken, ConfigError, NotModelled, nearest
from alertproof.offline.idle import idle_inputs
from alertproof.offline.judge import judge
from alertproof.offline.running import Runner
from alertproof.offline.script import read_script
from alertproof.telemetry.evidence import Evidence
from alertproof.verdict import Expectation, Verdict

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from alertproof.offline.drawing import Drawing
    from alertproof.offline.judge import Judged
    from alertproof.offline.script import AlertTest, Monitor, Script
    from alertproof.offline.timeline import Run

__all__ = ["FileResult", "MonitorRun", "TestResult", "load_script", "run_file", "run_test"]

_DEFAULT = Assumptions()


class MonitorRun(Struct, frozen=True, kw_only=True):
    """What one monitor did in one test."""

    monitor: str
    transitions: tuple[Transition, ...]
    notifications: tuple[Notification, ...]


class TestResult(Struct, frozen=True, kw_only=True):
    """How one test ended; ``reason`` is why it is broken, else empty.

    ``idle`` are the monitors that never came to a value in it, so that it says nothing about them; ``assumptions`` are
    sentences on undocumented behaviour that the verdict relied on. ``drawing`` shows a failed test.
    """

    #: Not a test class, for test runners that go by the name.
    __test__: ClassVar[bool] = False

    name: str
    where: str
    verdict: Verdict
    expectations: tuple[Expectation, ...] = ()
    monitors: tuple[MonitorRun, ...] = ()
    assumptions: tuple[str, ...] = ()
    reason: str = ""
    idle: tuple[str, ...] = ()
    drawing: Drawing = ()

    @property
    def drawn(self) -> str:
        """Return the drawing as text without colours; empty for a test that did not fail."""
        return "\n".join("".join(part.text for part in line) for line in self.drawing)

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """Return the transitions of all monitors, in the order of time."""
        return tuple(sorted((t for run in self.monitors for t in run.transitions), key=lambda t: t.at))

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """Return the notifications of all monitors, in the order of time."""
        return tuple(sorted((n for run in self.monitors for n in run.notifications), key=lambda n: n.at))


class FileResult(Struct, frozen=True, kw_only=True):
    """How the tests of one file ended and how long that took; ``unreadable`` is why there are none, else empty.

    ``verifies_nothing`` says that the file can be read, and that nothing would be looked at: no monitor is found.
    """

    file: Path
    wall: timedelta
    results: tuple[TestResult, ...]
    unreadable: str = ""
    verifies_nothing: bool = False


def run_file(path: Path, *, assumptions: Assumptions = _DEFAULT) -> tuple[TestResult, ...]:
    """Run all tests of a file, in its order; raises what `load_script` does."""
    script = load_script(path)
    return tuple(run_test(test, script, assumptions=assumptions) for test in script.tests)


def load_script(path: Path) -> Script:
    """Read a file of tests and look whether its monitors can be run.

    A file that cannot be read raises `ConfigError`, one that would verify nothing `Broken`, and one of its monitors
    `DefinitionError` or `NotModelled`.
    """
    script = read_script(path)
    lenient = any(test.inputs.assumed.get("malformed_messages_are_refused") is False for test in script.tests)
    assumptions = Assumptions(malformed_messages_are_refused=not lenient)
    for monitor in script.monitors:
        banded = takes_given(monitor.definition) and any(test.inputs.bands for test in script.tests)
        if part_ids(monitor.definition, script.slos) or banded:
            continue  # its parts are looked at themselves; what a test has no bands for, it refuses itself
        try:
            require_modelled(monitor.definition, slos=script.slos, evidence=Evidence(), assumptions=assumptions)
        except ConfigError as error:
            raise ConfigError(f"{monitor.stem}: {error}") from error
        except NotModelled as error:
            raise NotModelled(f"{monitor.stem}: {error}") from error
    return script


def run_test(test: AlertTest, script: Script, *, assumptions: Assumptions = _DEFAULT) -> TestResult:
    """Run one test of a file; one that could not tell, or whose data have no modelled answer, is *broken*.

    So is one whose monitors do not fit each other or their SLOs, which only a run finds out.
    """
    runs: dict[str, Run] = {}
    assumptions = replace(assumptions, **test.inputs.assumed)
    judged: tuple[Judged, ...] = ()
    drawing: Drawing = ()
    try:
        judged = _verify(test, script, runs, assumptions)
    except (Broken, ConfigError, NotModelled) as error:
        verdict, reason = Verdict.BROKEN, f"{test.where}: {error}"
    else:
        verdict, reason = Verdict.PASSED, ""
        if not all(each.expectation.met for each in judged):
            from alertproof.offline.drawing import draw_failure  # noqa: PLC0415 - only a failure needs it

            verdict = Verdict.FAILED
            drawing = draw_failure(judged, runs | {name: runs[_monitor(name, script).stem] for name in test.names})
    relied = [text for each in runs.values() for text in each.rests_on()]
    return TestResult(
        name=test.name,
        where=test.where,
        verdict=verdict,
        expectations=tuple(each.expectation for each in judged),
        drawing=drawing,
        monitors=tuple(
            MonitorRun(
                monitor=stem,
                transitions=run.transitions,
                notifications=run.notifications,
            )
            for stem, run in sorted(runs.items())
        ),
        assumptions=tuple(dict.fromkeys(relied)),
        reason=reason,
        idle=tuple(sorted(stem for stem, run in runs.items() if not run.timeline.evaluated)),
    )


def _verify(test: AlertTest, script: Script, runs: dict[str, Run], assumptions: Assumptions) -> tuple[Judged, ...]:
    """Run the monitors that the test speaks of, into ``runs`` by stem, and judge what they did."""
    if not (test.states or test.notifications or test.nothing_else):
        raise Broken("the test expects nothing")
    runner = Runner(script.monitors, script.slos, test.inputs, assumptions)
    named = {name: _monitor(name, script) for name in test.names}
    for monitor in named.values():
        runner.require_input(monitor)
    running = script.monitors if test.nothing_else else tuple(named.values())
    for monitor in running if assumptions.malformed_messages_are_refused else ():
        _require_readable(monitor)  # that another test of the file reads them otherwise does not count here
    for monitor in running:
        runs[monitor.stem] = runner.run(monitor)
    idle = [monitor.stem for monitor in running if not runs[monitor.stem].timeline.evaluated]
    blind = [monitor.stem for monitor in named.values() if monitor.stem in idle]
    if blind or len(idle) == len(running):
        unscheduled = [stem for stem in blind or idle if not runs[stem].instants]
        why = f" ({', '.join(unscheduled)}: the data end before any evaluation is due)" if unscheduled else ""
        raise Broken(f"with this data there was never a value for {', '.join(blind or idle)}{why}")
    unused = list(idle_inputs(test.inputs, runs.values()))
    if unused:
        raise Broken("; ".join(unused))
    by_name = {name: runs[monitor.stem] for name, monitor in named.items()}
    return judge(test, runs | by_name, runner.length)


def _require_readable(monitor: Monitor) -> None:
    try:
        require_readable_messages(monitor.definition)
    except NotModelled as error:
        raise NotModelled(f"{monitor.stem}: {error}") from error


def _monitor(name: str, script: Script) -> Monitor:
    found = [monitor for monitor in script.monitors if monitor.is_called(name)]
    if not found:
        raise Broken(f"no monitor is called {name!r}{nearest(name, (m.stem for m in script.monitors))}")
    if len(found) > 1:
        raise Broken(f"{len(found)} monitors are called {name!r}; use the stem of the file")
    return found[0]
