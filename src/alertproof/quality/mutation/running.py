"""Runs offline tests on monitors with a defect, and says which of its signs they show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog import State, load_definition
from alertproof.datadog.loading import load_text
from alertproof.errors import Broken
from alertproof.offline import run_test
from alertproof.quality.lint import lint
from alertproof.quality.mutation.defect import Defect, Sign
from alertproof.quality.mutation.editing import payload_of
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.datadog import Notification
    from alertproof.offline import AlertTest, Script, TestResult
    from alertproof.offline.expectations import ExpectedNotification, ExpectedState
    from alertproof.quality.lint import Finding

__all__ = ["Outcome", "require_green", "run_defect"]


class Outcome(Struct, frozen=True, kw_only=True):
    """What tests say of a defect: ``signs`` with the first place and words of each; empty where it survived."""

    defect: Defect
    signs: dict[Sign, str]

    @property
    def seen(self) -> bool:
        """Tell whether any test turned red."""
        return bool(self.signs)

    @property
    def seen_as_named(self) -> bool:
        """Tell whether a test turned red by what the operator named beforehand."""
        return not self.defect.change.wanted.isdisjoint(self.signs)

    @property
    def by(self) -> str:
        """Return the expectation that turned red: one that the operator named, if there is any."""
        named = [text for sign, text in self.signs.items() if sign in self.defect.change.wanted]
        return next(iter([*named, *self.signs.values()]), "")


def require_green(scripts: Sequence[Script]) -> None:
    """Raise `Broken` where a test is red without any defect: nothing could be told of one."""
    for script in scripts:
        for test in script.tests:
            result = run_test(test, script)
            if result.verdict is not Verdict.PASSED:
                raise Broken(
                    f"{result.where}: {result.name!r} is {result.verdict} as it is, so no defect could turn it red;"
                    f" see: alertproof monitors test {script.path}"
                )


def run_defect(defect: Defect, scripts: Sequence[Script]) -> Outcome:
    """Run the tests of all files that hold the monitor, until one turns red as the operator named; else the linter."""
    signs: dict[Sign, str] = {}
    for script in _broken(defect, scripts):
        for test in script.tests:
            for sign, text in signs_of(test, script, run_test(test, script)):
                signs.setdefault(sign, f"{test.where}: {text}")
            if not defect.change.wanted.isdisjoint(signs):
                return Outcome(defect=defect, signs=signs)
    for text in _new_findings(defect, scripts):
        signs.setdefault(Sign.LINTED, text)
    return Outcome(defect=defect, signs=signs)


def _broken(defect: Defect, scripts: Sequence[Script]) -> Iterator[Script]:
    definition = load_definition(defect.change.payload, source=defect.name)
    for script in scripts:
        if any(monitor.stem == defect.monitor for monitor in script.monitors):
            changed = (
                replace(monitor, definition=definition) if monitor.stem == defect.monitor else monitor
                for monitor in script.monitors
            )
            yield replace(script, monitors=tuple(changed))


def _new_findings(defect: Defect, scripts: Sequence[Script]) -> Iterator[str]:
    given = next(each.given for script in scripts for each in script.monitors if each.stem == defect.monitor)
    before = {finding.id for finding in _lint(payload_of(given), defect.monitor)}
    for finding in _lint(defect.change.payload, defect.monitor):
        if finding.id not in before:
            yield f"lint: {finding.text} [{finding.id}]"


def _lint(payload: Mapping[str, Any], name: str) -> tuple[Finding, ...]:
    return lint(load_text(json.dumps(payload), source=f"{name}.json"))


def signs_of(test: AlertTest, script: Script, result: TestResult) -> Iterator[tuple[Sign, str]]:
    """Yield what each red expectation of a test is a sign of, and the expectation."""
    if result.verdict is Verdict.BROKEN:
        yield Sign.BLIND, result.reason.removeprefix(f"{test.where}: ")
    wanted = [_of_state(each) for each in test.states]
    wanted += [_of_notification(each, _told(each, test, script, result)) for each in test.notifications]
    wanted += [Sign.FIRES] if test.nothing_else else []
    for sign, expectation in zip(wanted, result.expectations, strict=False):
        if not expectation.met:
            yield sign, expectation.text


def _of_state(wanted: ExpectedState) -> Sign:
    return Sign.FIRES if wanted.state is State.OK else Sign.SILENT


def _of_notification(wanted: ExpectedNotification, told: Sequence[Notification]) -> Sign:
    """Return the sign of a notification that is missing, by what was told at its time of the same step."""
    if any(wanted.to in {None, *each.handles} for each in told):
        return Sign.UNSAID
    if told:
        return Sign.MISROUTED
    return Sign.LASTS if wanted.transition == "Recovered" else Sign.SILENT


def _told(
    wanted: ExpectedNotification, test: AlertTest, script: Script, result: TestResult
) -> tuple[Notification, ...]:
    called = {monitor.stem for monitor in script.monitors if monitor.is_called(wanted.monitor)}
    first, last = (test.inputs.start + each for each in wanted.between)
    return tuple(
        each
        for run in result.monitors
        if run.monitor in called
        for each in run.notifications
        if first <= each.at <= last and each.transition == wanted.transition and wanted.group in {None, each.group}
    )
