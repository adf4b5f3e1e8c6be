# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Monitors over what is no series: logs, and the statuses of service checks, sent by clients and told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.service_checks_api import ServiceChecksApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.service_check import ServiceCheck
from datadog_api_client.v1.model.service_check_status import ServiceCheckStatus
from datadog_api_client.v1.model.service_checks import ServiceChecks
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

Start = Callable[..., Any]


def create(client: ApiClient, kind: MonitorType, query: str, message: str, **thresholds: Any) -> int:
    options = MonitorOptions(thresholds=MonitorThresholds(**thresholds), new_group_delay=0)
    body = Monitor(type=kind, name="watch", query=query, message=message, options=options)
    number: int = parsed(MonitorsApi(client).create_monitor(body)).id
    return number


def states(client: ApiClient, number: int) -> dict[str, str]:
    groups = parsed(MonitorsApi(client).get_monitor(number, group_states="all")).state.groups
    return {name: str(group.status) for name, group in groups.items()}


def test_a_monitor_of_logs_fires_by_group_and_its_message_tells_of_the_log(start: Start) -> None:
    with start(600) as standin, standin.client() as client:
        query = 'logs("status:error env:prod").index("*").rollup("count").by("service").last("5m") > 3'
        number = create(client, MonitorType.LOG_ALERT, query, "{{service.name}}: {{log.message}} @ops", critical=3.0)

        def send(service: str, count: int) -> None:
            item = HTTPLogItem(message='{"level":"error","message":"no route"}', service=service, ddtags="env:prod")
            LogsApi(client).submit_log(HTTPLog([item] * count))

        def pays_too_often() -> bool:
            send("pay", 1)
            return bool(MonitorsApi(client).get_monitor(number).overall_state.value == "Alert")

        send("web", 2)
        standin.eventually(pays_too_often)
        assert states(client, number)["service:pay"] == "Alert"
        assert states(client, number).get("service:web") != "Alert"
        (sent,) = [
            each for each in standin.control("notifications")["notifications"] if each["transition"] == "Triggered"
        ]
        assert "pay: no route" in sent["body"]


def test_a_monitor_of_a_check_counts_statuses_from_the_agent_and_the_api(start: Start) -> None:
    with start(600) as standin, standin.client() as client:
        query = '"app.can_connect".over("env:test").by("host").last(3).count_by_status()'
        number = create(client, MonitorType.SERVICE_CHECK, query, "{{check_message}} @ops", critical=2, warning=1, ok=1)

        def report(host: str, status: int) -> None:
            check = ServiceCheck(
                check="app.can_connect",
                host_name=host,
                status=ServiceCheckStatus(status),
                tags=["env:test"],
                message=f"{host} says {status}",
            )
            ServiceChecksApi(client).submit_service_check(ServiceChecks([check]))

        def both(api: int, agent: int) -> dict[str, str]:
            report("by-api", api)
            standin.send(f"_sc|app.can_connect|{agent}|h:by-agent|#env:test|m:agent says {agent}")
            return states(client, number)

        standin.eventually(lambda: both(0, 0) == {"host:by-api": "OK", "host:by-agent": "OK"})
        standin.eventually(lambda: both(0, 2) == {"host:by-api": "OK", "host:by-agent": "Alert"})
        standin.eventually(lambda: both(2, 0) == {"host:by-api": "Alert", "host:by-agent": "OK"})
        told = [each["body"] for each in standin.control("notifications")["notifications"]]
        assert "agent says 2" in told[0]
        assert any("by-api says 2" in text for text in told)


def test_a_status_that_is_none_is_refused(standin: Running) -> None:
    with standin.client(check_input_type=False) as client:
        body: Any = ServiceChecks([ServiceCheck(check="", host_name="h", status=ServiceCheckStatus(1), tags=[])])
        with pytest.raises(ApiException, match="a check has a name and a status from 0 to 3"):
            ServiceChecksApi(client).submit_service_check(body)
