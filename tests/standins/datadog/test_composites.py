# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Composites at Datadog's stand-in: made through the official client, evaluated on its clock, told like others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.monitors_api import MonitorsApi

from alertproof.standins.datadog.monitoring.monitors import MonitorBook

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

Start = Callable[..., Any]


@pytest.fixture
def standin(start: Start) -> Iterator[Running]:
    with start(600) as running:
        yield running


@pytest.fixture
def api(standin: Running) -> Iterator[MonitorsApi]:
    with standin.client() as client:
        yield MonitorsApi(client)


def make(api: MonitorsApi, query: str, **others: Any) -> int:
    kind = "query alert" if ":" in query else "composite"
    body = {"name": query, "type": kind, "query": query, "message": "", **others}
    return int(api.create_monitor(body=cast("Any", body)).id)


def parts(api: MonitorsApi) -> tuple[int, int]:
    low = make(api, "max(last_5m):max:load{*} by {host} > 10", options={"new_group_delay": 0})
    return low, make(api, "max(last_5m):max:depth{*} > 10")


def state(api: MonitorsApi, number: int) -> str:
    return str(api.get_monitor(number).overall_state)


def test_two_signals_that_agree_are_an_alert_and_one_that_ends_ends_it(standin: Running, api: MonitorsApi) -> None:
    first, second = parts(api)
    both = make(api, f"{first} && {second}", message="load {{a.value}} and depth {{b.value}} @slack-x")

    def settled(depth: int, *wanted: str) -> bool:
        standin.send(f"depth:{depth}|g")
        standin.send("load:50|g|#host:a")
        standin.send("load:1|g|#host:b")
        return tuple(state(api, number) for number in (first, second, both)) == wanted

    standin.eventually(lambda: settled(1, "Alert", "OK", "OK"))
    standin.eventually(lambda: settled(70, "Alert", "Alert", "Alert"))
    shown = cast("Any", api.get_monitor(both, group_states="all")).to_dict()["state"]["groups"]
    assert {name: group["status"] for name, group in shown.items()} == {"host:a": "Alert", "host:b": "OK"}
    standin.eventually(lambda: settled(1, "Alert", "OK", "OK"))
    assert standin.control("health")["evaluation_failures"] == []


def test_what_it_combines_must_be_there_and_be_no_composite_itself(api: MonitorsApi) -> None:
    first, second = parts(api)
    both = make(api, f"{first} && {second}")

    for query, missing in ((f"{first} && 4711", 4711), (f"{first} || {both}", both)):
        with pytest.raises(ApiException, match=f"there is no monitor '{missing}', which the composite asks for"):
            make(api, query)
    with pytest.raises(ApiException, match=f"there is no monitor '{both}'"):
        api.update_monitor(both, body=cast("Any", {"query": f"{first} && {both}"}))
    assert cast("Any", api.get_monitor(both)).query == f"{first} && {second}"


def test_a_part_is_deleted_with_force_only_and_the_composite_then_fails_by_name(
    standin: Running, api: MonitorsApi
) -> None:
    first, second = parts(api)
    both = make(api, f"{first} && {second}")

    with pytest.raises(ApiException, match=f"monitor {first} is part of the composites {both}"):
        api.delete_monitor(first)
    with pytest.raises(ApiException, match=f"is part of composite {both}") as refused:
        api.check_can_delete_monitor([first, both])
    assert cast("Any", refused.value).status == 409
    api.delete_monitor(first, force="true")
    failure = standin.eventually(lambda: standin.control("health")["evaluation_failures"])[0]
    assert (failure["monitor_id"], f"no monitor '{first}'" in failure["reason"]) == (both, True)
    api.delete_monitor(both)
    api.delete_monitor(second)


def test_a_composite_is_evaluated_after_a_part_that_was_made_later() -> None:
    book, now = MonitorBook(), datetime(2024, 1, 1, tzinfo=UTC)

    def plain() -> int:
        body = {"name": "n", "type": "query alert", "query": "max(last_5m):max:load{*} > 10"}
        return book.create(body, now, {}).id

    first, second = plain(), plain()
    both = book.create({"name": "c", "type": "composite", "query": f"{first} && {second}"}, now, {})
    third = plain()
    book.update(both, {"query": f"{first} && {third}"}, now, {})

    assert [each.id for each in book.in_order()] == [first, second, third, both.id]
    assert book.parts(both.definition, now).keys() == {str(first), str(third)}
    assert [each.id for each in book.composites_of(third)] == [both.id]
    assert book.composites_of(second) == []


@pytest.mark.parametrize("other", ["b", "0{first}", "9" * 5000, "${{monitor}}"])
def test_what_is_no_id_as_the_server_writes_it_names_no_monitor(api: MonitorsApi, other: str) -> None:
    first, _ = parts(api)
    with pytest.raises(ApiException) as refused:
        make(api, f"{first} && {other.format(first=first)}")
    assert refused.value.status == 400


def test_a_monitor_does_not_become_a_composite_nor_of_itself(api: MonitorsApi) -> None:
    first, second = parts(api)
    for query in (f"{first} && {second}", f"{second} || {second}"):
        with pytest.raises(ApiException) as refused:
            api.update_monitor(first, body=cast("Any", {"type": "composite", "query": query}))
        assert refused.value.status == 400
    assert str(api.get_monitor(first).type) == "query alert"
