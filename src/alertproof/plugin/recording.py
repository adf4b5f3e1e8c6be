"""Turns pytest's reports into the events of a run, across worker processes, and has the report written."""

from __future__ import annotations

import sys
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from alertproof import __version__
from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, FaultError, RevertFailed
from alertproof.faults import FaultDoor, Ledger, sweep
from alertproof.journal import DrillJournal
from alertproof.plugin.options import reports_folder, target_name
from alertproof.redact import Secret
from alertproof.report import JsonLinesSink, Paths, Recorder, decode_record, encode_record, print_summary, write_report
from alertproof.requirements import read_stack_line
from alertproof.verdict import CheckFinished, RunEvent, RunFinished, RunStarted, Verdict

__all__ = ["JOURNALS", "pytest_configure", "pytest_report_teststatus", "pytest_runtest_makereport"]

JOURNALS = pytest.StashKey[list[DrillJournal]]()
#: The attribute under which a test's records travel on its report, also from a worker process to the controller.
_RECORDS = "alertproof_records"
_BROKEN = "alertproof_broken"


def pytest_configure(config: pytest.Config) -> None:
    """Register the recording of this run: in the controller alone, and only where reports are wanted."""
    folder = reports_folder(config)
    if folder is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    if not config.option.xmlpath:
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
    kind = _kind(item)
    if kind and (report.when == "call" or report.failed):
        records: list[RunEvent | DrillJournal] = [_finished(item.nodeid, kind, report), *item.stash.get(JOURNALS, [])]
        setattr(report, _RECORDS, [encode_record(record).decode() for record in records])
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show a test that could not tell as an error, not as a failure."""
    if getattr(report, _BROKEN, None) and report.when == "call":
        return "error", "E", "BROKEN"
    return None


def _kind(item: pytest.Item) -> str:
    if "drill" in getattr(item, "fixturenames", ()):
        return "drill"
    return str(getattr(item, "alertproof_kind", ""))


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
        reason="" if report.passed else report.longreprtext,
    )


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
        self._paths: Paths | None = None

    def _keep(self, record: RunEvent | DrillJournal) -> None:
        if self._sink is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sink = JsonLinesSink(self._folder / "run.jsonl")
            self._keep(
                RunStarted(
                    at=self._clock.now(),
                    run=f"{self._clock.now():%Y%m%dT%H%M%SZ}",
                    target=target_name(self._config),
                    version=__version__,
                    command=" ".join(["pytest", *map(str, self._config.invocation_params.args)]),
                )
            )
        for sink in (self._recorder, self._sink):
            if isinstance(record, DrillJournal):
                sink.record(record)
            else:
                sink.emit(record)

    def pytest_sessionstart(self) -> None:
        """Close the faults that a dead run left behind, before anything is measured."""
        self._sweep()

    def _sweep(self) -> None:
        ledger = Ledger(self._folder / "ledger")
        try:
            self._swept += [str(one) for one in sweep(ledger, door_at=self._door)]
        except RevertFailed as error:
            pytest.exit(f"{error}; run: alertproof faults revert", returncode=4)
        except FaultError as error:
            pytest.exit(str(error), returncode=4)

    def _door(self, base_url: str) -> FaultDoor:
        """Open the door of an abandoned fault; only a stack that somebody keeps up has a token to give."""
        name = target_name(self._config)
        token = ""
        if name.endswith(".json") and Path(name).is_file():
            token = read_stack_line(Path(name).read_text(encoding="utf-8"), source=name).env.get(
                "M3CORE_FAULT_TOKEN", ""
            )
        return FaultDoor(base_url=base_url, token=Secret(token))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the records that a report brings."""
        for line in getattr(report, _RECORDS, ()):
            self._keep(decode_record(line.encode()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the report."""
        self._sweep()
        if self._sink is None:
            return
        self._keep(
            RunFinished(at=self._clock.now(), exit_code=int(exitstatus), wall=self._clock.monotonic() - self._began)
        )
        self._sink.close()
        self._paths = write_report(self._recorder.report(), self._folder)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the table of the drills and where the report is."""
        for line in self._swept:
            terminalreporter.write_line(f"alertproof: {line}", yellow=True)
        report = self._recorder.report()
        if self._paths is None:
            return
        if report.drills:
            terminalreporter.ensure_newline()
            console = Console(file=sys.stdout, width=max(100, terminalreporter._tw.fullwidth))  # noqa: SLF001 - its width
            print_summary(report, console)
        terminalreporter.write_line(f"report: {self._paths.html}")
