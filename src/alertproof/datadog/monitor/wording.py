"""How a notification is worded: words of transitions, titles, summaries, and the event's whole text.

What Datadog adds to a message is not documented, so that the event's text is for people to read; tests should look at
the title and the rendered message.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from alertproof.datadog.message import handles
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.query import render_query
from alertproof.datadog.query.tree import AllOf, CommaList, MetricMonitor, MetricQuery, Reduction, Scope, TagIs

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification
    from alertproof.tags import Group

__all__ = ["event_text", "plain_text", "summary", "title", "transition_word"]


_WORDS = {
    State.OK: "Recovered",
    State.WARN: "Warn",
    State.NO_DATA: "No Data",
    State.ALERT: "Triggered",
    State.UNKNOWN: "Unknown",
}


def transition_word(old: State, new: State, *, warn_to_alert: str) -> str:
    """Return ``Triggered``, ``Warn``, ``No Data``, ``Unknown`` or ``Recovered`` [WEBHOOK].

    ``warn_to_alert`` is the word of that step.
    """
    return warn_to_alert if (old, new) == (State.WARN, State.ALERT) else _WORDS[new]


def title(name: str, word: str, group: Group, *, priority: str | None, include_tags: bool) -> str:
    """Return ``[P2] [Triggered on {host:h1}] Name`` [OPTS, NOTIFY]."""
    on = f" on {{{','.join(str(tag) for tag in group)}}}" if group and include_tags else ""
    return f"{f'[{priority}] ' if priority else ''}[{word}{on}] {name}"


# --- the query in words -------------------------------------------------------------------------------

#: What a time aggregator means, for ``>`` and its like and for ``<`` and its like.
_HOW = {
    "avg": ("on average", "on average"),
    "max": ("at least once", "at all times"),
    "min": ("at all times", "at least once"),
    "sum": ("in total", "in total"),
}


def summary(definition: Definition, state: State, group: Group) -> str:
    """Return ``system.load.1 over host:my-host was > 0.0 at least once during the last 1m`` [WEBHOOK].

    Empty for a recovery, for missing data and for queries that are no plain reduction of one metric's values.
    """
    tree, thresholds = definition.tree, definition.options.thresholds
    number = {State.ALERT: thresholds.critical, State.WARN: thresholds.warning}.get(state)
    if number is None or not isinstance(tree, MetricMonitor) or not isinstance(tree.head, Reduction):
        return ""
    query = tree.expression
    metric = query.metric if isinstance(query, MetricQuery) else render_query(tree).partition(":")[2].strip()
    metric = metric if isinstance(query, MetricQuery) else metric.removesuffix(_condition(tree)).strip()
    scope = dict.fromkeys(_scope_tags(query.scope) if isinstance(query, MetricQuery) else ())
    over = ", ".join([*scope, *(str(tag) for tag in group if str(tag) not in scope)]) or "*"
    how = _HOW.get(tree.head.aggregator, ("", ""))["<" in tree.comparator]
    window = tree.head.window
    said = f"{metric} over {over} was {tree.comparator} {float(number)!r} {how}".rstrip()
    return f"{said} during the last {window.amount}{window.unit}"


def _condition(tree: MetricMonitor) -> str:
    return f"{tree.comparator} {tree.condition.number}" if tree.condition else f"{tree.comparator} threshold"


def _scope_tags(scope: Scope) -> list[str]:
    """Return the tags that every series in a scope has."""
    if isinstance(scope, TagIs):
        return [scope.text]
    if isinstance(scope, CommaList | AllOf):
        return [tag for item in scope.items for tag in _scope_tags(item)]
    return []


# --- the event's text ---------------------------------------------------------------------------------


def event_text(notification: Notification, definition: Definition, *, site: str = "datadoghq.com") -> str:
    """Return the text of the event of a notification: its message, the query in words and links, in Markdown.

    The monitor's ``notification_preset_name`` leaves parts of it out; whom it tells stays the same [OPENAPI].
    """
    preset = definition.options.preset
    body = notification.body if preset.shows_handles else _without_handles(notification.body)
    parts = [body] if body else []
    said = summary(definition, notification.state, notification.group)
    if said and preset.shows_query:
        parts.append(f"{said}.")
    if notification.last_triggered_at is not None:
        parts.append(f"The monitor was last triggered at {_instant(notification.last_triggered_at)}.")
    if preset.shows_footer and definition.id is not None:
        link = f"https://app.{site}/monitors"
        parts.append(
            f"- - -\n\n[[Monitor Status]({link}/{definition.id})] · [[Edit Monitor]({link}#{definition.id}/edit)]"
        )
    return "%%%\n" + "\n\n".join(parts) + "\n%%%"


def plain_text(markdown: str) -> str:
    """Return an event's text without its Markdown: no ``%%%``, no stars, links as their words."""
    text = re.sub(r"\[([^\[\]]*)\]\([^()\s]*\)", r"\1", markdown.replace("%%%", ""))
    return re.sub(r"\*\*|__", "", text).strip()


def _without_handles(body: str) -> str:
    for handle in handles(body):
        body = re.sub(rf"(?<!\S)@{re.escape(handle)}(?!\S)", "", body)
    return body.strip()


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%a %b %d %Y %H:%M:%S} UTC"
