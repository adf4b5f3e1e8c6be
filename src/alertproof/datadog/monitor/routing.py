"""What a monitor is run with, and what has a say in whom it tells: downtimes and notification rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from alertproof.datadog.downtime import Downtime, Spans, downtimes_of_silenced, muted_tags, spans_of
from alertproof.datadog.monitor.facts import Facts, no_facts
from alertproof.tags import parse_tags

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.rules import NotificationRule
    from alertproof.tags import Group

__all__ = ["Routing", "Terms"]

_NEVER = Spans()


class Routing(Struct, frozen=True, kw_only=True):
    """The downtimes and the notification rules of an organisation, whichever monitors they are about."""

    downtimes: tuple[Downtime, ...] = ()
    rules: tuple[NotificationRule, ...] = ()


class Terms(Struct, frozen=True, kw_only=True):
    """One monitor, and all that decides beside the data what becomes of its groups and who is told what."""

    definition: Definition
    routing: Routing
    assumptions: Assumptions
    facts: Facts = no_facts

    def muted(self, group: Group, since: datetime, until: datetime) -> Spans:
        """Return when a group, or a cluster of them, is muted within ``[since, until]``, by ``silenced`` too [OPTS]."""
        definition, downtimes = self.definition, self.routing.downtimes
        silenced = definition.options.silenced
        if not downtimes and not silenced:
            return _NEVER
        return spans_of(
            (*downtimes, *downtimes_of_silenced(silenced, monitor_id=definition.id)),
            since,
            until,
            monitor_id=definition.id,
            monitor_tags=parse_tags(definition.tags),
            tags=muted_tags(definition, group, self.assumptions),
        )
