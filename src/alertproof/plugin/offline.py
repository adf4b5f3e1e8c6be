"""Collects ``*.alert.yaml``: each of its tests is a pytest item."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr  # what pytest's hooks take is public, its classes are not

from alertproof.errors import Broken
from alertproof.plugin.drill_files import DrillFile, is_drill_file
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

    from alertproof.offline import AlertTest, Script, TestResult

__all__ = ["pytest_collect_file"]


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Take ``*.alert.yaml`` and ``*.drill.yaml`` files as tests."""
    if is_drill_file(file_path):
        drills: DrillFile = DrillFile.from_parent(parent, path=file_path)
        return drills
    if file_path.name.endswith((".alert.yaml", ".alert.yml")):
        collected: AlertFile = AlertFile.from_parent(parent, path=file_path)
        return collected
    return None


class AlertFile(pytest.File):
    """A file of offline tests."""

    def collect(self) -> Iterable[pytest.Item]:
        """Read the file and make an item of each of its tests."""
        from alertproof.offline import load_script  # noqa: PLC0415 - numpy, which most runs of pytest do not need

        script = load_script(self.path)
        for test in script.tests:
            item: AlertItem = AlertItem.from_parent(self, name=test.name, test=test, script=script)
            yield item


class AlertItem(pytest.Item):
    """One offline test of monitors on a virtual clock."""

    alertproof_kind = "offline"

    def __init__(self, *, test: AlertTest, script: Script, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]  # pytest passes the node's own keywords
        self._test = test
        self._script = script

    def runtest(self) -> None:
        """Run the test; its verdict is pytest's."""
        from alertproof.offline import run_test  # noqa: PLC0415 - numpy, as above

        result = run_test(self._test, self._script)
        self.user_properties += [("assumption", text) for text in result.assumptions]
        if result.verdict is Verdict.BROKEN:
            raise Broken(result.reason)
        if result.verdict is not Verdict.PASSED:
            raise _Unmet(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: object) -> str | TerminalRepr:
        """Draw what was expected and what happened."""
        if isinstance(excinfo.value, _Unmet):
            return _Drawn(excinfo.value.result, self.path)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class _Unmet(Exception):
    """An expectation was not met; the item draws which."""

    def __init__(self, result: TestResult) -> None:
        super().__init__(result.name)
        self.result = result


class _Drawn(TerminalRepr):
    """A failed test as it is shown: in colours on a terminal, as plain text in a file."""

    def __init__(self, result: TestResult, path: Path) -> None:
        self._result = result
        unmet = "; ".join(each.text for each in result.expectations if not each.met)
        #: What the line of the summary and JUnit's message say.
        self.reprcrash = ReprFileLocation(str(path), int(result.where.rpartition(":")[2]), f"not met: {unmet}")

    def toterminal(self, tw: TerminalWriter) -> None:
        """Draw it."""
        for line in self._result.drawing:
            for text, style in line:
                tw.write(text, **{_MARKUP.get(style, style): True} if style else {})
            tw.line()
        if self._result.assumptions:
            tw.line()
        for text in self._result.assumptions:
            tw.line(f"assumed: {text}", light=True)


#: What pytest calls our styles where the names differ.
_MARKUP = {"dim": "light"}
