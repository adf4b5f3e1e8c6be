"""Writes down a run, and its report at the end."""

from __future__ import annotations

import secrets
import sys
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
from alertproof.plugin.options import target_name
from alertproof.plugin.recording import RECORDS
from alertproof.redact import Secret
from alertproof.report import JsonLinesSink, Paths, Recorder, decode_record, print_summary, write_report
from alertproof.requirements import choose, load_targets, read_stack_line
from alertproof.verdict import RunEvent, RunFinished, RunStarted

__all__ = ["RunRecording"]


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
        for line in getattr(report, RECORDS, ()):
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
