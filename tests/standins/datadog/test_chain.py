# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""From a datagram to a page: the parts together, through the wire on every side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from datadog_api_client.v1.api.events_api import EventsApi as V1Events
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.pager_duty_integration_api import PagerDutyIntegrationApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.pager_duty_service import PagerDutyService
from datadog_api_client.v1.model.service_level_objective_query import ServiceLevelObjectiveQuery
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest
from datadog_api_client.v1.model.slo_threshold import SLOThreshold
from datadog_api_client.v1.model.slo_timeframe import SLOTimeframe
from datadog_api_client.v1.model.slo_type import SLOType
from datadog_api_client.v2.api.events_api import EventsApi
from datadog_api_client.v2.model.events_list_request import EventsListRequest
from datadog_api_client.v2.model.events_query_filter import EventsQueryFilter
from datadog_api_client.v2.model.events_request_page import EventsRequestPage
from datadog_api_client.v2.model.events_sort import EventsSort

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Pager, Running

FACTOR = 600  # a stack minute is a tenth of a second
RATIO = "sum(last_5m):sum:api.errors{env:test}.as_count() / sum:api.requests{env:test}.as_count() > 0.02"
GAUGE = "max(last_1m):max:queue.depth{env:test} by {queue} > 10"
DEEP = "queue.depth:50|g|#env:test,queue:mail"
Start = Callable[..., Any]


def history(standin: Running, metric: str, value: float) -> None:
    """Write a healthy hour: a rate per 10 seconds, as DogStatsD leaves it."""
    end = int(standin.clock.now().timestamp()) // 10 * 10
    times = list(range(end - 3600, end, 10))
    series = {"metric": metric, "type": "rate", "interval": 10, "tags": ["env:test"]}
    standin.history({**series, "times": times, "values": [value] * len(times)}).raise_for_status()


def create(client: ApiClient, query: str, critical: float, message: str, **more: Any) -> int:
    options = MonitorOptions(thresholds=MonitorThresholds(critical=critical))
    kind = MonitorType.SLO_ALERT if query.startswith("burn_rate") else MonitorType.QUERY_ALERT
    body = Monitor(type=kind, name="the monitor", query=query, message=message, options=options, **more)
    number: int = MonitorsApi(client).create_monitor(body).id
    return number


def events(client: ApiClient, query: str) -> list[Any]:
    """Return the monitor's events of the last two stack days, oldest first."""
    body = EventsListRequest(
        filter=EventsQueryFilter(query=query, _from="now-2d", to="now"),
        sort=EventsSort.TIMESTAMP_ASCENDING,
        page=EventsRequestPage(limit=100),
    )
    answer = EventsApi(client).search_events(body=body)
    assert not answer._unparsed
    assert not any(event._unparsed or event.attributes.attributes._unparsed for event in answer.data)
    return list(answer.data)


def service(client: ApiClient, name: str, key: str) -> None:
    body = PagerDutyService(service_name=name, service_key=key)
    PagerDutyIntegrationApi(client).create_pager_duty_integration_service(body)


def test_errors_page_and_the_page_is_resolved_when_they_end(start: Start, pager: Pager) -> None:
    with start(FACTOR, pager.arguments()) as standin, standin.client() as client:
        history(standin, "api.requests", 100.0)
        service(client, "m3core-api", "routing-key-of-the-api")
        number = create(client, RATIO, 0.02, "too many errors @pagerduty-m3core-api", tags=["team:crm"], priority=2)

        def reaches(state: str, *, errors: int) -> None:
            traffic = ["api.requests:1000|c|#env:test", f"api.errors:{errors}|c|#env:test"]
            monitors = MonitorsApi(client)
            standin.eventually(lambda: str(monitors.get_monitor(number).overall_state) == state, sending=traffic)

        reaches("OK", errors=0)
        began = standin.clock.now()
        reaches("Alert", errors=900)
        reaches("OK", errors=0)
        standin.eventually(lambda: len(pager.received) == 2)

        trigger, resolve = pager.received
        assert (trigger["path"], trigger["event_action"], resolve["event_action"]) == (
            "/v2/enqueue",
            "trigger",
            "resolve",
        )
        assert trigger["routing_key"] == "routing-key-of-the-api"
        assert trigger["payload"]["severity"] == "critical"
        assert trigger["dedup_key"] == resolve["dedup_key"]

        first, alert, recovery = events(client, f"source:alert @monitor.id:{number}")
        titles = [event.attributes.attributes.title for event in (first, alert, recovery)]
        assert titles == [f"[P2] [{word}] the monitor" for word in ("Recovered", "Triggered", "Recovered")]
        assert [str(event.attributes.attributes.status) for event in (first, alert, recovery)] == [
            "success",
            "error",
            "success",
        ]
        assert alert.attributes.attributes.monitor.id == alert.attributes.attributes.monitor_id == number
        assert alert.attributes.attributes.monitor_groups == ["*"]
        assert "team:crm" in alert.attributes.tags
        assert alert.attributes.attributes.timestamp % 60_000 == 0  # a whole stack minute
        at = alert.attributes.timestamp
        assert began <= at <= began + timedelta(minutes=4)
        old = V1Events(client).list_events(start=int(began.timestamp()), end=int(at.timestamp()), sources="alert")
        assert [(event.title, str(event.alert_type)) for event in old.events] == [(titles[1], "error")]

        group = MonitorsApi(client).get_monitor(number, group_states="all").state.groups["*"]
        assert str(group.status) == "OK"
        assert group.last_triggered_ts == int(at.timestamp())
        assert group.last_resolved_ts == int(recovery.attributes.timestamp.timestamp())
        sent = standin.control("notifications")["notifications"]
        assert [(item["transition"], item["deliveries"][0]["outcome"]) for item in sent] == [
            ("Triggered", "delivered"),
            ("Recovered", "delivered"),
        ]


def test_each_group_has_an_event_and_a_page_of_its_own(start: Start, pager: Pager) -> None:
    with start(FACTOR, pager.arguments()) as standin, standin.client() as client:
        service(client, "queues", "key")
        number = create(client, GAUGE, 10, "deep @pagerduty-queues")
        lines = [
            f"queue.depth:{depth}|g|#env:test,queue:{queue}" for queue, depth in (("mail", 50), ("sms", 60), ("fax", 1))
        ]
        standin.eventually(lambda: len(pager.received) == 2, sending=lines)
        alerts = events(client, f"monitor_id:{number} status:error")
        assert sorted(event.attributes.attributes.title for event in alerts) == [
            "[Triggered on {queue:mail}] the monitor",
            "[Triggered on {queue:sms}] the monitor",
        ]
        assert [event.attributes.attributes.monitor_groups for event in events(client, "status:error queue:sms")] == [
            ["queue:sms"]
        ]
        assert len({page["dedup_key"] for page in pager.received}) == 2
        groups = MonitorsApi(client).list_monitors(group_states="alert")[0].state.groups
        assert sorted(groups) == ["queue:mail", "queue:sms"]


def test_a_burn_rate_monitor_reads_its_slo(start: Start) -> None:
    with start(FACTOR) as standin, standin.client() as client:
        query = ServiceLevelObjectiveQuery(
            numerator="sum:probe.success{env:test}.as_count()", denominator="sum:probe.runs{env:test}.as_count()"
        )
        body = ServiceLevelObjectiveRequest(
            name="availability",
            type=SLOType.METRIC,
            query=query,
            thresholds=[SLOThreshold(target=99.9, timeframe=SLOTimeframe.THIRTY_DAYS)],
        )
        (slo,) = ServiceLevelObjectivesApi(client).create_slo(body).data
        windows = '.over("30d").long_window("1h").short_window("5m") > 14.4'
        number = create(client, f'burn_rate("{slo.id}"){windows}', 14.4, "burning")
        probes = ("probe.success:0|c|#env:test", "probe.runs:10|c|#env:test")
        standin.eventually(lambda: events(client, f"@monitor_id:{number} status:error"), sending=probes)


def test_a_handle_that_is_told_nothing_gets_a_page_without_text(start: Start, pager: Pager) -> None:
    """A recovery's recipients are told of Alert to Warn too, though their block stays empty [VAR-2026]."""
    with start(FACTOR, pager.arguments()) as standin, standin.client() as client:
        service(client, "recovered", "key-of-recovered")
        service(client, "warned", "key-of-warned")
        message = (
            "{{#is_alert_recovery}}@pagerduty-recovered {{/is_alert_recovery}}"
            "{{#is_alert_to_warning}}better @pagerduty-warned{{/is_alert_to_warning}}"
        )
        thresholds = MonitorThresholds(critical=10.0, warning=5.0)
        options = MonitorOptions(thresholds=thresholds, new_group_delay=0)
        body = Monitor(type=MonitorType.QUERY_ALERT, name="the monitor", query=GAUGE, message=message, options=options)
        number = MonitorsApi(client).create_monitor(body).id

        def is_alert() -> bool:
            return str(MonitorsApi(client).get_monitor(number).overall_state) == "Alert"

        standin.eventually(is_alert, sending=[DEEP])
        standin.eventually(lambda: len(pager.received) == 2, sending=["queue.depth:7|g|#env:test,queue:mail"])
        texts = {page["routing_key"]: page["payload"]["custom_details"]["body"] for page in pager.received}
        assert texts == {"key-of-recovered": "", "key-of-warned": "better @pagerduty-warned"}


def settled(standin: Running) -> list[dict[str, Any]]:
    """Return the deliveries of the first notification once none is queued."""

    def look() -> list[dict[str, Any]]:
        sent = standin.control("notifications")["notifications"]
        deliveries: list[dict[str, Any]] = sent[0]["deliveries"] if sent else []
        return [] if any(delivery["outcome"] == "queued" for delivery in deliveries) else deliveries

    return standin.eventually(look, sending=[DEEP])


def test_every_handle_of_a_message_has_an_outcome(start: Start, pager: Pager) -> None:
    with start(FACTOR, pager.arguments()) as standin, standin.client() as client:
        service(client, "M3 Core", "key-1")
        service(client, "other", "key-2")
        create(client, GAUGE, 10, "deep @slack-ops @pagerduty-M3-Core @pagerduty-m3-code @pagerduty")
        outcomes = [(item["handle"], item["service"], item["outcome"]) for item in settled(standin)]
        assert outcomes == [
            ("slack-ops", "", "sent"),
            ("pagerduty-M3-Core", "M3 Core", "delivered"),
            ("pagerduty-m3-code", "", "undelivered"),
            ("pagerduty", "M3 Core", "delivered"),
            ("pagerduty", "other", "delivered"),
        ]
        assert [page["routing_key"] for page in pager.received] == ["key-1", "key-1", "key-2"]
        (undelivered,) = standin.control("health")["undelivered"]
        assert "no PagerDuty service for @pagerduty-m3-code is configured" in undelivered["reason"]
        assert "key-1" not in str(standin.control("notifications"))


@pytest.mark.parametrize(
    ("answers", "outcome", "tries"),
    [
        ([500, 429], "delivered", 3),
        ([500, 503, 500], "undelivered", 3),
        ([400], "undelivered", 1),
    ],
)
def test_a_page_is_tried_again_where_that_may_help(
    start: Start, pager: Pager, answers: list[int], outcome: str, tries: int
) -> None:
    pager.answers = list(answers)
    with start(FACTOR, pager.arguments()) as standin, standin.client() as client:
        service(client, "m3core-api", "key")
        create(client, GAUGE, 10, "deep @pagerduty-m3core-api")
        (delivery,) = settled(standin)
        assert delivery["outcome"] == outcome
        assert len(pager.received) == tries
        assert (f"answered {answers[-1]}" in delivery["reason"]) is (outcome == "undelivered")


def test_a_pager_that_shows_another_authoritys_certificate_is_not_told(start: Start, pager: Pager) -> None:
    trustme.CA().cert_pem.write_to_path(str(pager.ca_file))
    with start(FACTOR, pager.arguments()) as standin, standin.client() as client:
        service(client, "m3core-api", "key")
        create(client, GAUGE, 10, "deep @pagerduty-m3core-api")
        (delivery,) = settled(standin)
        assert delivery["outcome"] == "undelivered"
        assert "CERTIFICATE_VERIFY_FAILED" in delivery["reason"]
        assert pager.received == []


def test_without_an_address_a_page_is_undelivered_and_says_so(start: Start) -> None:
    with start(FACTOR) as standin, standin.client() as client:
        service(client, "m3core-api", "key")
        create(client, GAUGE, 10, "deep @pagerduty-m3core-api")
        (delivery,) = settled(standin)
        assert (delivery["outcome"], delivery["reason"]) == (
            "undelivered",
            "no PagerDuty address was given (--pagerduty-url)",
        )
