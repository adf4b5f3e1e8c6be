"""What a webhook is sent: the default payload or the user's own, with its variables filled in [WEBHOOK, CASS].

A variable that has no value for a notification arrives as it is written, as it does in recorded payloads.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.monitor.wording import event_text, plain_text, summary
from alertproof.datadog.query.tree import MetricQuery, walk
from alertproof.errors import ConfigError
from alertproof.tags import Tags, group_label, parse_tags

if TYPE_CHECKING:
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification

__all__ = ["DEFAULT_PAYLOAD", "Webhook", "WebhookRequest", "event_type", "payload_variables", "webhook_request"]

#: What is sent where the webhook has no payload of its own [OBS].
DEFAULT_PAYLOAD = json.dumps(
    {
        "body": "$EVENT_MSG",
        "last_updated": "$LAST_UPDATED",
        "event_type": "$EVENT_TYPE",
        "title": "$EVENT_TITLE",
        "date": "$DATE",
        "org": {"id": "$ORG_ID", "name": "$ORG_NAME"},
        "id": "$ID",
    }
)
_VARIABLE = re.compile(r"\$([A-Z][A-Z0-9_]*)(?:\[([^\[\]]*)\])?")
#: The types of events that are not named as their monitor's type is [WEBHOOK].
_EVENT_TYPES = {
    "composite": "composite_monitor",
    "metric alert": "metric_alert_monitor",
    "query alert": "query_alert_monitor",
    "slo alert": "metric_slo_alert",
}
_ALERT_TYPES = {
    State.ALERT: "error",
    State.WARN: "warning",
    State.NO_DATA: "error",
    State.UNKNOWN: "error",
    State.OK: "success",
}
_DEFAULT = Assumptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook of the integration; ``variables`` are the account's own, by name without ``$``."""

    name: str
    url: str
    payload: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    as_form: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """The POST request of a webhook."""

    url: str
    headers: Mapping[str, str]
    body: str


def webhook_request(
    webhook: Webhook,
    notification: Notification,
    definition: Definition,
    *,
    org_name: str = "",
    assumptions: Assumptions = _DEFAULT,
) -> WebhookRequest:
    """Return the request; variables are filled in in URL, headers and payload, in the latter escaped for JSON.

    Raises `ConfigError` for a payload that is to be sent as a form and is no JSON object.
    """
    known = {
        **payload_variables(notification, definition, org_name=org_name, assumptions=assumptions),
        **webhook.variables,
    }
    tags = _event_tags(notification, definition)
    body = _fill(webhook.payload or DEFAULT_PAYLOAD, known, tags, in_json=True)
    media = "application/json"
    if webhook.as_form:
        body, media = _form(body, webhook.name), "application/x-www-form-urlencoded"
    headers = {name: _fill(value, known, tags) for name, value in webhook.headers.items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers = {"Content-Type": media, **headers}
    return WebhookRequest(
        url=_fill(webhook.url, known, tags),
        headers=headers,
        body=body,
    )


def payload_variables(
    notification: Notification,
    definition: Definition,
    *,
    org_name: str = "",
    assumptions: Assumptions = _DEFAULT,
) -> Mapping[str, str]:
    """Return the variables that have a value, by name without ``$``.

    Its identifiers are hashes: of organisation, monitor and group for what belongs together, and with the instant for
    an event. An alert's cycle key stays from the trigger to the end.
    """
    at, group = notification.at, group_label(notification.group)
    monitor = f"{assumptions.org_id}/{definition.id if definition.id is not None else definition.name}/{group}"
    text = event_text(notification, definition)
    event_id = _decimal(f"{monitor}/{at.isoformat()}")
    metric = next((node.metric for node in walk(definition.tree) if isinstance(node, MetricQuery)), None)
    hosts = [tag.value for tag in notification.group if tag.key == "host"]
    cycle = notification.first_triggered_at or at
    known = {
        "AGGREG_KEY": _hexadecimal(monitor),
        "ALERT_CYCLE_KEY": _decimal(f"{monitor}/cycle/{cycle.isoformat()}"),
        "ALERT_ID": None if definition.id is None else str(definition.id),
        "ALERT_METRIC": metric,
        "ALERT_PRIORITY": notification.priority,
        "ALERT_QUERY": definition.query,
        "ALERT_SCOPE": group,
        "ALERT_STATUS": summary(definition, notification.state, notification.group),
        "ALERT_TITLE": notification.title,
        "ALERT_TRANSITION": notification.word or notification.transition,
        "ALERT_TYPE": _ALERT_TYPES.get(notification.state, "info"),
        "DATE": _milliseconds(at),
        "DATE_POSIX": f"{at.timestamp():.0f}",
        "EVENT_MSG": text,
        "EVENT_TITLE": notification.title,
        "EVENT_TYPE": event_type(definition),
        "HOSTNAME": hosts[0] if hosts else None,
        "ID": event_id,
        "LAST_UPDATED": _milliseconds(at),
        "LAST_UPDATED_POSIX": f"{at.timestamp():.0f}",
        "LINK": f"https://app.datadoghq.com/event/jump_to?event_id={event_id}",
        "METRIC_NAMESPACE": metric.partition(".")[0] if metric else None,
        "ORG_ID": str(assumptions.org_id),
        "ORG_NAME": org_name or None,
        "PRIORITY": "normal",
        "TAGS": ",".join(sorted(map(str, _event_tags(notification, definition)))),
        "TEXT_ONLY_MSG": plain_text(text),
    }
    return {name: value for name, value in known.items() if value is not None}


def event_type(definition: Definition) -> str:
    """Return the type of the events of a monitor, such as ``query_alert_monitor`` [WEBHOOK]."""
    return _EVENT_TYPES.get(definition.type, definition.type.replace(" ", "_").replace("-", "_"))


def _event_tags(notification: Notification, definition: Definition) -> Tags:
    return parse_tags(("monitor", *definition.tags)) | frozenset(notification.group)


def _fill(text: str, known: Mapping[str, str], tags: Tags, *, in_json: bool = False) -> str:
    def value(match: re.Match[str]) -> str:
        name, key = match.groups()
        if name == "TAGS" and key is not None:
            # No tag of that key is an empty text, other than for the variables [WEBHOOK].
            found = ",".join(sorted(tag.value for tag in tags if tag.key == key))
        elif name in known:
            found = known[name]
            rest = "" if key is None else f"[{key}]"
            return (_escaped(found) if in_json else found) + rest
        else:
            return match.group()
        return _escaped(found) if in_json else found

    return _VARIABLE.sub(value, text)


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _form(body: str, name: str) -> str:
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise ConfigError(f"the payload of the webhook {name!r} is no JSON, so that it is no form: {error}") from error
    if not isinstance(fields, Mapping):
        raise ConfigError(f"the payload of the webhook {name!r} is no JSON object, so that it is no form")
    return urlencode([(key, value if isinstance(value, str) else json.dumps(value)) for key, value in fields.items()])


def _milliseconds(at: datetime) -> str:
    return f"{at.timestamp() * 1000:.0f}"


def _hexadecimal(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _decimal(identity: str) -> str:
    return str(int(hashlib.sha256(identity.encode()).hexdigest()[:15], 16))
