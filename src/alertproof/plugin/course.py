"""The fixture ``course``: what comes after the page, on signals, without a platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from alertproof.plugin.connecting import connected, load_drills
from alertproof.plugin.judging import judge
from alertproof.plugin.options import monitoring_folder, target_name
from alertproof.plugin.recording import JOURNALS

if TYPE_CHECKING:
    from alertproof.drills.course import Signalled, Step
    from alertproof.drills.repeats import Repeat
    from alertproof.journal import DrillJournal
    from alertproof.requirements import Specification, Target

__all__ = ["CourseFixture", "course", "signalled", "vendors"]


class CourseFixture(Protocol):
    """Runs a course of an alert and returns its journal."""

    def __call__(self, alert: str, *steps: Step, may: Sequence[str] = (), repeat: Repeat | None = None) -> DrillJournal:
        """Take the steps; what is not met fails the test. The monitors of alerts that ``may`` come can move, too.

        With ``repeat`` n of m courses have to pass, and one journal says of all how long they took.
        """


def load_courses() -> None:
    """Import what a course needs; raises `ConfigError` that names the extra."""
    load_drills("alertproof.drills.course")


@pytest.fixture(scope="module")  # its fast clock must not run on beside drills that measure
def vendors(pytestconfig: pytest.Config, alertproof_targets: Path) -> Iterator[Target]:
    """Yield where the vendors of the target answer; of an embedded stack they alone are started, on a fast clock."""
    from alertproof.stack import reached  # noqa: PLC0415 - httpx, which most runs of pytest do not need

    with reached(
        target_name(pytestconfig),
        targets=alertproof_targets,
        monitoring=monitoring_folder(pytestconfig),
        folder=pytestconfig.invocation_params.dir,
        platform=False,
        meanwhile=load_courses,
    ) as found:
        yield found


@pytest.fixture(scope="module")  # as `platform`: its signals must not run on beside what comes after
def signalled(pytestconfig: pytest.Config, vendors: Target, specification: Specification) -> Iterator[Signalled]:
    """Yield the vendors at hand, with the specified alerts deployed and healthy signals running."""
    load_courses()
    from alertproof.drills.course import Signalled  # noqa: PLC0415 - needs an extra

    with connected(Signalled.connect, vendors, specification, pytestconfig) as found:
        yield found


@pytest.fixture
def course(request: pytest.FixtureRequest, signalled: Signalled) -> Callable[..., DrillJournal]:
    """Return a function that takes an alert's name in ``spec.yaml`` and the steps of a course, and runs it."""
    from alertproof.drills.course import Course  # noqa: PLC0415 - needs an extra
    from alertproof.drills.repeats import repeated  # noqa: PLC0415 - as above

    def run(alert: str, *steps: Step, may: Sequence[str] = (), repeat: Repeat | None = None) -> DrillJournal:
        __tracebackhide__ = True
        name = request.node.nodeid
        journal = repeated(lambda: Course(signalled, alert, steps, name=name, may=may).run(), repeat)
        request.node.stash.setdefault(JOURNALS, []).append(journal)
        return judge(journal)

    return run
