"""Why a run may end before its schedule: a threshold that does not hold, a hand, a kill switch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alertproof.errors import Broken, ConfigError
from alertproof.loadgen.judge import judge_thresholds
from alertproof.loadgen.profile import Profile
from alertproof.loadgen.tally import Tally

__all__ = ["End", "Ending", "KillSwitch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run ended. ``cut_short`` says why it proves nothing, ``aborted`` that a threshold ended it; else empty."""

    cut_short: str = ""
    aborted: str = ""


class Ending:
    """Decides after each second whether the run goes on, by the profile's ``abort_after``."""

    def __init__(self, profile: Profile, tally: Tally) -> None:
        self._profile = profile
        self._tally = tally
        self.end = End()
        self.by_hand = False

    def decide(self, second: int) -> bool:
        """Return whether the run is to end now that ``second`` has passed: a threshold does not hold any more."""
        profile = self._profile
        if profile.abort_after is None or self.end != End():
            return False
        done = timedelta(seconds=second + 1)
        if done < profile.warm_up + profile.abort_after or done.total_seconds() >= profile.schedule.seconds:
            return False
        seen = judge_thresholds(profile.thresholds, self._tally.whole(), self._tally.by_endpoint(), limit=profile.limit)
        if all(one.met is not False for one in seen):
            return False
        self.end = End(aborted=f"ended after {self._of_whole(second + 1)}: a threshold does not hold (abort_after)")
        return True

    def interrupt(self) -> None:
        """Note that a hand ended the run."""
        self.by_hand = True
        self.end = End(cut_short=f"interrupted after {self._of_whole(self._tally.seen)}")

    def _of_whole(self, seconds: int) -> str:
        return f"{seconds} s of {self._profile.schedule.seconds:g}"


class KillSwitch:
    """A file that, where it is, forbids load: whoever sees harm makes it, wherever the run was started."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._running = False

    def check(self) -> None:
        """Raise where the file is: `ConfigError` before the run has begun, `Broken` later."""
        if self._path is not None and self._path.exists():
            if self._running:
                raise Broken(f"the kill switch {self._path} appeared")
            raise ConfigError(f"the kill switch {self._path} is there: no load until it is removed")
        self._running = True
