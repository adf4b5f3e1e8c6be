"""Rung one: alert tests on a virtual clock. Monitor definitions, message templates and routing are real."""

from __future__ import annotations

from alertproof.offline.run import FileResult, MonitorRun, TestResult, load_script, run_file, run_test
from alertproof.offline.script import AlertTest, Script, read_script

__all__ = [
    "AlertTest",
    "FileResult",
    "MonitorRun",
    "Script",
    "TestResult",
    "load_script",
    "read_script",
    "run_file",
    "run_test",
]
