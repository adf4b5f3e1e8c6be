"""Why a variable that a message asks for prints nothing, so that it never does so in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.datadog.monitor.record_variables import EVENT_ROOTS
from alertproof.datadog.query.tree import CheckMonitor, CompositeMonitor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alertproof.datadog.message.tree import Path
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification

__all__ = ["missing_variables"]


def missing_variables(definition: Definition, notifications: Iterable[Notification]) -> Iterator[str]:
    """Yield a sentence for each variable that some of the notifications asked for and was not there [VAR]."""
    for path in dict.fromkeys(path for each in notifications for path in each.missing):
        written = ".".join(f"[{key}]" if "." in key else key for key in path)
        yield f"{{{{{written}}}}} of {definition.name!r} prints nothing here: {_why(definition, path)}."


def _why(definition: Definition, path: Path) -> str:  # noqa: PLR0911 - one per reason
    first, rest = path[0], path[1:]
    grouped = first in definition.group_by
    if grouped and not rest:
        return f"the tag's value is {{{{{first}.name}}}}, unless by the option bare_keys_are_names"
    if first in EVENT_ROOTS and rest[:1] == ("link",):
        return "only Datadog knows the link, and 'facts' can give it"
    if first in EVENT_ROOTS:
        return "the query found no record that has it" if definition.searches else "the query finds no records"
    if first == "check_message" and isinstance(definition.tree, CheckMonitor):
        return "the test gives its check no 'messages' for the status"
    if isinstance(definition.tree, CompositeMonitor) and len(first) == 1:
        return "that part of the composite has none then"
    if grouped or ("host" in definition.group_by and rest == ("name",)):
        return f"only Datadog knows what belongs to a {'host' if not grouped else first}, and 'facts' can give it"
    if rest == ("name",):
        return f"the monitor does not group by {first}"
    return "a monitor has no such variable"
