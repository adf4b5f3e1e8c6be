"""The p95 alert through real load: a tenth of the requests slow tells operations, a fortieth tells nobody.

The load finds out first how much the platform takes, then holds the share. The interval is that of the specification's
own fault. Both sides take some twelve minutes on a clock that is five times as fast as real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.plugin.connecting import connected
from alertproof.plugin.load import profile_file
from alertproof.plugin.options import monitoring_folder, target_name

if TYPE_CHECKING:
    from alertproof.drills import Platform
    from alertproof.plugin.fixtures import DrillFixture
    from alertproof.requirements import Specification, Target

pytestmark = [pytest.mark.prove, pytest.mark.alone, pytest.mark.timeout(900)]

#: A wave of load takes six seconds, whatever the clock: of a window of ten minutes there must be many in it.
FASTEST = 5.0
#: Half of what the platform takes: the other half is the load's. A platform that lacks a processor keeps requests
#: waiting before it measures them, and its monitor does not see what its users do.
RATE = 30.0


@pytest.fixture(scope="module")
def target(pytestconfig: pytest.Config, alertproof_targets: Path) -> Iterator[Target]:
    """The target; a stack is one of its own, slower, and bounded by waiting as the profile says."""
    from alertproof.loadgen import read_hold_profile  # noqa: PLC0415 - needs an extra
    from alertproof.stack import reached  # noqa: PLC0415 - as above

    with reached(
        target_name(pytestconfig),
        targets=alertproof_targets,
        monitoring=monitoring_folder(pytestconfig),
        folder=pytestconfig.invocation_params.dir,
        fastest=FASTEST,
        capacity=read_hold_profile(profile_file(pytestconfig, "alert-above")).platform_capacity,
    ) as found:
        yield found


@pytest.fixture(scope="module")
def platform(pytestconfig: pytest.Config, target: Target, specification: Specification) -> Iterator[Platform]:
    """The platform, with less traffic of the drill's own."""
    from alertproof.drills import Platform  # noqa: PLC0415 - needs an extra

    with connected(partial(Platform.connect, rate=RATE), target, specification, pytestconfig) as found:
        yield found


def test_a_fortieth_of_slow_requests_for_twenty_minutes_tells_nobody(drill: DrillFixture) -> None:
    journal = drill("api-latency-p95").stays_quiet(load="alert-below")

    assert journal.incidents == ()


def test_a_tenth_of_slow_requests_tells_operations_and_resolves(drill: DrillFixture) -> None:
    journal = drill("api-latency-p95").fires(load="alert-above")

    assert journal.time_to_page is not None
    assert [incident.service for incident in journal.incidents] == ["m3core-operations"]
    assert journal.first_failed_request is None
