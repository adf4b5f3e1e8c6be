# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Pipelines, indexes, archives and the scanner of sensitive data, through the official client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.logs_indexes_api import LogsIndexesApi
from datadog_api_client.v1.api.logs_pipelines_api import LogsPipelinesApi
from datadog_api_client.v2.api.logs_archives_api import LogsArchivesApi
from datadog_api_client.v2.api.sensitive_data_scanner_api import SensitiveDataScannerApi
from tests.standins.datadog.official import parsed

from alertproof.standins.bounded import FullError, Weights
from alertproof.standins.datadog.logconfig.pipelines import PipelineBook
from alertproof.standins.datadog.wire import ApiError

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

LOGS = Path(__file__).parents[3] / "monitoring" / "datadog" / "logs"


def read(path: str) -> Any:
    return json.loads((LOGS / path).read_text(encoding="utf-8"))


def refused(error: pytest.ExceptionInfo[ApiException]) -> str:
    return str(error.value.body["errors"])


# -- pipelines -----------------------------------------------------------------------------------------------


def test_a_pipeline_is_kept_as_it_was_sent_and_replaced_whole(standin: Running) -> None:
    with standin.client() as client:
        api = LogsPipelinesApi(client)
        body = read("pipelines/m3core.json")
        made = parsed(api.create_logs_pipeline(body=cast("Any", body)))

        shown = parsed(api.get_logs_pipeline(made.id)).to_dict()
        assert {name: shown[name] for name in body} == body
        assert (shown["type"], shown["is_read_only"]) == ("pipeline", False)

        parsed(api.update_logs_pipeline(made.id, body=cast("Any", {"name": "empty"})))
        assert parsed(api.get_logs_pipeline(made.id)).to_dict()["processors"] == []
        api.delete_logs_pipeline(made.id)
        with pytest.raises(NotFoundException):
            api.get_logs_pipeline(made.id)


@pytest.mark.parametrize(
    ("processor", "said"),
    [
        ({"type": "status-remaper", "sources": ["level"]}, "did you mean 'status-remapper'"),
        ({"type": "grok-parser", "source": "message"}, "grok-parser misses the required field 'grok'"),
        ({"name": "without a type"}, "a processor is an object with a type"),
        (
            {"type": "pipeline", "name": "p", "filter": {"query": "*"}, "processors": [{"type": "geo-ip"}]},
            r"processors\[0\].processors\[0\]: Invalid processor type 'geo-ip'",
        ),
    ],
)
def test_a_processor_that_says_too_little_is_refused_by_its_place(processor: dict[str, Any], said: str) -> None:
    body = json.dumps({"name": "p", "processors": [processor]}).encode()

    with pytest.raises(ApiError, match=said):
        PipelineBook().put(body)


def test_an_order_of_pipelines_names_each_of_them_once(standin: Running) -> None:
    with standin.client() as client:
        api = LogsPipelinesApi(client)
        ids = [parsed(api.create_logs_pipeline(body=cast("Any", {"name": name}))).id for name in ("a", "b")]

        backwards = list(reversed(parsed(api.get_logs_pipeline_order()).pipeline_ids))
        parsed(api.update_logs_pipeline_order(body=cast("Any", {"pipeline_ids": backwards})))
        assert parsed(api.get_logs_pipeline_order()).pipeline_ids == backwards
        with pytest.raises(ApiException, match="422") as error:
            api.update_logs_pipeline_order(body=cast("Any", {"pipeline_ids": backwards[1:]}))
        assert "every pipeline" in refused(error)
        for each in ids:
            api.delete_logs_pipeline(each)


# -- indexes -------------------------------------------------------------------------------------------------


def test_an_index_comes_last_keeps_its_name_and_its_daily_limit_until_that_is_disabled(standin: Running) -> None:
    with standin.client() as client:
        api = LogsIndexesApi(client)
        body = read("indexes/main.json")
        made = parsed(api.create_logs_index(body=cast("Any", body))).to_dict()
        assert {name: made[name] for name in body} == body
        assert parsed(api.get_logs_index_order()).index_names[-1] == "m3core-main"

        change = {"filter": {"query": "service:other"}, "num_retention_days": 3}
        changed = parsed(api.update_logs_index("m3core-main", body=cast("Any", change))).to_dict()
        assert (changed["daily_limit"], changed["exclusion_filters"]) == (20_000_000, [])
        unlimited = parsed(
            api.update_logs_index("m3core-main", body=cast("Any", {**change, "disable_daily_limit": True}))
        )
        assert "daily_limit" not in unlimited.to_dict()
        with pytest.raises(ApiException, match="422") as error:
            api.create_logs_index(body=cast("Any", body))
        assert "already exists" in refused(error)
        api.delete_logs_index("m3core-main")
        with pytest.raises(NotFoundException):
            api.get_logs_index("m3core-main")


def test_an_account_begins_with_an_index_that_takes_everything_and_orders_name_it(standin: Running) -> None:
    with standin.client() as client:
        api = LogsIndexesApi(client)
        assert parsed(api.get_logs_index("main")).filter.query == ""
        parsed(api.create_logs_index(body=cast("Any", read("indexes/errors.json"))))

        with pytest.raises(ApiException, match="422"):
            api.update_logs_index_order(body=cast("Any", {"index_names": ["m3core-errors"]}))
        parsed(api.update_logs_index_order(body=cast("Any", {"index_names": ["m3core-errors", "main"]})))
        assert [row.name for row in parsed(api.list_log_indexes()).indexes] == ["m3core-errors", "main"]
        api.delete_logs_index("m3core-errors")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "M3Core"},
        {"name": ""},
        {"num_retention_days": 0},
        {"daily_limit_warning_threshold_percentage": 49},
        {"exclusion_filters": [{"name": "x", "filter": {"sample_rate": 1.01}}]},
        {"filter": None},
    ],
)
def test_an_index_outside_of_its_bounds_is_refused(standin: Running, change: dict[str, Any]) -> None:
    body = {**read("indexes/errors.json"), **change}
    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}

    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v1/logs/config/indexes", json=body, headers=keys)

    assert answer.status_code == 400, answer.text


# -- archives ------------------------------------------------------------------------------------------------


def test_an_archive_is_kept_replaced_and_deleted(standin: Running) -> None:
    with standin.client() as client:
        api = LogsArchivesApi(client)
        body = read("archives/everything.json")
        made = parsed(api.create_logs_archive(body=cast("Any", body))).data
        shown = parsed(api.get_logs_archive(made.id)).to_dict()["data"]["attributes"]
        assert {name: shown[name] for name in body["data"]["attributes"]} == body["data"]["attributes"]

        body["data"]["attributes"]["query"] = "service:other"
        parsed(api.update_logs_archive(made.id, body=cast("Any", body)))
        (listed,) = parsed(api.list_logs_archives()).data
        assert (listed.id, listed.attributes.query) == (made.id, "service:other")
        assert parsed(api.get_logs_archive_order()).data.attributes.archive_ids == [made.id]
        del body["data"]["attributes"]["destination"]["bucket"]
        body["data"]["attributes"]["destination"] |= {"type": "s3", "bucket": ""}
        with pytest.raises(ApiException, match="400") as error:
            api.update_logs_archive(made.id, body=cast("Any", body))
        assert "destination.bucket is required of s3" in refused(error)
        api.delete_logs_archive(made.id)
        assert parsed(api.list_logs_archives()).data == []


# -- sensitive data ------------------------------------------------------------------------------------------


def test_a_group_holds_rules_that_are_changed_and_go_with_it(standin: Running) -> None:
    with standin.client() as client:
        api = SensitiveDataScannerApi(client)
        group = parsed(api.create_scanning_group(body=cast("Any", {**read("sensitive-data/group.json"), "meta": {}})))
        identity = group.data.id
        rule = read("sensitive-data/bearer-token.json")
        rule["data"]["relationships"] = {"group": {"data": {"type": "sensitive_data_scanner_group", "id": identity}}}
        made = parsed(api.create_scanning_rule(body=cast("Any", {**rule, "meta": {}}))).data
        assert made.to_dict()["attributes"] == rule["data"]["attributes"]

        off: Any = {"data": {"type": "sensitive_data_scanner_rule", "attributes": {"is_enabled": False}}, "meta": {}}
        parsed(api.update_scanning_rule(made.id, body=off))
        shown = {str(each.id): each for each in parsed(api.list_scanning_groups()).included.value}
        assert shown[made.id].attributes.is_enabled is False
        assert shown[made.id].attributes.pattern == rule["data"]["attributes"]["pattern"]
        assert [each.id for each in shown[identity].relationships.rules.data] == [made.id]

        parsed(api.delete_scanning_group(identity, body=cast("Any", {"meta": {}})))
        assert parsed(api.list_scanning_groups()).included.value == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pattern": "("}, "not a regular expression"),
        ({"pattern": ""}, "a rule has a pattern"),
        ({"colour": "red"}, "colour"),
        ({"name": " "}, "a name is required"),
    ],
)
def test_a_rule_that_scans_nothing_is_refused(standin: Running, change: dict[str, Any], said: str) -> None:
    with standin.client() as client:
        api = SensitiveDataScannerApi(client)
        body = {**read("sensitive-data/group.json"), "meta": {}}
        identity = parsed(api.create_scanning_group(body=cast("Any", body))).data.id
        rule = read("sensitive-data/bearer-token.json")
        rule["data"]["attributes"] |= change
        rule["data"]["relationships"] = {"group": {"data": {"type": "sensitive_data_scanner_group", "id": identity}}}

        with pytest.raises(ApiException, match="400") as error:
            api.create_scanning_rule(body=cast("Any", {**rule, "meta": {}}))
        assert said in refused(error)
        parsed(api.delete_scanning_group(identity, body=cast("Any", {"meta": {}})))


def test_a_rule_of_no_group_is_not_found(standin: Running) -> None:
    rule = read("sensitive-data/bearer-token.json")
    rule["data"]["relationships"] = {"group": {"data": {"type": "sensitive_data_scanner_group", "id": "none"}}}

    with standin.client() as client, pytest.raises(NotFoundException):
        SensitiveDataScannerApi(client).create_scanning_rule(body=cast("Any", {**rule, "meta": {}}))


# -- bounds --------------------------------------------------------------------------------------------------


def test_a_book_is_full_by_number_or_by_bytes_and_has_room_again() -> None:
    weights = Weights(count=2, size=10)
    weights.put("a", "12345")  # seven bytes, with the quotation marks
    with pytest.raises(FullError, match="10 bytes"):
        weights.put("b", "12")
    weights.put("b", "1")
    with pytest.raises(FullError, match="at most 2"):
        weights.put("c", "")
    weights.put("a", "12345")
    weights.drop("a")
    weights.put("c", "12345")
    with pytest.raises(FullError):
        weights.put("b", "12")


def test_what_there_is_no_room_for_is_refused_and_what_was_there_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PipelineBook, "SIZE", 400)
    book = PipelineBook()
    made = book.put(b'{"name": "first"}')

    with pytest.raises(ApiError, match="400 bytes"):
        book.put(json.dumps({"name": "first", "description": "x" * 300}).encode(), made["id"])
    assert book.get(made["id"])["description"] == ""
