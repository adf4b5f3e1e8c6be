# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Families of version 1 of the API: monitors, SLOs and their corrections, webhooks and their variables, services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datadog_api_client import ApiClient
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.pager_duty_integration_api import PagerDutyIntegrationApi
from datadog_api_client.v1.api.service_level_objective_corrections_api import ServiceLevelObjectiveCorrectionsApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from datadog_api_client.v1.api.webhooks_integration_api import WebhooksIntegrationApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest
from datadog_api_client.v1.model.pager_duty_service import PagerDutyService
from datadog_api_client.v1.model.pager_duty_service_key import PagerDutyServiceKey
from datadog_api_client.v1.model.service_level_objective import ServiceLevelObjective
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest
from datadog_api_client.v1.model.slo_correction_create_request import SLOCorrectionCreateRequest
from datadog_api_client.v1.model.slo_correction_update_request import SLOCorrectionUpdateRequest
from datadog_api_client.v1.model.slo_type import SLOType
from datadog_api_client.v1.model.webhooks_integration import WebhooksIntegration
from datadog_api_client.v1.model.webhooks_integration_custom_variable import WebhooksIntegrationCustomVariable
from datadog_api_client.v1.model.webhooks_integration_custom_variable_update_request import (
    WebhooksIntegrationCustomVariableUpdateRequest,
)
from datadog_api_client.v1.model.webhooks_integration_update_request import WebhooksIntegrationUpdateRequest
from hypothesis import strategies as st
from tests.standins.datadog.family import NAMES, NUMBERS, TAGS, TEXTS, Family, Fields, plain, some
from tests.standins.datadog.official import parsed

__all__ = ["FAMILIES"]


def _monitors(client: ApiClient) -> Family:
    api = MonitorsApi(client)

    def metric(critical: float, over: str) -> Fields:
        query = f"max(last_5m):max:queue.depth{{env:{over}}} by {{queue}} > {critical:g}"
        return {"query": query, "options": {"thresholds": {"critical": critical}}}

    conditions = st.builds(metric, st.integers(0, 1000).map(float), st.sampled_from(["prod", "test"]))
    shape = {"name": NAMES, "message": TEXTS, "tags": TAGS, "priority": st.none() | st.integers(1, 5)}

    def sent(given: Fields) -> Fields:
        rest = {name: value for name, value in given.items() if name != "condition"}
        return {**rest, **given.get("condition", {})}

    def read(key: str) -> Fields:
        shown = parsed(api.get_monitor(int(key))).to_dict()
        condition = {
            "query": shown["query"],
            "options": {"thresholds": {"critical": shown["options"]["thresholds"]["critical"]}},
        }
        return {name: shown.get(name) for name in shape} | {"condition": condition}

    return Family(
        bodies=st.fixed_dictionaries({**shape, "condition": conditions}),
        changes=some({**shape, "condition": conditions}),
        create=lambda given: str(parsed(api.create_monitor(Monitor(type=MonitorType.QUERY_ALERT, **sent(given)))).id),
        change=lambda key, given, _: parsed(api.update_monitor(int(key), MonitorUpdateRequest(**sent(given)))),
        read=read,
        delete=lambda key: api.delete_monitor(int(key)),
        listed=lambda: [str(each.id) for each in parsed(api.list_monitors())],
        searched=lambda tag: [
            str(each.id) for each in parsed(api.search_monitors(query=f'tag:"{tag}"', per_page=10_000)).monitors
        ],
    )


def _slos(client: ApiClient) -> Family:
    api = ServiceLevelObjectivesApi(client)

    def parts(metric: str) -> Fields:
        return {
            "numerator": f"sum:{metric}.good{{*}}.as_count()",
            "denominator": f"sum:{metric}.total{{*}}.as_count()",
        }

    thresholds = st.lists(
        st.fixed_dictionaries(
            {"target": st.sampled_from([99.0, 99.9]), "timeframe": st.sampled_from(["7d", "30d", "90d"])},
            optional={"warning": st.sampled_from([99.95, 99.99])},
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda each: each["timeframe"],
    )
    shape = {
        "name": NAMES,
        "description": TEXTS,
        "tags": TAGS,
        "query": st.builds(parts, st.sampled_from(["api", "web"])),
        "thresholds": thresholds,
    }

    def read(key: str) -> Fields:
        shown = plain(parsed(api.get_slo(key)).data, shape)
        shown["thresholds"] = [
            {name: value for name, value in each.items() if not name.endswith("_display")}
            for each in shown["thresholds"]
        ]
        return shown

    def create(given: Fields) -> str:
        (made,) = parsed(api.create_slo(ServiceLevelObjectiveRequest(type=SLOType.METRIC, **given))).data
        return str(made.id)

    def change(key: str, _: Fields, whole: Fields) -> object:
        return parsed(api.update_slo(key, ServiceLevelObjective(type=SLOType.METRIC, **whole)))

    def searched(tag: str) -> list[str]:
        listed = [str(each.id) for each in parsed(api.list_slos(tags_query=tag)).data]
        if ":" in tag:
            found = parsed(api.search_slo(query=tag, page_size=10_000)).data.attributes.slos
            assert sorted(str(each.data.id) for each in found) == sorted(listed)
        return listed

    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=some(shape),
        create=create,
        change=change,
        read=read,
        delete=api.delete_slo,
        listed=lambda: [str(each.id) for each in parsed(api.list_slos(limit=1000)).data],
        searched=searched,
    )


def _corrections(client: ApiClient) -> Family:
    api, slos = ServiceLevelObjectiveCorrectionsApi(client), _slos(client)
    of = [
        slos.create(
            {
                "name": f"corrected {number}",
                "query": {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"},
                "thresholds": [{"target": 99.0, "timeframe": "30d"}],
            }
        )
        for number in range(2)
    ]
    once = st.builds(
        lambda start, span: {"start": start, "end": start + span, "rrule": None, "duration": None},
        st.integers(1_700_000_000, 1_800_000_000),
        st.integers(1, 86_400),
    )
    again = st.builds(
        lambda start, duration: {"start": start, "end": None, "rrule": "FREQ=DAILY", "duration": duration},
        st.integers(1_700_000_000, 1_800_000_000),
        st.integers(60, 3600),
    )
    shape = {
        "category": st.sampled_from(["Scheduled Maintenance", "Outside Business Hours", "Deployment", "Other"]),
        "description": TEXTS,
        "timezone": st.sampled_from(["UTC", "Europe/Berlin"]),
        "span": once | again,
    }
    spans = ("start", "end", "rrule", "duration")

    def data(given: Fields) -> Any:
        rest = {name: value for name, value in given.items() if name != "span"}
        # What is None is left out when it is made; a change that would say so is one between kinds of spans.
        span = {name: value for name, value in given.get("span", {}).items() if value is not None}
        return {"type": "correction", "attributes": {**rest, **span}}

    def read(key: str) -> Fields:
        shown = parsed(api.get_slo_correction(key)).data.attributes.to_dict()
        return {name: shown[name] for name in (*shape, "slo_id") if name != "span"} | {
            "span": {name: shown.get(name) for name in spans}
        }

    def listed() -> list[str]:
        everything = {str(each.id) for each in parsed(api.list_slo_correction(limit=1000)).data}
        of_each = [
            {str(each.id) for each in parsed(ServiceLevelObjectivesApi(client).get_slo_corrections(key)).data}
            for key in of
        ]
        assert not of_each[0] & of_each[1]
        assert of_each[0] | of_each[1] <= everything
        return sorted(everything)

    return Family(
        bodies=st.fixed_dictionaries({**shape, "slo_id": st.sampled_from(of)}),
        changes=some({name: one for name, one in shape.items() if name != "span"}),
        create=lambda given: str(
            parsed(api.create_slo_correction(SLOCorrectionCreateRequest(data=data(given)))).data.id
        ),
        change=lambda key, given, _: parsed(
            api.update_slo_correction(key, SLOCorrectionUpdateRequest(data=data(given)))
        ),
        read=read,
        delete=api.delete_slo_correction,
        listed=listed,
        close=lambda: [slos.delete(key) for key in of],
    )


def _webhooks(client: ApiClient) -> Family:
    api = WebhooksIntegrationApi(client)
    shape = {
        "name": st.builds(lambda text: f"hook-{next(NUMBERS)}{text}", st.text("abc-_.", max_size=5)),
        "url": st.sampled_from(["https://example.com/a", "http://127.0.0.1:1/b?c=d"]),
        "payload": st.sampled_from(["{}", '{"title": "$EVENT_TITLE"}']),
        "custom_headers": st.none() | st.sampled_from(["{}", '{"X-Key": "1"}']),
        "encode_as": st.sampled_from(["json", "form"]),
    }
    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=some(shape),
        create=lambda given: str(parsed(api.create_webhooks_integration(WebhooksIntegration(**given))).name),
        change=lambda key, given, _: parsed(
            api.update_webhooks_integration(key, WebhooksIntegrationUpdateRequest(**given))
        ),
        read=lambda key: plain(parsed(api.get_webhooks_integration(key)), shape),
        delete=api.delete_webhooks_integration,
        renamed=True,
    )


def _variables(client: ApiClient) -> Family:
    api = WebhooksIntegrationApi(client)
    shape = {
        "name": st.builds(lambda: f"KEY_{next(NUMBERS)}"),
        "value": TEXTS,
        "is_secret": st.booleans(),
    }

    def read(key: str) -> Fields:
        shown: Fields = parsed(api.get_webhooks_integration_custom_variable(key)).to_dict()
        assert ("value" in shown) is not shown["is_secret"]
        return shown

    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=some(shape),
        create=lambda given: str(
            parsed(api.create_webhooks_integration_custom_variable(WebhooksIntegrationCustomVariable(**given))).name
        ),
        change=lambda key, given, _: parsed(
            api.update_webhooks_integration_custom_variable(
                key, WebhooksIntegrationCustomVariableUpdateRequest(**given)
            )
        ),
        read=read,
        delete=api.delete_webhooks_integration_custom_variable,
        renamed=True,
    )


def _services(client: ApiClient) -> Family:
    """The services of the PagerDuty integration: their keys are never shown, and nothing lists them."""
    api = PagerDutyIntegrationApi(client)
    shape = {
        "service_name": st.builds(lambda text: f"service {next(NUMBERS)}{text}", st.text("abc-_. ", max_size=5)),
        "service_key": st.text("0123456789abcdef", min_size=1, max_size=32),
    }

    def read(key: str) -> Fields:
        shown: Fields = parsed(api.get_pager_duty_integration_service(key)).to_dict()
        assert shown == {"service_name": key}
        return shown

    def change(key: str, given: Fields, _: Fields) -> None:
        api.update_pager_duty_integration_service(key, PagerDutyServiceKey(**given))

    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=st.fixed_dictionaries({"service_key": shape["service_key"]}),
        create=lambda given: str(
            parsed(api.create_pager_duty_integration_service(PagerDutyService(**given))).service_name
        ),
        change=change,
        read=read,
        delete=api.delete_pager_duty_integration_service,
    )


FAMILIES: dict[str, Callable[[ApiClient], Family]] = {
    "monitors": _monitors,
    "SLOs": _slos,
    "corrections": _corrections,
    "webhooks": _webhooks,
    "variables": _variables,
    "PagerDuty's services": _services,
}
