"""What every fault that hits requests has in common: the steady traffic shows it, and tenants are told apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from alertproof.clock import wait_until
from alertproof.drills.scene import Scene
from alertproof.drills.words import quantity, seconds
from alertproof.loadgen import Answered
from alertproof.requirements import DelaySpec, ErrorSpec

__all__ = [
    "first_answer",
    "highest_under",
    "is_near",
    "see_none_failed",
    "see_other_tenants",
    "see_tenants",
    "those_hit",
]

_POLL = timedelta(milliseconds=20)  # real, as answers are
#: A share counts a whole number of requests, and at its ends some are on their way.
_NEAR = 0.3


def those_hit(fault: ErrorSpec | DelaySpec, scene: Scene) -> tuple[float, dict[str, str]]:
    """Return the share that the platform is told and of which requests: those of all, or of one tenant."""
    match = {} if fault.tenant is None else {"tenant": fault.tenant}
    return fault.share_hit(scene.platform.spec.tenants), match


def see_other_tenants(fault: ErrorSpec | DelaySpec, scene: Scene, shows: Callable[[Answered], bool]) -> None:
    """Decide that a fault of one tenant touched no request of another, by the traffic's own answers."""
    if fault.tenant is None:
        return
    platform = scene.platform
    began, ended = (platform.real(at) for at in (scene.fault.began, scene.reverted))
    others = [one for one in platform.traffic.answers(since=began, until=ended) if one.tenant != fault.tenant]
    touched = sum(map(shows, others))
    scene.checklist.expect(
        f"the fault is {fault.tenant}'s alone: no request of another tenant shows it",
        bool(others) and not touched,
        f"{touched} of {len(others)} requests of other tenants",
    )


def first_answer(
    scene: Scene, shows: Callable[[Answered], bool], *, did: str, share: float, takes: timedelta
) -> tuple[Answered | None, str]:
    """Wait for the first request under the fault that shows it; also return in words how many ``did``.

    ``share`` of the requests are hit, and the answer then takes ``takes``.
    """
    traffic, since = scene.platform.traffic, scene.platform.real(scene.fault.began)
    # The last of 1/share requests is the one.
    within = timedelta(seconds=3 + 2 / (share * traffic.plan.rate)) + takes
    clock = scene.system

    def look() -> Answered | None:
        showing = filter(shows, traffic.answers(since=since))
        return min(showing, key=lambda answer: answer.start, default=None)

    found = wait_until(look, clock=clock, deadline=clock.now() + within, every=_POLL)
    answers = traffic.answers(since=since)
    shown = sum(map(shows, answers))
    return found, f"{shown} of {len(answers)} requests {did} within {within.total_seconds():.1f} s of real time"


def is_near(seen: float, share: float) -> bool:
    """Return whether a share that was seen is that of the fault."""
    return abs(seen - share) <= _NEAR * share


def highest_under(scene: Scene) -> tuple[float | None, str]:
    """Return the indicator's highest value over windows that the fault filled, and the value in words."""
    full = scene.fault.began + scene.alert.indicator.window.delta
    values = [one.value for one in scene.readings() if one.at >= full]
    if not values:
        return None, "no readings under a full window"
    said = quantity(max(values), scene.alert.indicator.unit)
    return max(values), f"highest {said} in {len(values)} readings under a full window"


def see_tenants(scene: Scene) -> None:
    """Decide that the indicator's metric names the tenants: without them no support team knows who suffers."""
    platform, volume = scene.platform, scene.reader.volume
    since, until = scene.began, platform.clock.now()
    silent = [
        tenant
        for tenant in platform.spec.tenants
        if not platform.datadog.points(volume.replace("}", f",tenant:{tenant}}}", 1), since=since, until=until)
    ]
    scene.checklist.expect(
        f"the metric of {scene.alert.indicator.name} is tagged with each tenant",
        not silent,
        f"no points of tenant {', '.join(silent)}" if silent else f"points of {', '.join(platform.spec.tenants)}",
    )


def see_none_failed(scene: Scene) -> None:
    """Decide that a fault of another part left the steady traffic alone."""
    platform = scene.platform
    began, ended = (platform.real(at) for at in (scene.fault.began, scene.reverted))
    answers = platform.traffic.answers(since=began, until=ended)
    failed = [f"{answer.status or 'no answer'} after {seconds(answer.seconds)}" for answer in answers if answer.failed]
    scene.checklist.expect(
        "meanwhile none of the steady traffic failed",
        bool(answers) and not failed,
        ", ".join([f"{len(failed)} of {len(answers)} requests failed", *failed[:3]]),
    )
