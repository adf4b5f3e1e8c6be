# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""What a monitor's own options say of whom it tells, through the API and over many evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datadog_api_client.v1.api.events_api import EventsApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

FACTOR = 600  # a stack minute is a tenth of a second
DEEP = ["queue.depth:50|g|#env:test,queue:mail", "queue.depth:70|g|#env:test,queue:jobs"]
Start = Callable[..., Any]


def create(client: ApiClient, name: str, **options: Any) -> int:
    query = "max(last_1m):max:queue.depth{env:test} by {queue} > 10"
    thresholds = MonitorThresholds(critical=10.0)
    body = Monitor(
        type=MonitorType.QUERY_ALERT,
        name=name,
        query=query,
        message="@ops@example.com",
        options=MonitorOptions(thresholds=thresholds, new_group_delay=0, **options),
    )
    number: int = MonitorsApi(client).create_monitor(body).id
    return number


def told(standin: Running, number: int) -> list[dict[str, Any]]:
    sent = standin.control("notifications")["notifications"]
    return [each for each in sent if each["monitor_id"] == number]


def test_groups_are_told_of_together_and_a_silenced_monitor_tells_nobody(start: Start) -> None:
    with start(FACTOR) as standin, standin.client() as client:
        each = create(client, "each")
        together = create(client, "together", notify_by=["*"])
        silent = create(client, "silent", silenced={"*": None})
        monitors = MonitorsApi(client)

        def all_alert() -> bool:
            return all(
                str(monitors.get_monitor(number).overall_state) == "Alert" for number in (each, together, silent)
            )

        standin.eventually(lambda: all_alert() and len(told(standin, each)) == 2, sending=DEEP)
        evaluated = standin.control("clock")["evaluations"]
        standin.eventually(lambda: standin.control("clock")["evaluations"] >= evaluated + 9, sending=DEEP)

        assert sorted(one["transition"] for one in told(standin, each)) == ["Triggered", "Triggered"]
        assert [one["transition"] for one in told(standin, together)] == ["Triggered"]
        assert told(standin, silent) == []
        now = int(standin.clock.now().timestamp())
        titles = [one.title for one in EventsApi(client).list_events(start=now - 86400, end=now).events]
        assert "[Triggered on {queue:mail}] each" in titles
        assert not [title for title in titles if "silent" in title and "Triggered" in title]
