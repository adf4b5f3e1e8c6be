"""The account's monitors: what was created, their groups' states, and how the API shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from alertproof.datadog import Definition, GroupStatus, Slos, State, Timeline, load_definition, require_modelled
from alertproof.datadog.monitor.timeline import part_ids, standing
from alertproof.datadog.monitor.validation import DefinitionError
from alertproof.datadog.query.tree import CompositeMonitor, MetricQuery, walk
from alertproof.errors import ConfigError
from alertproof.standins.bounded import FullError, Weights
from alertproof.standins.datadog.monitoring.governance import Policy
from alertproof.tags import Group, group_label
from alertproof.telemetry.evidence import Evidence

__all__ = ["CREATOR", "ORG_ID", "Monitor", "MonitorBook", "next_minute"]

ORG_ID = 1
CREATOR: Mapping[str, Any] = {
    "id": 1,
    "name": None,
    "handle": "alertproof@example.com",
    "email": "alertproof@example.com",
}
#: What the server adds to the options that a client leaves out. [CASS]
_OPTION_DEFAULTS: Mapping[str, Any] = {
    "notify_audit": False,
    "notify_no_data": False,
    "new_host_delay": 300,
    "include_tags": True,
    "silenced": {},
}
#: What a client may send; the rest of a body is the server's own and is ignored when it comes back.
_WRITABLE = (
    "name",
    "type",
    "query",
    "message",
    "tags",
    "options",
    "priority",
    "restricted_roles",
    "draft_status",
    "assets",
)
_WORST_FIRST = (State.ALERT, State.WARN, State.NO_DATA, State.UNKNOWN, State.OK)
_FIRST_ID = 1_000_001
_MINUTE = 60


def next_minute(now: datetime) -> datetime:
    """Return the first whole minute after ``now``."""
    return datetime.fromtimestamp((int(now.timestamp()) // _MINUTE + 1) * _MINUTE, UTC)


@dataclass(slots=True, kw_only=True)
class Monitor:
    """One monitor. ``due`` is the stack minute of its next evaluation, ``body`` what the API stores.

    ``clusters`` are the statuses of what ``notify_by`` tells of together.
    """

    id: int
    definition: Definition
    body: Mapping[str, Any]
    created: datetime
    modified: datetime
    due: datetime
    statuses: Mapping[Group, GroupStatus] = field(default_factory=dict)
    clusters: Mapping[Group, GroupStatus] = field(default_factory=dict)
    evaluated_at: datetime | None = None
    state_modified: datetime | None = None

    @property
    def overall(self) -> State:
        """The worst state of any group; No Data while there is none [CASS, OBS]."""
        states = {status.state for status in self.statuses.values()}
        return next((state for state in _WORST_FIRST if state in states), State.NO_DATA)

    @property
    def queries(self) -> tuple[MetricQuery, ...]:
        """The metric queries of the monitor's query; none for an SLO alert."""
        return tuple(node for node in walk(self.definition.tree) if isinstance(node, MetricQuery))

    @property
    def is_composite(self) -> bool:
        """Whether it combines the states of others."""
        return isinstance(self.definition.tree, CompositeMonitor)

    def shown(self, group_states: Collection[str] = ()) -> dict[str, Any]:
        """Return the monitor as the API shows it; ``group_states`` are the lower-case states to list."""
        body = dict(self.body)
        body.update(
            id=self.id,
            org_id=ORG_ID,
            multi=bool(self.definition.group_by),
            created=_precise(self.created),
            created_at=int(self.created.timestamp()) * 1000,
            modified=_precise(self.modified),
            deleted=None,
            creator=dict(CREATOR),
            overall_state=str(self.overall),
            overall_state_modified=_precise(self.state_modified) if self.state_modified else None,
        )
        if group_states:
            body["state"] = {"groups": self._groups(group_states)}
        return body

    def _groups(self, wanted: Collection[str]) -> dict[str, dict[str, Any]]:
        return {
            group_label(group): {
                "name": group_label(group),
                "status": str(status.state),
                "last_triggered_ts": _seconds(status.last_triggered_at),
                "last_resolved_ts": _seconds(status.last_resolved_at),
                "last_nodata_ts": _seconds(status.last_nodata_at),
                "last_notified_ts": _seconds(status.last_notified_at),
            }
            for group, status in sorted(self.statuses.items())
            if "all" in wanted or str(status.state).lower() in wanted
        }


class MonitorBook:
    """Monitors by id, in the order of creation."""

    #: Beyond so many, or so many bytes of them, none is taken.
    KEPT = 10_000
    SIZE = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._monitors: dict[int, Monitor] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)
        self._next_id = _FIRST_ID

    def __iter__(self) -> Iterator[Monitor]:
        return iter(tuple(self._monitors.values()))

    def __len__(self) -> int:
        return len(self._monitors)

    def get(self, number: int) -> Monitor | None:
        """Return the monitor with this id, or None."""
        return self._monitors.get(number)

    def in_order(self) -> Sequence[Monitor]:
        """Return the monitors in the order of evaluation: composites after those whose states they combine."""
        return sorted(self, key=lambda monitor: monitor.is_composite)

    def composites_of(self, number: int) -> Sequence[Monitor]:
        """Return the composites that ask for the state of the monitor with this id."""
        return [each for each in self if each.is_composite and str(number) in part_ids(each.definition, {})]

    def parts(self, definition: Definition, at: datetime) -> Mapping[str, Timeline]:
        """Return where the monitors of a composite stand; those that are not there are left out.

        A composite is no part of another [COMP].
        """
        if not isinstance(definition.tree, CompositeMonitor):
            return {}
        # As the server writes an id: a letter, a placeholder or leading zeros name no monitor.
        known = {str(monitor.id): monitor for monitor in self if not monitor.is_composite}
        return {
            each: standing(known[each].definition, known[each].statuses, at)
            for each in part_ids(definition, {})
            if each in known
        }

    def check(self, body: Mapping[str, Any], now: datetime, slos: Slos) -> None:
        """Raise what creating a monitor from this body would raise."""
        self._stored(body, 0, now, slos)

    def create(self, body: Mapping[str, Any], now: datetime, slos: Slos, policies: Sequence[Policy] = ()) -> Monitor:
        """Add a monitor, first evaluated at the next whole minute.

        Raises `DefinitionError` for what the server refuses, `NotModelled` for what is not evaluated, and
        `ConfigError` for an SLO that is not there, for tags that a policy does not allow, and where there is no room.
        """
        number = self._next_id
        stored, definition = self._stored(body, number, now, slos, policies)
        self._weigh(number, stored)
        monitor = Monitor(
            id=number, definition=definition, body=stored, created=now, modified=now, due=next_minute(now)
        )
        self._monitors[number] = monitor
        self._next_id += 1
        return monitor

    def update(
        self, monitor: Monitor, body: Mapping[str, Any], now: datetime, slos: Slos, policies: Sequence[Policy] = ()
    ) -> None:
        """Replace the fields given; groups keep their states [SETTINGS]. Raises as :meth:`create`.

        A monitor does not become a composite, nor the other way round: it might be a part of itself or of another.
        """
        stored, definition = self._stored({**monitor.body, **body}, monitor.id, now, slos, policies)
        if isinstance(definition.tree, CompositeMonitor) is not monitor.is_composite:
            error = "a monitor cannot be made a composite, nor a composite another kind; create a new one"
            raise DefinitionError([error], "the request's body")
        self._weigh(monitor.id, stored)
        monitor.body, monitor.definition = stored, definition
        monitor.modified = now

    def delete(self, number: int) -> None:
        """Forget a monitor and its groups."""
        del self._monitors[number]
        self._weights.drop(str(number))

    def _weigh(self, number: int, stored: Mapping[str, Any]) -> None:
        try:
            self._weights.put(str(number), stored)
        except FullError as error:
            raise ConfigError(str(error)) from error

    def _stored(
        self, body: Mapping[str, Any], number: int, now: datetime, slos: Slos, policies: Sequence[Policy] = ()
    ) -> tuple[dict[str, Any], Definition]:
        """Return what the server keeps of a body, with its defaults, and what it means."""
        kept = {name: body[name] for name in _WRITABLE if name in body}
        definition = load_definition({**kept, "id": number}, source="the request's body")
        require_modelled(definition, slos=slos, evidence=Evidence(), parts=self.parts(definition, now))
        for policy in policies:
            policy.require(definition.tags)
        return _with_defaults(kept), definition


def _with_defaults(kept: dict[str, Any]) -> dict[str, Any]:
    kept["type"] = "query alert" if kept["type"] == "metric alert" else kept["type"]
    kept.setdefault("message", "")
    kept.setdefault("tags", [])
    kept.setdefault("priority", None)
    kept.setdefault("restricted_roles", None)
    options = {**_OPTION_DEFAULTS, **(kept.get("options") or {})}
    thresholds = options.get("thresholds") or {}
    # The server answers thresholds as floats, whatever came in. [CASS]
    floats = {name: _as_float(name, value) for name, value in thresholds.items()}
    return {**kept, "options": {**options, "thresholds": floats} if floats else options}


def _as_float(name: str, value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float | str):
        raise ConfigError(f"thresholds.{name} must be a number, got {value!r}")
    try:
        return float(value)
    except ValueError as error:
        raise ConfigError(f"thresholds.{name} must be a number, got {value!r}") from error


def _precise(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
