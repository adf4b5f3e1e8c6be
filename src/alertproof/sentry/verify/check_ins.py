"""Check-ins of cron monitors: whether a job said that it ran, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertproof.sentry.verify.judge import Judged

__all__ = ["CheckIn", "judge_check_ins"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """One run of a job: ``status`` is ``in_progress ok error missed timeout``; ``duration`` where it has ended."""

    id: str
    status: str
    environment: str
    at: datetime
    duration: timedelta | None = None

    def __str__(self) -> str:
        took = f" after {self.duration.total_seconds():g} s" if self.duration is not None else ""
        return f"{self.status}{took} in {self.environment} at {self.at:%H:%M:%S}"


def judge_check_ins(
    slug: str,
    check_ins: Sequence[CheckIn],
    *,
    status: str,
    environment: str,
    within: timedelta | None = None,
    since: datetime | None = None,
) -> tuple[Judged, ...]:
    """Judge the newest check-in of an environment.

    ``within``: how long its job may have taken; ``since``: it began then or later, so that a job that has stopped is
    not judged by its last good day.
    """
    here = [each for each in check_ins if each.environment == environment]
    if not here:
        others = "; ".join(map(str, check_ins[:3])) or "no check-in at all"
        return (Judged(what=f"check-in of {slug}", wanted=f"one in {environment!r}", met=False, found=others),)
    newest = max(here, key=lambda each: each.at)
    judged = [
        Judged(what=f"check-in of {slug}", wanted=repr(status), met=newest.status == status, found=str(newest)),
    ]
    if since is not None:
        wanted = f"at {since:%Y-%m-%d %H:%M:%S} or later"
        judged.append(
            Judged(what="the newest", wanted=wanted, met=newest.at >= since, found=f"{newest.at:%Y-%m-%d %H:%M:%S}")
        )
    if within is not None:
        took = newest.duration
        judged.append(
            Judged(
                what="duration",
                wanted=f"at most {within.total_seconds():g} s",
                met=None if took is None else took <= within,
                found="not said" if took is None else f"{took.total_seconds():g} s",
            )
        )
    return tuple(judged)
