"""Collects ``*.alert.yaml``: each of its tests is a pytest item."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.errors import Broken
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.offline import TestResult

__all__ = ["pytest_collect_file"]


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Take ``*.alert.yaml`` files as tests."""
    if file_path.name.endswith((".alert.yaml", ".alert.yml")):
        collected: AlertFile = AlertFile.from_parent(parent, path=file_path)
        return collected
    return None


class AlertFile(pytest.File):
    """A file of offline tests."""

    def collect(self) -> Iterable[pytest.Item]:
        """Evaluate the file once, in milliseconds, and make an item of each of its tests."""
        from alertproof.offline import run_file  # noqa: PLC0415 - numpy, which most runs of pytest do not need

        for result in run_file(self.path):
            item: AlertItem = AlertItem.from_parent(self, name=result.name, result=result)
            yield item


class AlertItem(pytest.Item):
    """One offline test of monitors on a virtual clock."""

    alertproof_kind = "offline"

    def __init__(self, *, result: TestResult, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]  # pytest passes the node's own keywords
        self._result = result

    def runtest(self) -> None:
        """Report the verdict as pytest's."""
        __tracebackhide__ = True
        unmet = "\n".join(filter(None, (one.complaint() for one in self._result.expectations)))
        if self._result.verdict is Verdict.BROKEN:
            raise Broken("\n".join(filter(None, (self._result.reason, unmet))))
        if self._result.verdict is not Verdict.PASSED:
            pytest.fail("\n".join(filter(None, (self._result.reason, unmet))), pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"
