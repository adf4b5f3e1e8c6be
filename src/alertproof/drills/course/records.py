"""Steps that send what is no metric: lines of log, and events of the event stream."""

from __future__ import annotations

from typing import Literal

import msgspec

from alertproof.drills.connections import require_way
from alertproof.drills.course.play import Play
from alertproof.faults import SentSignals
from alertproof.requirements import AlertSpec
from alertproof.telemetry.signals import MARK, EventSignal, LogSignal, Way

__all__ = ["Events", "Logs"]


class _Records(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``tags`` are those that the monitor's query asks for, beside the target's environment and the mark of drills."""

    tags: tuple[str, ...] = ()

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ()

    def _marked(self, play: Play) -> tuple[str, ...]:
        return (*self.tags, f"env:{play.watched.environment}", MARK)


class Logs(_Records, frozen=True, kw_only=True):
    """Send so many equal lines of a service's log ``each`` ten seconds, until the revert."""

    message: str
    service: str
    each: int = 1
    status: str = "error"
    attributes: dict[str, str] = {}

    def take(self, play: Play) -> None:
        signal = LogSignal(
            message=self.message,
            service=self.service,
            tags=self._marked(play),
            status=self.status,
            attributes=tuple(sorted(self.attributes.items())),
            count=self.each,
        )
        text = f"{self.each} lines of {self.service}'s log each ten seconds say {self.message!r}"
        play.hold(f"logs of {self.service}: {self.message}", SentSignals(text=text, signals=(signal,)))


class Events(_Records, frozen=True, kw_only=True):
    """Send an event to Datadog's event stream each ten seconds, until the revert."""

    title: str
    text: str = ""
    alert_type: Literal["error", "warning", "info", "success"] = "error"
    way: Way = "api"

    def take(self, play: Play) -> None:
        require_way(play.watched.target, self.way)
        signal = EventSignal(
            title=self.title,
            text=self.text or self.title,
            tags=self._marked(play),
            alert_type=self.alert_type,
            way=self.way,
        )
        text = f"an event {self.title!r} each ten seconds"
        play.hold(f"events: {self.title}", SentSignals(text=text, signals=(signal,)))
