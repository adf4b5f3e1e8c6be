"""PagerDuty, as the drills see it: services and their keys, incidents, their alerts and who was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pagerduty import Error, HttpError, RestApiV2Client

from alertproof.addresses import is_loopback
from alertproof.errors import VendorRejected, VendorUnavailable
from alertproof.redact import Secret
from alertproof.vendors.patience import TOO_MANY, trusting

__all__ = ["Incident", "LogEntry", "PagerDuty", "Service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service. ``urgency`` is empty where it is not the same for every incident; ``keys`` counts its integrations."""

    id: str
    name: str
    status: str
    urgency: str
    policy_id: str
    policy: str
    keys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident with the alerts inside it.

    ``acknowledged_at`` is when somebody did so first, ``told`` are the people that its log says were notified, and
    ``texts`` all that its alerts say.
    """

    id: str
    title: str
    service: str
    urgency: str
    status: str
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None = None
    dedup_keys: tuple[str, ...]
    severities: tuple[str, ...]
    details: str
    told: tuple[str, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of an incident's log: ``type`` without its ending, such as ``notify``; ``user`` is who was notified."""

    id: str
    at: datetime
    type: str
    user: str
    summary: str


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except HttpError as error:
        answer = error.response
        kind = VendorUnavailable if answer is None or answer.status_code >= 500 else VendorRejected
        said = f"{answer.status_code} {answer.text[:300]}" if answer is not None else str(error)
        raise kind(f"PagerDuty refused {doing}: {said}") from error
    except Error as error:
        raise VendorUnavailable(f"PagerDuty did not answer {doing}: {error}") from error


class PagerDuty:
    """PagerDuty's REST API at ``base_url``, through the official client; ``ca_file`` adds a trusted authority."""

    def __init__(self, *, base_url: str, token: Secret, from_email: str, ca_file: str = "") -> None:
        self._client = RestApiV2Client(
            token.reveal(),
            default_from=from_email,
            base_url=base_url,
            verify=trusting(ca_file),
            trust_env=not is_loopback(base_url),
        )
        # Without this it tries for ever.
        self._client.retry[TOO_MANY] = 3
        self._client.max_network_attempts = 2

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    # -- routing ------------------------------------------------------------------------------------------

    def ensure_user(self, *, name: str, email: str) -> str:
        """Return the id of the user with this address; make one if there is none."""
        with _translated(f"the user {email!r}"):
            found = self._client.find("users", email, attribute="email")
            if found is None:
                found = self._client.rpost("users", json={"type": "user", "name": name, "email": email})
            return str(found["id"])

    def ensure_escalation_policy(
        self, name: str, *, rules: list[tuple[int, list[Mapping[str, str]]]], num_loops: int
    ) -> str:
        """Return the id of the policy; make it, with ``(delay in minutes, references)`` a rule, if there is none.

        A reference has the ``id`` and the ``type`` of a user or a schedule.
        """
        with _translated(f"the escalation policy {name!r}"):
            found = self._client.find("escalation_policies", name)
            if found is None:
                body = {
                    "type": "escalation_policy",
                    "name": name,
                    "num_loops": num_loops,
                    "escalation_rules": [
                        {
                            "escalation_delay_in_minutes": delay,
                            "targets": [dict(target) for target in targets],
                        }
                        for delay, targets in rules
                    ],
                }
                found = self._client.rpost("escalation_policies", json=body)
            return str(found["id"])

    def ensure_service(self, name: str, *, description: str, policy_id: str, urgency: str) -> tuple[str, str]:
        """Return a service's id and the key of its Events v2 integration; make both if they are not there."""
        with _translated(f"the service {name!r}"):
            found = self._client.find("services", name)
            if found is None:
                body = {
                    "type": "service",
                    "name": name,
                    "description": description,
                    "escalation_policy": {"id": policy_id, "type": "escalation_policy_reference"},
                    "incident_urgency_rule": {"type": "constant", "urgency": urgency},
                    "alert_creation": "create_alerts_and_incidents",
                }
                found = self._client.rpost("services", json=body)
            service = self._client.rget(f"services/{found['id']}", params={"include[]": "integrations"})
            for integration in service.get("integrations") or ():
                if integration.get("integration_key"):
                    return str(found["id"]), str(integration["integration_key"])
            made = self._client.rpost(
                f"services/{found['id']}/integrations",
                json={"type": "events_api_v2_inbound_integration", "name": "Datadog"},
            )
            return str(found["id"]), str(made["integration_key"])

    # -- how it stands ------------------------------------------------------------------------------------

    def service(self, name: str) -> Service | None:
        """Return the service of this name, None where there is none."""
        with _translated(f"the service {name!r}"):
            found = self._client.find("services", name)
            if found is None:
                return None
            row = self._client.rget(f"services/{found['id']}", params={"include[]": "integrations"})
        rule = row.get("incident_urgency_rule") or {}
        return Service(
            id=str(row["id"]),
            name=str(row["name"]),
            status=str(row["status"]),
            urgency=str(rule.get("urgency") or "") if rule.get("type") == "constant" else "",
            policy_id=str(row["escalation_policy"]["id"]),
            policy=str(row["escalation_policy"].get("summary") or row["escalation_policy"]["id"]),
            keys=sum(bool(each.get("integration_key")) for each in row.get("integrations") or ()),
        )

    def on_call(self, policy_id: str) -> dict[int, list[str]]:
        """Return who is on call now by an escalation policy, by level."""
        with _translated("who is on call"):
            rows = list(self._client.iter_all("oncalls", params={"escalation_policy_ids[]": [policy_id]}))
        found: dict[int, list[str]] = {}
        for row in rows:
            found.setdefault(int(row["escalation_level"]), []).append(str(row["user"]["summary"]))
        return found

    def maintenance(self, service_id: str) -> list[str]:
        """Return the maintenance windows of a service that are open now, in words."""
        parameters = {"service_ids[]": [service_id], "filter": "ongoing"}
        with _translated("to list the maintenance windows"):
            rows = list(self._client.iter_all("maintenance_windows", params=parameters))
        return [f"{row.get('description') or row['id']!r} until {row['end_time']}" for row in rows]

    def open_incidents(self, service_id: str) -> list[str]:
        """Return the incidents of a service that nobody has resolved, in words."""
        asked = {"service_ids[]": [service_id], "statuses[]": ["triggered", "acknowledged"], "date_range": "all"}
        with _translated("to list open incidents"):
            return [f"{row['title']!r} ({row['status']})" for row in self._client.iter_all("incidents", params=asked)]

    # -- what happened ------------------------------------------------------------------------------------

    def incidents(self, *, since: datetime, service_ids: tuple[str, ...] = ()) -> list[Incident]:
        """Return the incidents opened at or after ``since``, in order of opening, on all or the given services."""
        parameters: dict[str, Any] = {
            "since": since.isoformat(),
            "statuses[]": ["triggered", "acknowledged", "resolved"],
        }
        if service_ids:
            parameters["service_ids[]"] = list(service_ids)
        with _translated("to list incidents"):
            rows = list(self._client.iter_all("incidents", params=parameters))
            found = [self._incident(row) for row in rows]
        return sorted((one for one in found if one.opened_at >= since), key=lambda one: (one.opened_at, one.id))

    def _incident(self, row: Mapping[str, Any]) -> Incident:
        alerts = list(self._client.iter_all(f"incidents/{row['id']}/alerts"))
        entries = list(self._client.iter_all(f"incidents/{row['id']}/log_entries"))
        told = {
            str(entry["user"].get("summary"))
            for entry in entries
            if entry["type"].startswith("notify_log_entry") and entry.get("user")
        }
        acknowledged = [entry["created_at"] for entry in entries if entry["type"].startswith("acknowledge_log_entry")]
        details = [alert.get("body") or {} for alert in alerts]
        resolved = row.get("resolved_at")
        return Incident(
            id=str(row["id"]),
            title=str(row["title"]),
            service=str(row["service"]["summary"]),
            urgency=str(row["urgency"]),
            status=str(row["status"]),
            opened_at=datetime.fromisoformat(row["created_at"]),
            resolved_at=datetime.fromisoformat(resolved) if resolved else None,
            acknowledged_at=min(map(datetime.fromisoformat, acknowledged), default=None),
            dedup_keys=tuple(sorted({str(alert["alert_key"]) for alert in alerts})),
            severities=tuple(sorted({str(alert["severity"]) for alert in alerts})),
            details=str(details),
            told=tuple(sorted(told)),
            texts=tuple(_texts(details)),
        )

    # -- the life of an incident --------------------------------------------------------------------------

    def log(self, incident_id: str) -> list[LogEntry]:
        """Return what happened to an incident, the oldest first."""
        with _translated(f"to read the log of incident {incident_id}"):
            rows = list(self._client.iter_all(f"incidents/{incident_id}/log_entries"))
        entries = [
            LogEntry(
                id=str(row["id"]),
                at=datetime.fromisoformat(row["created_at"]),
                type=str(row["type"]).removesuffix("_log_entry"),
                user=str((row.get("user") or {}).get("summary", "")),
                summary=str(row.get("summary", "")),
            )
            for row in rows
        ]
        return sorted(entries, key=lambda entry: entry.at)  # stable: of one instant in the order of the log

    def policy_of(self, incident_id: str) -> str:
        """Return the id of an incident's escalation policy."""
        with _translated(f"to read incident {incident_id}"):
            return str(self._client.rget(f"incidents/{incident_id}")["escalation_policy"]["id"])

    def people(self, policy: str, *, level: int, at: datetime) -> dict[str, str]:
        """Return who is on call at a level of an escalation policy at an instant: their addresses by their names."""
        with _translated("to ask who is on call"):
            asked = {
                "escalation_policy_ids[]": [policy],
                "since": at.isoformat(),
                "until": (at + timedelta(seconds=1)).isoformat(),
                "include[]": ["users"],
            }
            rows = list(self._client.iter_all("oncalls", params=asked))
        people = [row["user"] for row in rows if row["escalation_level"] == level]
        return {str(one.get("name") or one["summary"]): str(one.get("email", "")) for one in people}

    def acknowledge(self, incident_id: str, *, by: str) -> None:
        """Acknowledge an incident as the user with that address."""
        self._answer(incident_id, "acknowledged", by)

    def resolve(self, incident_id: str, *, by: str) -> None:
        """Resolve an incident as the user with that address."""
        self._answer(incident_id, "resolved", by)

    def _answer(self, incident_id: str, status: str, by: str) -> None:
        with _translated(f"that incident {incident_id} is {status}"):
            body = {"type": "incident_reference", "status": status}
            self._client.rput(f"incidents/{incident_id}", json=body, headers={"From": by})

    def maintain(self, service: str, *, until: datetime, by: str) -> str:
        """Begin a maintenance window of a service, by its name, and return the window's id."""
        with _translated(f"a maintenance window of {service!r}"):
            found = self._client.find("services", service)
            if found is None:
                raise VendorRejected(f"PagerDuty has no service {service!r}; push the definitions of monitoring/ first")
            body = {
                "type": "maintenance_window",
                "start_time": (until - timedelta(days=1)).isoformat(),  # which means now
                "end_time": until.isoformat(),
                "description": "drill",
                "services": [{"id": found["id"], "type": "service_reference"}],
            }
            return str(self._client.rpost("maintenance_windows", json=body, headers={"From": by})["id"])

    def end_maintenance(self, window: str, *, by: str) -> None:
        """End a maintenance window; one that is over is no error."""
        with _translated(f"the end of maintenance window {window}"):
            answer = self._client.delete(f"maintenance_windows/{window}", headers={"From": by})
            if answer.status_code not in (204, 404, 405):
                answer.raise_for_status()


def _texts(value: object) -> Iterator[str]:
    """Yield every text inside of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
