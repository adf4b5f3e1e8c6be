"""A capacity search with real load: what the child says goes to the search, what the search wants goes to the child."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec

from alertproof.errors import Broken, ConfigError
from alertproof.journal import FailureSeen, LoadTick
from alertproof.loadgen.behaviour import Behaviour, behaviour_of
from alertproof.loadgen.capacity import Outcome, Search, Second, judge
from alertproof.loadgen.capacity_profile import CapacityProfile
from alertproof.loadgen.capacity_tick import CapacityTick
from alertproof.loadgen.ending import KillSwitch
from alertproof.loadgen.final_seconds import FinalSeconds
from alertproof.loadgen.judge import generator_trouble
from alertproof.loadgen.run import Ceiling
from alertproof.loadgen.sender import Generator, Sender
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Batch, Crew, LoadPlan, Trouble
from alertproof.redact import secrets_among, without
from alertproof.requirements import Target
from alertproof.verdict import Verdict

__all__ = ["CapacityRun", "CapacityTick", "find_capacity"]

_LEAST = 100  # requests: fewer say nothing of 5 %, unless most of them are slow
_VERDICTS = {Outcome.PASS: Verdict.PASSED, Outcome.FAIL: Verdict.FAILED, Outcome.INCONCLUSIVE: Verdict.BROKEN}


class CapacityRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a search with real load found. Rates are arrivals per second.

    ``outcome`` is None where nothing can be said, and ``reason`` says why. ``rate`` is None where no capacity was
    found; it then lies between ``low`` and ``high``, None for no upper end. ``ticks`` are ``tick`` long; an arrival may
    be several requests.
    """

    target: str
    profile: str
    scenario: str
    verdict: Verdict
    outcome: Outcome | None
    reason: str
    required: float
    headroom: float
    limit: timedelta
    share: float
    tick: timedelta
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    base: float = 0.0
    doubts: tuple[str, ...] = ()
    behaviour: Behaviour | None = None
    sent: int = 0
    dropped: int = 0
    lag_p99: timedelta = timedelta(0)
    ticks: tuple[CapacityTick, ...] = ()
    failures: tuple[FailureSeen, ...] = ()


Watch = Callable[[CapacityTick, Search], None]


def find_capacity(
    profile: CapacityProfile,
    target: Target,
    *,
    target_name: str,
    required: float,
    headroom: float = 1.0,
    ceiling: Ceiling | None = None,
    watch: Watch = lambda _tick, _search: None,
    kill_switch: Path | None = None,
    generator: Callable[[LoadPlan], Generator] | None = None,
    crew: Crew | None = None,
) -> CapacityRun:
    """Search the capacity of the target's platform, and judge whether it takes ``required``, ``headroom`` times over.

    ``watch`` is called with each second that is final. When a file ``kill_switch`` appears, the run ends at once. The
    first Ctrl-C lets what is under way be answered; a second one is raised. A ``crew`` sends the load where one is
    given, or where the profile asks for more workers than one. Raises `ConfigError` when the load may not or cannot be
    sent; what goes wrong later is in the result, as broken.
    """
    ceiling = ceiling or Ceiling()
    ceiling.allow(profile.path, rate=profile.plan.ceiling, seconds=profile.longest.total_seconds())
    if not (required > 0 and headroom >= 1):
        raise ConfigError(f"required is above 0 and headroom at least 1, got {required:g} and {headroom:g}")
    switch = KillSwitch(kill_switch)
    switch.check()
    if importlib.util.find_spec("locust") is None:
        raise ConfigError("load needs locust: pip install 'alertproof[load]'")
    drive = _Drive(profile, target.endpoints.m3core, until=ceiling.duration, watch=watch, switch=switch, crew=crew)
    broken = drive.run(generator or (lambda plan: Sender(plan, environment=target.env)))
    tally, finding = drive.tally, drive.search.conclude()
    answer = None if broken else judge(finding, required=required, headroom=headroom)
    secrets = secrets_among(target.env)  # a scenario may print or refuse with what it likes
    return CapacityRun(
        target=target_name,
        profile=profile.name,
        scenario=profile.scenario.stem,
        verdict=_VERDICTS[answer.outcome] if answer else Verdict.BROKEN,
        outcome=answer.outcome if answer else None,
        reason=without(answer.reason if answer else "\n".join(broken), secrets),
        required=required,
        headroom=headroom,
        limit=profile.limit,
        share=profile.plan.share,
        tick=profile.tick,
        rate=finding.rate if answer else None,
        low=finding.low if answer else None,
        high=finding.high if answer and math.isfinite(finding.high) else None,
        base=finding.base,
        doubts=finding.doubts if answer else (),
        behaviour=behaviour_of(
            drive.ticks, sent=tally.sent, tick=profile.tick.total_seconds(), allowed=profile.plan.share
        )
        if answer
        else None,
        sent=tally.sent,
        dropped=tally.dropped,
        lag_p99=tally.lag_p99(),
        ticks=tuple(drive.ticks),
        failures=tuple(msgspec.structs.replace(one, trouble=without(one.trouble, secrets)) for one in tally.failures()),
    )


class _Drive:
    """One search, from the child's first word to its last."""

    def __init__(
        self,
        profile: CapacityProfile,
        url: str,
        *,
        until: timedelta,
        watch: Watch,
        switch: KillSwitch,
        crew: Crew | None,
    ) -> None:
        schedule = profile.schedule(until=until)
        self.search = Search(profile.plan)
        self.tally = Tally(schedule, warm_up=timedelta(0), limit=profile.limit, tick=profile.tick)
        self.ticks: list[CapacityTick] = []
        self._profile = profile
        self._watch = watch
        self._switch = switch
        self._final = FinalSeconds(self.tally, limit=profile.limit, tick=profile.tick)
        self._ordered = profile.plan.start
        self._over = False
        self._interrupted = False
        self._plan = profile.load_plan(url, until=until, crew=crew)

    def run(self, generator: Callable[[LoadPlan], Generator]) -> list[str]:
        """Send the load; return why nothing can be said of the platform, nothing where something can."""
        sender = generator(self._plan)
        try:
            while True:
                try:
                    trouble = self._follow(sender)
                    return [trouble] if trouble else self._generator_trouble()
                except KeyboardInterrupt:
                    if self._interrupted:
                        raise
                    self._interrupted = self._over = True
                    sender.drain()
        except Broken as error:
            return [str(error)]
        finally:
            sender.stop()

    def _follow(self, sender: Generator) -> str:
        """Take in what the child says until its last word; return why it gave up."""
        for message in sender.messages():
            if isinstance(message, Trouble):
                return message.told(self._profile.scenario.name)
            if isinstance(message, Batch):
                self._switch.check()
                self.tally.add(message)
                for seen, in_flight in self._final.see(message):
                    self._take_in(seen, in_flight, sender)
        return ""

    def _take_in(self, seen: LoadTick, in_flight: int, sender: Generator) -> None:
        if self._over:
            return
        rate = self.search.see(Second(rate=seen.target_rate, n=seen.n, slow=seen.slow, in_flight=in_flight))
        tick = CapacityTick(
            second=seen.second,
            phase=self.search.phase,
            rate=seen.target_rate,
            n=seen.n,
            slow=seen.slow,
            in_flight=in_flight,
            p95=seen.p95,
        )
        self.ticks.append(tick)
        self._watch(tick, self.search)
        if self.search.done or self.tally.dropped:
            self._over = True
            sender.drain()
        elif rate != self._ordered:
            self._ordered = rate
            sender.offer(rate)

    def _generator_trouble(self) -> list[str]:
        profile, tally = self._profile, self.tally
        whole = tally.whole()
        broken = generator_trouble(
            planned=tally.sent + tally.dropped,
            sent=tally.sent,
            dropped=tally.dropped,
            max_in_flight=profile.max_in_flight,
            lag_p99=tally.lag_p99(),
            max_lag=profile.max_lag,
        )
        searched = f"{len(self.ticks) * profile.tick.total_seconds():g} s"
        if self._interrupted:
            broken.insert(0, f"interrupted after {searched}")
        elif not self.search.done and not broken:
            broken.append(
                f"the search was not over after {searched}: raise --max-duration, or start nearer to the capacity"
            )
        elif (n := whole.n) < _LEAST and 2 * whole.slow(profile.limit) <= n:
            broken.append(
                f"only {n} requests at all, of which {_LEAST} are needed: the scenario {profile.scenario.name} was "
                f"started {tally.sent} times"
            )
        return broken
