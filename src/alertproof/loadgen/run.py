"""One load run: has the load sent, adds up what was seen, and judges it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from alertproof.clock import Clock, SystemClock
from alertproof.errors import Broken, ConfigError
from alertproof.journal import LoadJournal, LoadTick
from alertproof.loadgen.ending import End, Ending, KillSwitch
from alertproof.loadgen.judge import Judgement, generator_trouble, judge, judge_thresholds
from alertproof.loadgen.profile import Profile
from alertproof.loadgen.samples import P95
from alertproof.loadgen.sender import Sender
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Batch, Crew, LoadPlan, Trouble, crew_of
from alertproof.redact import secrets_among, without
from alertproof.requirements import Target
from alertproof.verdict import Expectation

__all__ = ["Ceiling", "run_load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most that a profile may ask for, so that a slip of the pen does no harm: arrivals per second, and time."""

    rate: float = 500.0
    duration: timedelta = timedelta(minutes=15)

    def check(self, profile: Profile) -> None:
        """Raise `ConfigError` for a profile that asks for more."""
        self.allow(profile.path, rate=profile.schedule.peak, seconds=profile.schedule.seconds)

    def allow(self, path: Path, *, rate: float, seconds: float) -> None:
        """Raise `ConfigError` naming the file where it asks for a higher rate, or for more time."""
        if rate > self.rate:
            raise ConfigError(
                f"{path}: {rate:g} arrivals per second are more than the ceiling of "
                f"{self.rate:g}; where that is wanted, raise it: alertproof_load_max_rate, or --max-rate"
            )
        if seconds > self.duration.total_seconds():
            raise ConfigError(
                f"{path}: {seconds:g} s are longer than the ceiling of "
                f"{self.duration.total_seconds():g} s; where that is wanted, raise it: alertproof_load_max_duration, "
                "or --max-duration"
            )


def run_load(
    profile: Profile,
    target: Target,
    *,
    check: str,
    target_name: str,
    ceiling: Ceiling | None = None,
    watch: Callable[[LoadTick, int], None] = lambda _tick, _in_flight: None,
    kill_switch: Path | None = None,
    drains: bool = False,
    crew: Crew | None = None,
    clock: Clock | None = None,
) -> LoadJournal:
    """Send the profile's load to the target's platform, and to nothing else, and judge it.

    ``watch`` is called each second with the second that has just passed, as far as it is known, and the number of
    arrivals under way. When a file ``kill_switch`` appears, the run ends at once. With ``drains``, the first Ctrl-C
    lets what is under way be answered, and the journal holds what was seen; a second one is raised. A ``crew`` sends
    the load where one is given, or where the profile asks for more workers than one. Raises
    `ConfigError` when the load may not or cannot be sent; what goes wrong later is in the journal, as broken.
    """
    clock = clock or SystemClock()
    (ceiling or Ceiling()).check(profile)
    switch = KillSwitch(kill_switch)
    switch.check()
    if importlib.util.find_spec("locust") is None:
        raise ConfigError("load needs locust: pip install 'alertproof[load]'")
    began, start = clock.now(), clock.monotonic()
    tally = Tally(profile.schedule, warm_up=profile.warm_up, limit=profile.limit)
    end = _send(profile, target, tally, watch=watch, switch=switch, drains=drains, crew=crew)
    judgement = _judge_cut_short(profile, end.cut_short) if end.cut_short else _judge(profile, tally, end.aborted)
    whole, secrets = tally.whole(), secrets_among(target.env)  # a scenario may print or refuse with what it likes
    return LoadJournal(
        check=check,
        target=target_name,
        profile=profile.name,
        scenario=profile.scenario.stem,
        verdict=judgement.verdict,
        reason=without(judgement.reason, secrets),
        began=began,
        wall=clock.monotonic() - start,
        limit=profile.limit,
        slow_allowed=profile.slow_allowed,
        warm_up=profile.warm_up,
        n=whole.n,
        slow=whole.slow(profile.limit),
        failed=whole.failed,
        p95=whole.percentile(P95),
        lag_p99=tally.lag_p99(),
        ticks=tally.ticks() if end == End() else tally.ticks()[: tally.seen + 1],
        endpoints=tally.endpoints(),
        failures=tuple(replace(one, trouble=without(one.trouble, secrets)) for one in tally.failures()),
        expectations=judgement.expectations,
    )


def _send(
    profile: Profile,
    target: Target,
    tally: Tally,
    *,
    watch: Callable[[LoadTick, int], None],
    switch: KillSwitch,
    drains: bool,
    crew: Crew | None,
) -> End:
    """Have the load sent and added to ``tally``; return how it ended, if before its time."""
    plan = LoadPlan(
        base_url=target.endpoints.m3core.rstrip("/"),
        scenario=str(profile.scenario),
        schedule=profile.schedule,
        users=profile.users,
        max_in_flight=profile.max_in_flight,
        timeout=profile.timeout.total_seconds(),
        writes=profile.writes,
        crew=crew or crew_of(profile.workers),
    )
    sender = Sender(plan, environment=target.env)
    ending = Ending(profile, tally)

    def seen(second: int, in_flight: int) -> None:
        watch(tally.tick(second), in_flight)
        switch.check()
        if ending.decide(second):
            sender.drain()

    try:
        while True:
            try:
                return _follow(profile, sender, tally, seen) or ending.end
            except KeyboardInterrupt:
                if not drains or ending.by_hand:
                    raise
                ending.interrupt()
                sender.drain()
    except Broken as error:
        return End(cut_short=str(error))
    finally:
        sender.stop()


def _follow(profile: Profile, sender: Sender, tally: Tally, seen: Callable[[int, int], None]) -> End | None:
    """Add up what the child says until its last word; return why it gave up, if it did."""
    for message in sender.messages():
        if isinstance(message, Batch):
            for second in tally.add(message):
                seen(second, message.in_flight)
        elif isinstance(message, Trouble):
            return End(cut_short=message.told(profile.scenario.name))
    return None


def _judge_cut_short(profile: Profile, cut_short: str) -> Judgement:
    never = [Expectation(text=str(one), met=None, last_seen="the run was cut short") for one in profile.thresholds]
    return judge(never, broken=[cut_short])


def _judge(profile: Profile, tally: Tally, aborted: str) -> Judgement:
    broken = generator_trouble(
        planned=tally.sent + tally.dropped if aborted else profile.schedule.planned,
        sent=tally.sent,
        dropped=tally.dropped,
        max_in_flight=profile.max_in_flight,
        lag_p99=tally.lag_p99(),
        max_lag=profile.max_lag,
    )
    whole = tally.whole()
    if not whole.n:
        broken.append(
            f"no samples at all: the scenario {profile.scenario.name} was started {tally.sent} times and sent no "
            "request" + (" after the warm-up" if any(tick.n for tick in tally.ticks()) else "")
        )
    expectations = judge_thresholds(profile.thresholds, whole, tally.by_endpoint(), limit=profile.limit)
    return judge(expectations, broken=broken, aborted=aborted, failures=tally.failures())
