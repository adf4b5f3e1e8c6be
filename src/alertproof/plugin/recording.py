"""Turns pytest's reports into the events of a run, across worker processes, and has the report written."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from alertproof import __version__
from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, ConfigError, FaultError
from alertproof.faults import FaultDoor, Ledger, sweep
from alertproof.journal import Journal
from alertproof.plugin.environment import command_of, environment_of
from alertproof.plugin.options import reports_folder, target_name
from alertproof.redact import Secret, secrets_among, without
from alertproof.report import JsonLinesSink, Paths, Recorder, decode_record, encode_record, print_summary, write_report
from alertproof.requirements import Target, choose, load_targets, read_stack_line
from alertproof.verdict import CheckFinished, RunEvent, RunFinished, RunStarted, Verdict

__all__ = ["HIDE", "JOURNALS", "pytest_configure", "pytest_report_teststatus", "pytest_runtest_makereport"]

#: The journals of a test; a fixture that measures something adds its own.
JOURNALS = pytest.StashKey[list[Journal]]()
#: Takes the secrets that a test's fixture knows out of a text: a traceback shows arguments, a log what was printed.
HIDE = pytest.StashKey[Callable[[str], str]]()
#: The fixtures that make a test a check, and what a test must do with each: without, it would have proven nothing.
_CHECKS = {
    "drill": "ran no drill: call .fires() or .stays_quiet()",
    "journey": "took no step: with journey.step(NAME)",
    "load": "ran no load: call load(PROFILE)",
    "probe": "sent no request: call probe.get(...) or another of its methods",
}
#: The attribute under which a test's records travel on its report, also from a worker process to the controller.
_RECORDS = "alertproof_records"
_BROKEN = "alertproof_broken"


def pytest_configure(config: pytest.Config) -> None:
    """Register the recording of this run: in the controller alone, and only where reports are wanted."""
    folder = reports_folder(config)
    if folder is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(
            f"no report can be written to {folder}: {error.strerror}; name another: --reports DIR"
        ) from error
    if not getattr(config.option, "xmlpath", "unused"):  # absent with -p no:junitxml
        config.option.xmlpath = str(folder / "junit.xml")
    config.pluginmanager.register(RunRecording(config, folder), "alertproof-recording")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the records of a check to its report, and mark a test that could not tell."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, AlertproofError):
        # Our messages say what, where and what to do; a traceback would bury them.
        report.longrepr = str(error)
        setattr(report, _BROKEN, type(error).__name__)
    if report.failed:
        _hide_secrets(report, item)
    kind = _kind(item)
    if kind and (report.when == "call" or not report.passed):  # a setup fails, or skips what the target does not allow
        journals = item.stash.get(JOURNALS, [])
        item.stash[JOURNALS] = []  # a failing teardown must not record them again
        if kind in _CHECKS and report.when == "call" and report.passed and not journals:
            report.outcome = "failed"
            report.longrepr = f"the test took the fixture {kind!r} and {_CHECKS[kind]}"
            setattr(report, _BROKEN, "Broken")
        records: list[RunEvent | Journal] = [_finished(item.nodeid, kind, report), *journals]
        setattr(report, _RECORDS, [encode_record(record).decode() for record in records])
    return report


def _hide_secrets(report: pytest.TestReport, item: pytest.Item) -> None:
    """Strike out of what is said of a test, and of what it printed, the secrets of its target and of its requests."""
    target, own = getattr(item, "funcargs", {}).get("target"), item.stash.get(HIDE, str)
    known = secrets_among(target.env) if isinstance(target, Target) else ()

    def hide(text: str) -> str:
        return own(without(text, known))

    said = report.longreprtext
    if (clean := hide(said)) != said:
        report.longrepr = clean
    report.sections = [(name, hide(text)) for name, text in report.sections]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show a test that could not tell as an error, not as a failure."""
    if getattr(report, _BROKEN, None) and report.when == "call":
        return "error", "E", "BROKEN"
    return None


def _kind(item: pytest.Item) -> str:
    for kind in _CHECKS:
        if kind in getattr(item, "fixturenames", ()) and _ours(item, kind):
            return kind
    return str(getattr(item, "alertproof_kind", ""))


def _ours(item: pytest.Item, name: str) -> bool:
    """Whether a fixture is this plugin's, or wraps it: a project may well have a ``load`` of its own."""
    found = getattr(item, "_fixtureinfo", None)
    for fixture in reversed(found.name2fixturedefs.get(name, ()) if found else ()):
        if fixture.func.__module__.startswith("alertproof."):
            return True
        if name not in fixture.argnames:
            return False
    return False


def _finished(name: str, kind: str, report: pytest.TestReport) -> CheckFinished:
    if report.failed:
        could_not_tell = getattr(report, _BROKEN, None) or report.when != "call"
        verdict = Verdict.BROKEN if could_not_tell else Verdict.FAILED
    else:
        verdict = Verdict.SKIPPED if report.skipped else Verdict.PASSED
    return CheckFinished(
        at=SystemClock().now(),
        check=name,
        kind=kind,
        verdict=verdict,
        wall=timedelta(seconds=report.duration),
        reason=_reason(report),
    )


def _reason(report: pytest.TestReport) -> str:
    """Return why a test did not pass; of a skipped one without the place, which names folders of this machine."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return "" if report.passed else report.longreprtext


class RunRecording:
    """Writes down a run as it goes, and its report at the end; sweeps the ledger at both ends."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._clock = SystemClock()
        self._began = self._clock.monotonic()
        self._recorder = Recorder()
        self._sink: JsonLinesSink | None = None
        self._swept: list[str] = []
        self._left: list[tuple[str, str]] = []
        self._paths: Paths | None = None
        self._unwritten = ""

    def _keep(self, record: RunEvent | Journal) -> None:
        if self._sink is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sink = JsonLinesSink(self._folder / "run.jsonl")
            self._keep(
                RunStarted(
                    at=self._clock.now(),
                    # Two runs may begin in one second, and the history tells them apart by this.
                    run=f"{self._clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
                    target=target_name(self._config),
                    version=__version__,
                    command=command_of(self._config),
                    environment=environment_of(self._config),
                )
            )
        for sink in (self._recorder, self._sink):
            if isinstance(record, RunEvent):
                sink.emit(record)
            else:
                sink.record(record)

    def pytest_sessionstart(self) -> None:
        """Close the faults that a dead run left behind, before anything is measured."""
        self._sweep()
        mine = [text for target, text in self._left if target == target_name(self._config)]
        if mine:
            pytest.exit("\n".join(mine), returncode=4)

    def _sweep(self, *, own: bool = False) -> None:
        """Sweep the ledger; what cannot be reverted is kept in ``_left`` with its target. ``own``: also ours."""
        ledger = Ledger(self._folder / "ledger")
        self._left = []
        try:
            entries = ledger.abandoned()
            if own:
                entries += [entry for entry in ledger.pending() if (entry.owner, entry.owner_started) == ledger.owner()]
        except FaultError as error:
            self._left.append((target_name(self._config), str(error)))
            return
        for entry in entries:
            try:
                self._swept += [str(one) for one in sweep(ledger, door_at=self._door, entries=[entry])]
            except AlertproofError as error:
                self._left.append((entry.target, f"{error}; run: alertproof faults revert"))

    def _door(self, base_url: str) -> FaultDoor:
        """Open the door of an abandoned fault; only a stack that somebody keeps up has a token to give."""
        entry = choose(load_targets(self._config.rootpath / "alertproof.toml"), target_name(self._config))
        token = ""
        if entry.stack is not None and entry.stack.is_file():
            stack = read_stack_line(entry.stack.read_text(encoding="utf-8"), source=str(entry.stack))
            token = stack.env.get("M3CORE_FAULT_TOKEN", "")
        return FaultDoor(base_url=base_url, token=Secret(token))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the records that a report brings."""
        for line in getattr(report, _RECORDS, ()):
            self._keep(decode_record(line.encode()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Sweep once more, now that every fixture is down, and write the report whatever the sweep found."""
        self._sweep(own=True)
        if self._left:
            session.exitstatus = 4
        if self._sink is None:
            return
        self._keep(
            RunFinished(
                at=self._clock.now(),
                exit_code=int(session.exitstatus or exitstatus),
                wall=self._clock.monotonic() - self._began,
            )
        )
        self._sink.close()
        try:
            self._paths = write_report(self._recorder.report(), self._folder)
        except ConfigError as error:
            self._unwritten = str(error)
            session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the tables of what was measured and where the report is."""
        for line in self._swept:
            terminalreporter.write_line(f"alertproof: {line}", yellow=True)
        for _, line in self._left:
            terminalreporter.write_line(f"alertproof: {line}", red=True)
        if self._unwritten:
            terminalreporter.write_line(f"alertproof: {self._unwritten}", red=True)
        report = self._recorder.report()
        if self._paths is None:
            return
        if report.journals:
            terminalreporter.ensure_newline()
            console = Console(file=sys.stdout, width=max(100, terminalreporter._tw.fullwidth))  # noqa: SLF001 - its width
            print_summary(report, console, notes=self._paths.notes)
        else:
            for note in self._paths.notes:
                terminalreporter.write_line(note, yellow=True)
        terminalreporter.write_line(f"report: {self._paths.html}")
