"""Runs a course: steady state, its steps in order, and afterwards that nothing else happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import TypeVar, final

from alertproof.drills.anew import SLIPPED, TooBusy, believe, run_anew
from alertproof.drills.course.expecting import Expecting
from alertproof.drills.course.joining import URGENCY_RISES, Joins
from alertproof.drills.course.play import LEEWAY, Play, Stopped
from alertproof.drills.course.sentry_alerts import is_of_sentry
from alertproof.drills.course.signalled import Signalled
from alertproof.drills.course.steps import Step
from alertproof.drills.record import Recorded, write_journal
from alertproof.drills.scene import EVALUATION, AlertScene
from alertproof.drills.sentry_alert import sentry_alert
from alertproof.drills.steady import Baseline, remembered, unsettled_monitors
from alertproof.drills.words import minutes
from alertproof.errors import AlertproofError, Broken, RevertFailed
from alertproof.journal import DrillJournal, FaultWindow
from alertproof.verdict import Verdict

__all__ = ["Course"]

_T = TypeVar("_T")
_TRACE = 0.01  # of what the window still holds of an earlier fault: it must not make the next one come early
_STEADY = timedelta(minutes=30)  # at the longest until all is well
_NOTHING_ELSE = ("no step but those above notifies anybody", "the monitor changes state in those steps alone")


@final
class Course:
    """One course of an alert. ``run`` returns the journal, whatever the verdict; it raises only `RevertFailed`.

    The monitors of the alerts that ``may`` come are let change their state.
    A course that could not tell because the machine was too busy is run anew, and says so.
    """

    def __init__(
        self, watched: Signalled, alert: str, steps: Sequence[Step], *, name: str, may: Sequence[str] = ()
    ) -> None:
        self._watched = watched
        self._alert = alert
        self._may = tuple(may)
        self._steps = tuple(steps)
        self._name = name

    def run(self) -> DrillJournal:
        """Take the steps, then put everything back."""

        def attempt(notes: Sequence[str]) -> tuple[DrillJournal, bool]:
            one = _Attempt(self._watched, self._alert, self._steps, name=self._name, may=self._may)
            return one.run(notes), one.too_busy

        return run_anew(attempt)


@final
class _Attempt:
    """One run of a course."""

    def __init__(
        self, watched: Signalled, alert: str, steps: tuple[Step, ...], *, name: str, may: tuple[str, ...]
    ) -> None:
        self._watched = watched
        self._steps = steps
        self._may = may
        self._name = name
        self._scene = AlertScene(watched, alert)
        self._wall = self._scene.system.monotonic()
        self.too_busy = False

    def run(self, notes: Sequence[str]) -> DrillJournal:
        """Take the steps, then put everything back; ``notes`` go into the journal."""
        scene = self._scene
        scene.seen.notes.extend(notes)
        try:
            for name in self._may:
                self._watched.spec.alert(name)
            said = [step.said(scene.alert) for step in self._steps]
            checks = Expecting(scene.checklist, [*said, _NOTHING_ELSE])
            lost = self._watched.lost()
            self._hold_steady()
            with ExitStack() as leaving:
                play = Play(self._watched, scene, leaving, checks, may=self._may)
                leaving.callback(self._require_believable, play, lost)
                if is_of_sentry(scene.alert):
                    leaving.enter_context(sentry_alert(self._watched, scene.name))
                self._play(play)
        except RevertFailed:
            raise
        except TooBusy as error:
            self.too_busy = True
            scene.seen.broken = str(error)
        except AlertproofError as error:
            scene.seen.broken = str(error)
        return self._journal()

    def _play(self, play: Play) -> None:
        play.leaving.callback(self._tidy, play)
        play.leaving.callback(self._told_from_the_first, play)
        try:
            for step in self._steps:
                play.checks.next()
                step.take(play)
        except Stopped:
            return
        play.checks.next()
        self._nothing_else(play)

    def _hold_steady(self) -> None:
        """Wait until all monitors are steady, the alert's has fresh data and remembers nothing; raises `Broken`."""
        scene, clock = self._scene, self._watched.clock
        deadline = clock.now() + _STEADY
        while seen := self._disturbed():
            if clock.now() > deadline:
                raise Broken(f"no steady state within {_STEADY // EVALUATION} minutes; last seen: {seen}")
            clock.sleep(EVALUATION / 2)
        scene.began = clock.now()

    def _disturbed(self) -> str:
        scene, now = self._scene, self._watched.clock.now()
        unsettled = unsettled_monitors(self._watched)
        if unsettled or is_of_sentry(scene.alert):
            return unsettled
        newest = scene.reader.newest(since=now - 5 * EVALUATION, until=now)
        if newest is None or newest < now - 2 * EVALUATION:
            return f"no fresh points of {scene.alert.indicator.name} are at Datadog"
        side = scene.alert.fires
        back = Baseline(ticks=3, back=scene.alert.indicator.window.delta, trace=_TRACE)
        if side is not None:
            back = Baseline.for_firing(side, scene, bad_share=_TRACE)
        return remembered(scene, back, now - EVALUATION)

    def _nothing_else(self, play: Play) -> None:
        told, moved = _NOTHING_ELSE
        others = [f"{entry.summary} of {incident.title!r}" for incident, entry in play.unclaimed()]
        play.checks.expect(told, not others and not play.others(), "; ".join(others + play.others()) or "none did")
        may = {self._watched.deployment.monitors[name] for name in self._may}
        transitions = [one for one in self._scene.transitions() if one not in play.moved and one.monitor_id not in may]
        said = [f"{self._watched.deployment.alert_of(one.monitor_id)} went to {one.state}" for one in transitions]
        play.checks.expect(moved, not said, "; ".join(said) or "no other")

    def _require_believable(self, play: Play, lost_before: Mapping[str, int]) -> None:
        """Raise `Broken` where evaluations came too late for the times of a course, or signals were not sent."""
        watched = self._watched
        trouble = watched.trouble(
            since=self._scene.began, lost_before=lost_before, believed=LEEWAY, during=play.relied_on
        )
        late = watched.door.lateness(since=self._scene.began)
        # What was met was met all the same: a signal that came late makes no alert.
        if late > LEEWAY and self._scene.checklist.verdict() is not Verdict.PASSED:
            trouble.append(f"{SLIPPED}: a signal came {minutes(late)} late")
        if watched.door.trouble:
            trouble.append(f"signals could not be sent: {watched.door.trouble}")
        believe(trouble)

    def _told_from_the_first(self, play: Play) -> None:
        """Let the journal say since when something stood, also where one fault took the place of another."""
        window = self._scene.seen.fault
        if window is not None and play.first is not None:
            self._scene.seen.fault = FaultWindow(text=window.text, began=play.first, ended=window.ended)

    def _tidy(self, play: Play) -> None:
        """Resolve what a course left open, so that the next one finds nothing."""
        for incident in self._scene.incidents():
            if incident.status != "resolved":
                self._watched.pagerduty.resolve(incident.id, by=play.somebody(incident.service))

    def _recorded(self, read: Callable[[], Sequence[_T]]) -> tuple[_T, ...]:
        try:
            return tuple(read())
        except AlertproofError as error:
            self._scene.seen.broken = self._scene.seen.broken or str(error)
            return ()

    def _assumptions(self) -> Sequence[str]:
        """Return what the verdict rests on: of Datadog's monitors nothing where Sentry tells PagerDuty itself."""
        scene = self._scene
        of_monitors = () if is_of_sentry(scene.alert) else scene.assumptions(*self._may)
        rises = any(isinstance(step, Joins) and step.urgency is not None for step in self._steps)
        return [*of_monitors, *((URGENCY_RISES,) if rises else ())]

    def _journal(self) -> DrillJournal:
        scene = self._scene
        recorded = Recorded(
            readings=() if is_of_sentry(scene.alert) else self._recorded(scene.readings),
            transitions=self._recorded(scene.transitions),
            incidents=self._recorded(scene.incidents),
            assumptions=self._recorded(self._assumptions),
        )
        wall = scene.system.monotonic() - self._wall
        return write_journal(scene, recorded, check=self._name, side="course", wall=wall)
