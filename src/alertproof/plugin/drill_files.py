"""Collects ``*.drill.yaml``: each of its drills is a test that takes the fixture it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import TerminalRepr  # what pytest's hooks take is public, its class is not

from alertproof.plugin.course import CourseFixture, load_courses

if TYPE_CHECKING:
    from alertproof.drills.course import WrittenDrill
    from alertproof.plugin.fixtures import DrillFixture

__all__ = ["DrillFile", "is_drill_file"]


def is_drill_file(path: Path) -> bool:
    """Return whether a file holds drills."""
    return path.name.endswith((".drill.yaml", ".drill.yml"))


class DrillFile(pytest.Module):
    """A file of drills. It is a module to pytest, so that its drills share what tests of a module share."""

    def _getobj(self) -> ModuleType:
        return ModuleType(self.path.name)

    def collect(self) -> Iterable[pytest.Item]:
        """Read the file and make a test of each of its drills."""
        load_courses()
        from alertproof.drills.course import load_drills  # noqa: PLC0415 - needs an extra

        for drill in load_drills(self.path):
            item: DrillItem = DrillItem.from_parent(self, name=drill.name, callobj=_test_of(drill))
            yield item


class DrillItem(pytest.Function):
    """One drill of a file."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: object) -> str | TerminalRepr:
        """Say what was not as specified; there is no code of a user's to show."""
        if isinstance(excinfo.value, pytest.fail.Exception):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


def _test_of(written: WrittenDrill) -> Callable[..., None]:
    """Return the test of a drill; pytest gives it the fixtures that its arguments name."""
    # A project's own fixture of the name need not know what its drills do not ask for.
    repeat: dict[str, Any] = {} if written.repeat is None else {"repeat": written.repeat}

    def take_its_course(course: CourseFixture) -> None:
        __tracebackhide__ = True
        course(written.alert, *written.steps, may=written.may, **repeat)

    def take_a_side(drill: DrillFixture) -> None:
        __tracebackhide__ = True
        runner = drill(written.alert)
        (runner.fires if written.side == "fires" else runner.stays_quiet)(**repeat)

    return take_its_course if written.side is None else take_a_side
