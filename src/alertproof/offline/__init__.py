"""Rung one: alert tests on a virtual clock. Monitor definitions, message templates and routing are real."""

from __future__ import annotations

from alertproof.offline.run import FileResult, MonitorRun, TestResult, run_file
from alertproof.offline.script import Script, read_script

__all__ = ["FileResult", "MonitorRun", "Script", "TestResult", "read_script", "run_file"]
