"""Datadog, as the drills see it: monitors, their states and transitions, SLOs, queries, and where pages go."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.metrics_api import MetricsApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.pager_duty_integration_api import PagerDutyIntegrationApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from datadog_api_client.v1.model.pager_duty_service import PagerDutyService
from datadog_api_client.v1.model.pager_duty_service_key import PagerDutyServiceKey
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from datadog_api_client.v2.api.events_api import EventsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi as ScalarApi
from datadog_api_client.v2.api.monitors_api import MonitorsApi as NotificationRulesApi
from urllib3.exceptions import HTTPError

from alertproof.errors import LoginRefused, VendorError, VendorRejected, VendorUnavailable
from alertproof.redact import Secret
from alertproof.vendors.patience import datadog_client

__all__ = ["Datadog", "MonitorTransition", "Point", "translated"]

_R = TypeVar("_R")
_NO_DATA = re.compile(r"(\[P\d\] )?\[(Re-)?No Data")
_STATE = {"error": "Alert", "warning": "Warn", "success": "OK"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorTransition:
    """A monitor's group entered ``state`` (spelled as the API does); ``at`` is the vendor's own timestamp."""

    at: datetime
    monitor_id: int
    group: str
    state: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a query's answer; ``at`` is the start of its interval."""

    at: datetime
    value: float


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the client's errors into ours: what was being done, and what the vendor said."""
    try:
        yield
    except ApiException as error:
        message = f"Datadog refused {doing}: {error.status} {error.body}"
        if error.status in {401, 403}:
            raise LoginRefused(message) from error
        kind = VendorUnavailable if error.status is None or error.status >= 500 else VendorRejected
        raise kind(message) from error
    except (HTTPError, OSError) as error:
        raise VendorUnavailable(f"Datadog did not answer {doing}: {error}") from error


class Datadog:
    """Datadog's public API at ``host``, through the official client."""

    def __init__(self, *, host: str, api_key: Secret, app_key: Secret, ca_file: str = "") -> None:
        self._client = datadog_client(host=host, api_key=api_key, app_key=app_key, ca_file=ca_file, timeout=10.0)
        self._monitors = MonitorsApi(self._client)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    # -- definitions --------------------------------------------------------------------------------------

    def create_monitor(self, payload: Mapping[str, Any]) -> int:
        """Create a monitor from its API JSON and return its id."""
        with translated(f"to create the monitor {payload.get('name')!r}"):
            return int(self._monitors.create_monitor(body=cast("Any", payload))["id"])

    def monitor(self, monitor_id: int) -> dict[str, Any]:
        """Return a monitor as Datadog has it, as API JSON."""
        with translated(f"to read monitor {monitor_id}"):
            return dict(self._monitors.get_monitor(monitor_id).to_dict())

    def monitors(self, *tags: str) -> list[dict[str, Any]]:
        """Return the monitors that carry all of these tags, all there are without tags, as API JSON."""
        doing = " ".join(["to list the monitors", *(["tagged", ", ".join(tags)] if tags else [])])
        with translated(doing):
            listed = self._monitors.list_monitors_with_pagination
            found = listed(monitor_tags=",".join(tags)) if tags else listed()
            return [dict(monitor.to_dict()) for monitor in found]

    def monitors_tagged(self, *tags: str) -> list[int]:
        """Return the ids of the monitors that carry all of these tags."""
        return [int(monitor["id"]) for monitor in self.monitors(*tags)]

    def slos_tagged(self, *tags: str) -> list[str]:
        """Return the ids of the SLOs that carry all of these tags."""
        with translated(f"to list the SLOs tagged {', '.join(tags)}"):
            found = list(ServiceLevelObjectivesApi(self._client).list_slos_with_pagination(tags_query=tags[0]))
            return [str(slo["id"]) for slo in found if set(tags) <= set(slo["tags"])]

    def delete_monitor(self, monitor_id: int) -> None:
        """Delete a monitor; one that is gone already is no error."""
        with translated(f"to delete monitor {monitor_id}"):
            self._unless_gone(lambda: self._monitors.delete_monitor(monitor_id))

    def slo(self, slo_id: str) -> dict[str, Any]:
        """Return an SLO as Datadog has it, as API JSON."""
        with translated(f"to read SLO {slo_id}"):
            return dict(ServiceLevelObjectivesApi(self._client).get_slo(slo_id).to_dict()["data"])

    def delete_slo(self, slo_id: str) -> None:
        """Delete an SLO; one that is gone already is no error."""
        with translated(f"to delete SLO {slo_id}"):
            self._unless_gone(lambda: ServiceLevelObjectivesApi(self._client).delete_slo(slo_id))

    def delete_notification_rule(self, rule_id: str) -> None:
        """Delete a notification rule of monitors; one that is gone already is no error."""
        with translated(f"to delete the notification rule {rule_id}"):
            api = NotificationRulesApi(self._client)
            self._unless_gone(lambda: api.delete_monitor_notification_rule(rule_id))

    def route_to_pagerduty(self, *, service: str, integration_key: str) -> None:
        """Let ``@pagerduty-<service>`` reach the PagerDuty integration with this key."""
        api = PagerDutyIntegrationApi(self._client)
        with translated(f"to route to the PagerDuty service {service!r}"):
            try:
                api.get_pager_duty_integration_service(service)
            except NotFoundException:
                body = PagerDutyService(service_name=service, service_key=integration_key)
                api.create_pager_duty_integration_service(body=body)
            else:
                key = PagerDutyServiceKey(service_key=integration_key)
                api.update_pager_duty_integration_service(service, body=key)

    def mute(self, monitor_id: int, *, until: datetime) -> str:
        """Mute a monitor from now on by a downtime, and return the downtime's id."""
        attributes = {
            "monitor_identifier": {"monitor_id": monitor_id},
            "scope": "*",
            "message": "drill",
            "schedule": {"end": until.isoformat()},
        }
        with translated(f"a downtime of monitor {monitor_id}"):
            body = {"data": {"type": "downtime", "attributes": attributes}}
            return str(DowntimesApi(self._client).create_downtime(body=cast("Any", body)).to_dict()["data"]["id"])

    def unmute(self, downtime: str) -> None:
        """Cancel a downtime; one that is over is no error."""
        with translated(f"to cancel downtime {downtime}"):
            self._unless_gone(lambda: DowntimesApi(self._client).cancel_downtime(downtime))

    # -- how it stands ------------------------------------------------------------------------------------

    def require_api_key(self) -> None:
        """Raise `VendorRejected` where Datadog does not know the API key; the application key is not looked at."""
        with translated("the API key"):
            AuthenticationApi(self._client).validate()

    def downtimes(self, monitor_id: int) -> list[str]:
        """Return the downtimes that mute a monitor now, each in words, and ``muted by hand`` for its own mute."""
        with translated(f"to list the downtimes of monitor {monitor_id}"):
            found = DowntimesApi(self._client).list_monitor_downtimes_with_pagination(monitor_id)
            named = [f"downtime {each['id']} on {each['attributes'].get('scope', '*')}" for each in found]
            monitor = self._monitors.get_monitor(monitor_id).to_dict()
        return named + (["muted by hand"] if (monitor.get("options") or {}).get("silenced") else [])

    def is_routed(self, service: str) -> bool:
        """Tell whether ``@pagerduty-<service>`` leads anywhere; where to is not told."""
        with translated(f"whether there is a route to the PagerDuty service {service!r}"):
            api = PagerDutyIntegrationApi(self._client)
            return self._unless_gone(lambda: api.get_pager_duty_integration_service(service)) is not None

    def budget_left(self, slo_id: str, *, until: datetime) -> float | None:
        """Return the least share of an SLO's error budget that is left, in percent, None without any data."""
        slo, left = self.slo(slo_id), []
        for threshold in slo.get("thresholds") or ():
            frame = str(threshold["timeframe"])
            days = int(frame.removesuffix("d")) if frame.endswith("d") else 7
            with translated(f"the history of SLO {slo_id}"):
                history = ServiceLevelObjectivesApi(self._client).get_slo_history(
                    slo_id,
                    from_ts=int((until - timedelta(days=days)).timestamp()),
                    to_ts=int(until.timestamp()),
                    target=float(threshold["target"]),
                )
            overall = (history.to_dict().get("data") or {}).get("overall") or {}
            remaining = overall.get("error_budget_remaining") or {}
            left += [float(value) for value in remaining.values() if value is not None]
        return min(left, default=None)

    # -- what happened ------------------------------------------------------------------------------------

    def group_states(self, monitor_id: int) -> dict[str, str]:
        """Return each group's state, by the group's label; ``{"*": overall}`` for a simple alert."""
        with translated(f"to read the states of monitor {monitor_id}"):
            return _group_states(self._monitors.get_monitor(monitor_id, group_states="all").to_dict())

    def all_group_states(self, monitor_ids: Collection[int]) -> dict[int, dict[str, str]]:
        """Return what `group_states` does for several monitors at once; raises `VendorRejected` where one is gone."""
        with translated("to read the states of the monitors"):
            listed = self._monitors.list_monitors_with_pagination(group_states="all", page_size=1000)
            found = {int(monitor["id"]): _group_states(monitor.to_dict()) for monitor in listed}
        gone = [str(monitor_id) for monitor_id in monitor_ids if monitor_id not in found]
        if gone:
            raise VendorRejected(f"Datadog has no monitor {', '.join(gone)} any more: somebody has deleted it")
        return {monitor_id: found[monitor_id] for monitor_id in monitor_ids}

    def transitions(self, *, since: datetime, until: datetime) -> list[MonitorTransition]:
        """Return the monitors' transition events in order of time, ends included."""
        api = EventsApi(self._client)
        with translated("to list the monitors' events"):
            events = [
                event.to_dict()["attributes"]
                for event in api.list_events_with_pagination(
                    filter_query="source:alert",
                    filter_from=_epoch_ms(since),
                    filter_to=_epoch_ms(until),
                    page_limit=100,
                )
            ]
        return sorted((_transition(event) for event in events), key=lambda found: (found.at, found.monitor_id))

    def points(self, query: str, *, since: datetime, until: datetime) -> list[Point]:
        """Return the points of a query that makes one series, none when it makes no series."""
        with translated(f"the query {query!r}"):
            answer = MetricsApi(self._client).query_metrics(
                _from=int(since.timestamp()), to=int(until.timestamp()), query=query
            )
        series = answer.to_dict().get("series") or []
        if len(series) > 1:
            raise VendorRejected(f"the query {query!r} made {len(series)} series; one was expected")
        return [
            Point(at=datetime.fromtimestamp(at / 1000, UTC), value=value)
            for at, value in (series[0]["pointlist"] if series else ())
            if value is not None
        ]

    def percentile(self, query: str, *, since: datetime, until: datetime) -> float | None:
        """Return a ``pNN:`` query's value over all samples of ``[since, until)`` at once, None without samples."""
        asked = {"data_source": "metrics", "aggregator": "percentile", "query": query, "name": "value"}
        span = {"from": _milliseconds(since), "to": _milliseconds(until), "queries": [asked]}
        body = {"data": {"type": "scalar_request", "attributes": span}}
        with translated(f"the query {query!r}"):
            answer = ScalarApi(self._client).query_scalar_data(body=cast("Any", body))
        columns = answer.to_dict()["data"]["attributes"]["columns"]
        if len(columns) != 1 or len(columns[0]["values"]) > 1:
            raise VendorRejected(f"the query {query!r} made more than one value; one was expected")
        return next(iter(columns[0]["values"]), None)

    @staticmethod
    def _unless_gone(call: Callable[[], _R]) -> _R | None:
        try:
            return call()
        except NotFoundException:
            return None


def _group_states(monitor: Mapping[str, Any]) -> dict[str, str]:
    groups = (monitor.get("state") or {}).get("groups") or {}
    states = {name: str(group["status"]) for name, group in groups.items()}
    return states or {"*": str(monitor.get("overall_state"))}


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _epoch_ms(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _transition(event: Mapping[str, Any]) -> MonitorTransition:
    """Read a monitor's event: the state from its status, No Data from its title (the word is documented).

    The priority stands before it where the monitor has one.
    """
    inner = event["attributes"]
    title = str(inner["title"])
    state = "No Data" if _NO_DATA.match(title) else _STATE.get(str(inner["status"]))
    if state is None:
        raise VendorError(f"a monitor's event has the status {inner['status']!r}, which says no state: {title!r}")
    groups = inner.get("monitor_groups") or []
    return MonitorTransition(
        at=datetime.fromtimestamp(inner["timestamp"] / 1000, UTC),
        monitor_id=int(inner["monitor_id"]),
        group=",".join(groups) or "*",
        state=state,
        title=title,
    )
