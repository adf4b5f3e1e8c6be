"""One drill: break the platform on purpose and see who is told, when, and that nobody else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from alertproof.drills.anew import TooBusy, believe, run_anew
from alertproof.drills.effects import Effect, effect_of
from alertproof.drills.outcome import expect_in_order
from alertproof.drills.platform import Platform
from alertproof.drills.record import Recorded, write_journal
from alertproof.drills.rehearsal import rehearse
from alertproof.drills.scene import EVALUATION, Scene
from alertproof.drills.silence import expect_nothing_else
from alertproof.drills.steady import Baseline, await_minute, hold_steady
from alertproof.drills.words import minutes
from alertproof.errors import AlertproofError, ConfigError, RevertFailed
from alertproof.faults import injected
from alertproof.journal import DrillJournal, FaultWindow
from alertproof.requirements import FaultSpec, FiresSpec, QuietSpec

__all__ = ["Drill"]

_T = TypeVar("_T")
_LATEST = timedelta(seconds=20)  # the lateness of an evaluation that is still believed
_MARGIN = timedelta(seconds=15)  # real: how much longer than the fault its lease is
#: The fault that must fire begins so long after a full minute, when an evaluation has just been made. At another phase
#: of the minute an evaluation might just miss what the next one sees, and an alert in time would come by chance.
_AFTER_EVALUATION = timedelta(seconds=25)


class Drill:
    """A drill of one alert of the specification on one platform.

    ``fires`` and ``stays_quiet`` return the journal, whatever the verdict: what goes wrong on the way makes it
    broken. They raise only `RevertFailed`, and `ConfigError` for an alert that the specification does not have.
    A drill that could not tell because the machine was too busy is run anew, and says so. ``effect_of`` may put
    something else in the place of the specified fault: load (`effects.overloading`).
    """

    def __init__(
        self,
        platform: Platform,
        alert: str,
        *,
        name: str,
        effect_of: Callable[[FaultSpec, Scene], Effect] = effect_of,
    ) -> None:
        self._effect_of = effect_of
        self._platform = platform
        self._alert = alert
        self._name = name
        self._begin()

    def _begin(self) -> None:
        self._scene = Scene(self._platform, self._alert)
        self._seen = self._scene.seen
        self._list = self._scene.checklist
        self._lost: dict[str, int] = {}
        self._wall = self._scene.system.monotonic()

    # -- the two sides ------------------------------------------------------------------------------------

    def fires(self) -> DrillJournal:
        """Hold the reference fault until somebody is told, revert it, and see everything resolve."""
        side = self._scene.alert.fires
        if side is None:
            raise ConfigError(f"{self._scene.name}: the specification has no 'fires' for this alert")
        return self._run("fires", lambda: self._fires(side))

    def stays_quiet(self) -> DrillJournal:
        """Hold the lesser fault for its whole time and see that nobody is told."""
        side = self._scene.alert.quiet
        if side is None:
            raise ConfigError(f"{self._scene.name}: the specification has no 'quiet' for this alert")
        return self._run("quiet", lambda: self._quiet(side))

    def _run(self, side: Literal["fires", "quiet"], body: Callable[[], None]) -> DrillJournal:
        def attempt(notes: Sequence[str]) -> tuple[DrillJournal, bool]:
            self._begin()
            self._seen.notes.extend(notes)
            self._seen.fired = side == "fires"
            too_busy = self._could_not_tell(body)
            return self._journal(side), too_busy

        return run_anew(attempt)

    def _could_not_tell(self, body: Callable[[], None]) -> bool:
        """Run one attempt; return whether it could not tell because the machine was too busy."""
        try:
            self._platform.quota.begin()
            self._lost = self._platform.lost()
            body()
        except RevertFailed:
            raise
        except AlertproofError as error:
            self._seen.broken = str(error)
            return isinstance(error, TooBusy)
        return False

    # -- the alert comes ------------------------------------------------------------------------------------

    def _fires(self, side: FiresSpec) -> None:
        scene = self._scene
        effect = self._effect_of(side.fault, scene)
        self._rehearse(effect, side)
        scene.began = hold_steady(scene, Baseline.for_firing(side, scene, bad_share=effect.bad_share))
        effect.announce()
        await_minute(self._platform.clock, past=_AFTER_EVALUATION)
        with self._fault(effect, lasts=side.after.end.delta + EVALUATION * 2) as began:
            effect.see_first()
            effect.see_traces()
            self._see_alert(began, side)
            self._see_incident()
        self._see_recovery(side)
        effect.prove()
        self._nothing_else(side)
        expect_in_order(self._seen, self._list, effect.moments())

    def _rehearse(self, effect: Effect, side: FiresSpec) -> None:
        limit = side.after.end.delta + timedelta(minutes=30)
        monitor = self._platform.datadog.monitor(self._scene.monitor_id)
        self._seen.rehearsal = found = rehearse(
            monitor, effect.timeline, limit=limit, slos=self._platform.slos(), state=side.state
        )
        first, last = side.after.start.delta, side.after.end.delta
        self._list.expect(
            f"by its own query the monitor fires {minutes(first)} to {minutes(last)} after the fault",
            found.earliest is not None and found.latest is not None and first <= found.earliest <= found.latest <= last,
            f"computed from the deployed query: {found.text()}",
        )

    def _see_alert(self, began: datetime, side: FiresSpec) -> None:
        scene, first, last = self._scene, side.after.start.delta, side.after.end.delta
        text = f"the monitor goes to {side.state} {minutes(first)} to {minutes(last)} after the fault, never before"
        self._list.announce(text)
        self._seen.alerted = scene.wait(
            lambda: scene.transition(side.state, since=began), last + EVALUATION / 4, after=began
        )
        if self._seen.alerted is None:
            self._list.expect(text, False, scene.monitor_now())
            return
        took = self._seen.alerted.at - began
        seen = f"{side.state} {minutes(took)} after the fault; {scene.reading_text()}"
        self._list.expect(text, first <= took <= last, seen)

    def _see_incident(self) -> None:
        told = self._scene.alert.told
        text = f"one {told.urgency}-urgency incident opens on {told.pagerduty}, severity {told.severity}"
        self._list.announce(text)
        if self._seen.alerted is None:
            return
        own = self._scene.wait(self._scene.own_incident, EVALUATION, after=self._seen.alerted.at)
        self._seen.incident = opened = own or self._scene.first_incident()
        if opened is None:
            self._list.expect(text, False, f"no incident within {minutes(EVALUATION)} of the transition")
            return
        seen = f"{opened.urgency}-urgency incident on {opened.service}, severity {', '.join(opened.severities)}"
        right = (opened.urgency, opened.service, opened.severities) == (told.urgency, told.pagerduty, (told.severity,))
        self._list.expect(text, right, seen)
        self._list.expect(
            f"the page says {told.text!r}",
            told.text.lower() in (opened.title + opened.details).lower(),
            f"its title is {opened.title!r}",
        )
        self._list.expect(
            "somebody on call is told", bool(opened.told), ", ".join(opened.told) or "nobody was notified"
        )

    def _see_recovery(self, side: FiresSpec) -> None:
        scene, within = self._scene, side.recovers_within.delta
        recovers = f"the monitor is OK again within {minutes(within)} of the revert"
        resolves = "the incident resolves by itself, with the dedup key it was opened with"
        self._list.announce(recovers, resolves)
        if self._seen.alerted is None:
            return
        self._seen.recovered = scene.wait(
            lambda: scene.transition("OK", since=scene.reverted), within + EVALUATION / 4, after=scene.reverted
        )
        if self._seen.recovered is None:
            self._list.expect(recovers, False, scene.monitor_now())
            return
        took = self._seen.recovered.at - scene.reverted
        self._list.expect(recovers, took <= within, f"OK {minutes(took)} after the revert")
        opened = self._seen.incident
        if opened is None:
            return
        resolved = scene.wait(lambda: scene.resolved(opened.id), EVALUATION, after=self._seen.recovered.at)
        self._seen.incident = now = resolved or scene.incident(opened.id)
        keys = now.dedup_keys if now else ()
        self._list.expect(
            resolves,
            resolved is not None and keys == opened.dedup_keys and len(keys) == 1,
            f"the incident is {now.status if now else 'gone'}, dedup keys {', '.join(keys)}",
        )

    # -- the alert does not come ----------------------------------------------------------------------------

    def _quiet(self, side: QuietSpec) -> None:
        scene, held = self._scene, side.duration.delta
        effect = self._effect_of(side.fault, scene)
        scene.began = hold_steady(scene, Baseline.for_quiet(scene, bad_share=effect.bad_share))
        with self._fault(effect, lasts=held) as began:
            effect.see_first()
            scene.wait(lambda: scene.first_incident() or scene.transition("Alert", since=began), held, after=began)
        # The next full minute must have been evaluated: it looks at the last of the fault too. A monitor that looks at
        # what was some time ago does so later by that.
        self._platform.clock.sleep(scene.evaluation_delay())
        await_minute(self._platform.clock, past=_LATEST + timedelta(seconds=6))
        effect.see_at_datadog()
        states = scene.states()
        self._list.expect(
            f"the monitor is OK after {minutes(held)} of the fault",
            bool(states) and set(states.values()) == {"OK"},
            ", ".join(f"{group} is {state}" for group, state in sorted(states.items())),
        )
        self._nothing_else(side)

    # -- what both sides need -------------------------------------------------------------------------------

    @contextmanager
    def _fault(self, effect: Effect, *, lasts: timedelta) -> Iterator[datetime]:
        """Hold the fault while the block runs, at most about as long as said; yield when it began.

        Its beginning is noted before it is injected, so that nothing that it causes can be older.
        """
        platform, fault = self._platform, effect.fault
        door, lease = platform.door_of(fault), platform.real_span(lasts) + _MARGIN
        began = platform.clock.now()
        self._seen.fault = FaultWindow(text=fault.text, began=began)
        with injected(fault, door=door, ledger=platform.ledger, lease=lease, target=platform.name) as fault_id:
            yield began
            self._seen.broke = next((state.injected for state in door.active() if state.id == fault_id), None)
        self._seen.fault = FaultWindow(text=fault.text, began=began, ended=platform.clock.now())
        broke = self._seen.broke
        self._list.expect(
            "the fault stood until the revert",
            bool(broke),
            "the platform's door did not list it any more" if broke is None else f"the platform's door says {broke}",
        )

    def _nothing_else(self, side: FiresSpec | QuietSpec) -> None:
        """Decide that nothing happened beside the alert; raises `Broken` where what was seen cannot be believed."""
        expect_nothing_else(self._scene, side)
        believe(self._platform.trouble(since=self._scene.began, lost_before=self._lost))

    # -- the journal ----------------------------------------------------------------------------------------

    def _recorded(self, read: Callable[[], Sequence[_T]]) -> tuple[_T, ...]:
        """Read for the journal; what cannot be read any more is said, and must not cost the journal."""
        try:
            return tuple(read())
        except AlertproofError as error:
            self._seen.broken = self._seen.broken or str(error)
            return ()

    def _journal(self, side: Literal["fires", "quiet"]) -> DrillJournal:
        scene = self._scene
        recorded = Recorded(
            readings=self._recorded(scene.readings),
            transitions=self._recorded(scene.transitions),
            incidents=self._recorded(scene.incidents),
            assumptions=self._recorded(scene.assumptions),
        )
        wall = scene.system.monotonic() - self._wall
        return write_journal(scene, recorded, check=self._name, side=side, wall=wall)
