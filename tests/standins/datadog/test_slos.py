# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""SLOs of each kind through the official client: kept, searched, computed, and corrected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.service_level_objective_corrections_api import ServiceLevelObjectiveCorrectionsApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.service_level_objective import ServiceLevelObjective
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest
from datadog_api_client.v1.model.slo_bulk_delete import SLOBulkDelete
from datadog_api_client.v1.model.slo_correction_create_request import SLOCorrectionCreateRequest
from datadog_api_client.v1.model.slo_correction_update_request import SLOCorrectionUpdateRequest
from datadog_api_client.v2.api.service_level_objectives_api import ServiceLevelObjectivesApi as NewSlosApi
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
GOOD, TOTAL = "sum:slo.good{*}.as_count()", "sum:slo.total{*}.as_count()"


@pytest.fixture(scope="module")
def client(standin: Running) -> Iterator[ApiClient]:
    """An hour of 100 requests a minute, of which all fail from minute 10 to minute 13."""
    stamps = [START.timestamp() + 60 * minute for minute in range(60)]
    good = [0.0 if 10 <= minute < 13 else 100.0 for minute in range(60)]
    series = [("slo.good", "count", good), ("slo.total", "count", [100.0] * 60), ("slo.depth", "gauge", good)]
    standin.history(
        *(
            {"metric": name, "type": kind, "interval": 60, "tags": [], "times": stamps, "values": values}
            for name, kind, values in series
        )
    ).raise_for_status()
    with standin.client() as client:
        client.configuration.unstable_operations["get_slo_status"] = True
        yield client


def body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "availability",
        "type": "metric",
        "query": {"numerator": GOOD, "denominator": TOTAL},
        "thresholds": [{"target": 99.0, "timeframe": "30d", "warning": 99.5}],
        "tags": ["team:crm"],
        **changes,
    }


def slice_body() -> dict[str, Any]:
    queries = [{"data_source": "metrics", "name": "d", "query": "avg:slo.depth{*}"}]
    condition = {
        "query": {"queries": queries, "formulas": [{"formula": "d"}]},
        "comparator": ">",
        "threshold": 50.0,
        "query_interval_seconds": 60,
    }
    return {**body(type="time_slice", sli_specification={"time_slice": condition}), "query": None}


def create(client: ApiClient, given: dict[str, Any]) -> Any:
    sent: Any = {name: value for name, value in given.items() if value is not None}
    (made,) = parsed(ServiceLevelObjectivesApi(client).create_slo(ServiceLevelObjectiveRequest(**sent))).data
    return made


def test_an_slo_is_created_read_replaced_and_deleted(client: ApiClient) -> None:
    api = ServiceLevelObjectivesApi(client)
    made = create(client, body())
    assert (made.name, made.target_threshold, str(made.timeframe), made.warning_threshold) == (
        "availability",
        99.0,
        "30d",
        99.5,
    )
    replaced: Any = {**body(name="other", tags=["team:x"], thresholds=[{"target": 95.0, "timeframe": "7d"}])}
    (changed,) = parsed(api.update_slo(made.id, ServiceLevelObjective(**replaced))).data
    assert (changed.name, changed.tags, str(changed.timeframe)) == ("other", ["team:x"], "7d")
    assert parsed(api.get_slo(made.id)).data.query.numerator == GOOD
    assert api.delete_slo(made.id).data == [made.id]
    for call in (api.get_slo, api.delete_slo):
        with pytest.raises(NotFoundException):
            call(made.id)


def test_slos_are_listed_by_what_they_are_and_searched(client: ApiClient) -> None:
    api = ServiceLevelObjectivesApi(client)
    first = create(client, body(name="Checkout works", tags=["env:prod", "team:pay"]))
    second = create(client, {**slice_body(), "name": "Queue is short", "tags": ["env:prod"]})

    def listed(**asked: Any) -> set[str]:
        return {each.id for each in parsed(api.list_slos(**asked)).data} & {first.id, second.id}

    assert listed(ids=first.id) == {first.id}
    assert listed(tags_query="team:pay") == {first.id}
    assert listed(query="queue") == {second.id}
    assert listed(metrics_query="slo.good") == {first.id}

    found = parsed(api.search_slo(query="env:prod checkout")).data.attributes.slos
    assert [(each.data.id, each.data.attributes.team_tags) for each in found] == [(first.id, ["team:pay"])]
    pages = [parsed(api.search_slo(query="env:prod", page_size=1, page_number=number)) for number in (0, 1)]
    assert {each.data.id for page in pages for each in page.data.attributes.slos} == {first.id, second.id}
    assert pages[0].meta.pagination.total == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "monitor"}, "not a monitor-based SLO"),
        ({"thresholds": []}, "at least one threshold"),
        ({"thresholds": [{"target": 0.999, "timeframe": "30d"}]}, "percentage"),
        ({"query": {"numerator": "sum:{", "denominator": "sum:a{*}"}}, "column"),
        ({"sli_specification": {"count": {}}, "query": None}, "sli_specification.count is not modelled"),
    ],
)
def test_an_slo_that_is_wrong_is_refused(client: ApiClient, changes: dict[str, Any], reason: str) -> None:
    client.configuration.check_input_type = False
    with pytest.raises(ApiException, match=reason) as caught:
        create(client, body(**changes))
    assert caught.value.status == 400


def test_timeframes_are_taken_away_and_the_last_one_takes_the_slo(client: ApiClient) -> None:
    api = ServiceLevelObjectivesApi(client)
    both = [{"target": 99.0, "timeframe": "7d"}, {"target": 99.0, "timeframe": "30d"}]
    made = create(client, body(thresholds=both))
    answer = parsed(api.delete_slo_timeframe_in_bulk(SLOBulkDelete(**{made.id: ["7d"]})))
    assert (answer.data.updated, answer.data.deleted) == ([made.id], [])
    assert [str(each.timeframe) for each in api.get_slo(made.id).data.thresholds] == ["30d"]
    answer = parsed(api.delete_slo_timeframe_in_bulk(SLOBulkDelete(**{made.id: ["30d"]})))
    assert answer.data.deleted == [made.id]


def test_an_slo_that_a_monitor_uses_is_not_deleted_without_force(client: ApiClient) -> None:
    api = ServiceLevelObjectivesApi(client)
    made = create(client, body())
    query = f'burn_rate("{made.id}").over("30d").long_window("1h").short_window("5m") > 14.4'
    options = MonitorOptions(thresholds=MonitorThresholds(critical=14.4))
    alert = MonitorsApi(client).create_monitor(
        Monitor(type=MonitorType.SLO_ALERT, name="burns", query=query, message="", options=options)
    )
    assert parsed(api.get_slo(made.id, with_configured_alert_ids=True)).data.configured_alert_ids == [alert.id]
    with pytest.raises(ApiException) as caught:
        api.delete_slo(made.id)
    assert caught.value.status == 409
    api.delete_slo(made.id, force="true")
    MonitorsApi(client).delete_monitor(alert.id)


# --- how it does --------------------------------------------------------------------------------------


def history(client: ApiClient, key: str, minutes: float = 60, **more: Any) -> Any:
    first = int(START.timestamp())
    api = ServiceLevelObjectivesApi(client)
    return parsed(api.get_slo_history(key, from_ts=first, to_ts=first + int(60 * minutes), **more)).data


def test_a_history_has_the_share_of_good_the_budget_and_the_series(client: ApiClient) -> None:
    made = create(client, body())
    found = history(client, made.id)
    assert found.overall.sli_value == pytest.approx(95.0)
    assert found.overall.error_budget_remaining["30d"] == pytest.approx(-400.0), "five times the allowed one percent"
    assert (found.series.numerator.sum, found.series.denominator.sum) == (5700.0, 6000.0)
    assert history(client, made.id, minutes=10).overall.sli_value == 100.0
    assert history(client, made.id, target=90.0).overall.error_budget_remaining["custom"] == pytest.approx(50.0)


def test_time_slices_count_minutes_that_were_up(client: ApiClient) -> None:
    found = history(client, create(client, slice_body()).id)
    assert found.overall.sli_value == pytest.approx(100 * 57 / 60)


def test_a_span_without_data_has_no_value_and_says_why(client: ApiClient) -> None:
    made = create(
        client, body(query={"numerator": GOOD.replace("slo.", "no."), "denominator": TOTAL.replace("slo.", "no.")})
    )
    overall = history(client, made.id).overall
    assert (overall.sli_value, overall.errors[0].error_type) == (None, "ZERO_VALUED_DENOMINATOR")


def test_a_status_says_how_it_stands(client: ApiClient) -> None:
    api, first = NewSlosApi(client), int(START.timestamp())
    with pytest.warns(UserWarning, match="unstable"):
        found = parsed(api.get_slo_status(create(client, body()).id, from_ts=first, to_ts=first + 3600)).data
    assert found.attributes.state == "breached"
    assert found.attributes.sli == pytest.approx(95.0)


def test_the_status_of_a_span_without_data_is_all_numbers(client: ApiClient) -> None:
    nothing = create(
        client, body(query={"numerator": "sum:no.a{*}.as_count()", "denominator": "sum:no.b{*}.as_count()"})
    )
    first = int(START.timestamp())
    with pytest.warns(UserWarning, match="unstable"):
        found = parsed(NewSlosApi(client).get_slo_status(nothing.id, from_ts=first, to_ts=first + 3600)).data.attributes
    assert (found.state, found.sli, found.raw_error_budget_remaining.value) == ("no_data", 0.0, 0.0)


def test_an_slo_over_a_monitor_counts_the_time_in_which_it_was_not_alerting(start: Callable[..., Any]) -> None:
    with start(600) as standin, standin.client() as client:
        options = MonitorOptions(thresholds=MonitorThresholds(critical=10.0))
        query = "max(last_1m):max:queue.depth{*} > 10"
        watch = Monitor(type=MonitorType.QUERY_ALERT, name="depth", query=query, message="", options=options)
        number = MonitorsApi(client).create_monitor(watch).id
        made = create(client, {**body(type="monitor", monitor_ids=[number]), "query": None})
        began = standin.clock.now()

        def state() -> str:
            return str(MonitorsApi(client).get_monitor(number).overall_state)

        standin.eventually(lambda: state() == "OK", sending=["queue.depth:1|g"])
        standin.eventually(lambda: state() == "Alert", sending=["queue.depth:99|g"])
        standin.eventually(lambda: state() == "OK", sending=["queue.depth:1|g"])
        end = standin.clock.now()
        found = parsed(
            ServiceLevelObjectivesApi(client).get_slo_history(
                made.id, from_ts=int(began.timestamp()), to_ts=int(end.timestamp())
            )
        ).data.overall
        span = (end - began) / timedelta(minutes=1)
        assert 0 < 100 - found.sli_value < 100
        down = (100 - found.sli_value) / 100 * span
        assert 0.9 <= down < span - 0.9, "whole minutes, at least one of each"


# --- corrections --------------------------------------------------------------------------------------


def correction(key: str, **more: Any) -> SLOCorrectionCreateRequest:
    attributes = {"slo_id": key, "category": "Scheduled Maintenance", "start": int(START.timestamp()) + 600, **more}
    data: Any = {"type": "correction", "attributes": attributes}
    return SLOCorrectionCreateRequest(data=data)


def test_a_correction_leaves_its_span_out_of_the_history(client: ApiClient) -> None:
    api, made = ServiceLevelObjectiveCorrectionsApi(client), create(client, body())
    end = int(START.timestamp()) + 780
    kept = parsed(api.create_slo_correction(correction(made.id, end=end, description="a planned change"))).data
    assert history(client, made.id).overall.sli_value == 100.0
    assert history(client, made.id, apply_correction=False).overall.sli_value == pytest.approx(95.0)

    data: Any = {"type": "correction", "attributes": {"end": end - 60}}
    changed = parsed(api.update_slo_correction(kept.id, SLOCorrectionUpdateRequest(data=data))).data.attributes
    assert (changed.end, changed.description) == (end - 60, "a planned change")
    assert history(client, made.id).overall.sli_value == pytest.approx(100 * 57 / 58)
    assert [each.id for each in parsed(ServiceLevelObjectivesApi(client).get_slo_corrections(made.id)).data] == [
        kept.id
    ]
    api.delete_slo_correction(kept.id)
    with pytest.raises(NotFoundException):
        api.get_slo_correction(kept.id)
    assert history(client, made.id).overall.sli_value == pytest.approx(95.0)


def test_a_correction_that_recurs_leaves_each_span_out(client: ApiClient) -> None:
    api, made = ServiceLevelObjectiveCorrectionsApi(client), create(client, body())
    yesterday = int(START.timestamp()) + 600 - 86_400
    again = correction(made.id, start=yesterday, rrule="FREQ=DAILY", duration=180, timezone="Europe/Berlin")
    kept = parsed(api.create_slo_correction(again)).data
    assert history(client, made.id).overall.sli_value == 100.0
    assert kept.id in {each.id for each in parsed(api.list_slo_correction(limit=1000)).data}


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"end": 1}, 400, "before it starts"),
        ({"rrule": "FREQ=OFTEN", "duration": 60}, 400, "FREQ"),
        ({"rrule": "FREQ=DAILY"}, 400, "has a duration"),
        ({"timezone": "Mars/Olympus"}, 400, "Mars/Olympus"),
        ({"slo_id": "nobody"}, 404, "SLO not found"),
    ],
)
def test_a_correction_that_is_wrong_is_refused(more: dict[str, Any], status: int, said: str, client: ApiClient) -> None:
    with pytest.raises(ApiException) as caught:
        ServiceLevelObjectiveCorrectionsApi(client).create_slo_correction(correction(create(client, body()).id, **more))
    assert caught.value.status == status
    assert said in caught.value.body["errors"][0]


def test_an_slo_takes_its_corrections_with_it_and_no_others(client: ApiClient) -> None:
    api, slos = ServiceLevelObjectiveCorrectionsApi(client), ServiceLevelObjectivesApi(client)
    gone, left = create(client, body()), create(client, body())
    of_gone, of_left = (parsed(api.create_slo_correction(correction(slo.id))).data.id for slo in (gone, left))
    slos.delete_slo(gone.id)
    assert parsed(api.get_slo_correction(of_left)).data.id == of_left
    with pytest.raises(NotFoundException):
        api.get_slo_correction(of_gone)
