# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Dashboards through the official client, whatever is done to them in whatever order."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from datadog_api_client.exceptions import NotFoundException
from datadog_api_client.v1.api.dashboards_api import DashboardsApi
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.dashboard_bulk_action_data import DashboardBulkActionData
from datadog_api_client.v1.model.dashboard_bulk_action_data_list import DashboardBulkActionDataList
from datadog_api_client.v1.model.dashboard_bulk_delete_request import DashboardBulkDeleteRequest
from datadog_api_client.v1.model.dashboard_resource_type import DashboardResourceType
from datadog_api_client.v1.model.dashboard_restore_request import DashboardRestoreRequest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

WIDGETS: list[dict[str, Any]] = [
    {"definition": {"type": "note", "content": "read the runbook", "background_color": "white"}},
    {"definition": {"type": "query_value", "title": "errors", "requests": [{"q": "sum:api.errors{*}.as_count()"}]}},
    {
        "definition": {
            "type": "timeseries",
            "requests": [
                {
                    "response_format": "timeseries",
                    "display_type": "line",
                    "queries": [{"data_source": "metrics", "name": "a", "query": "avg:queue.depth{*} by {queue}"}],
                    "formulas": [{"formula": "a / 2"}],
                }
            ],
        }
    },
    {
        "definition": {
            "type": "group",
            "layout_type": "ordered",
            "title": "infrastructure",
            "widgets": [{"definition": {"type": "note", "content": "inner"}}],
        }
    },
]


def body(title: str, widgets: list[dict[str, Any]], **more: Any) -> Dashboard:
    given: Any = {"title": title, "layout_type": "ordered", "widgets": widgets, **more}
    return Dashboard(**given)


def bulk(*names: str) -> DashboardBulkActionDataList:
    return DashboardBulkActionDataList(
        [DashboardBulkActionData(id=name, type=DashboardResourceType.DASHBOARD) for name in names]
    )


class Machine(RuleBasedStateMachine):
    """Creates, replaces, deletes and restores; ``here`` and ``gone`` are the titles by id."""

    standin: ClassVar[Running]
    made = Bundle("made")

    @initialize()
    def begin(self) -> None:
        self.closing = ExitStack()
        self.api = DashboardsApi(self.closing.enter_context(self.standin.client()))
        self.here: dict[str, str] = {}
        self.gone: dict[str, str] = {}

    def teardown(self) -> None:
        self.closing.close()

    @rule(target=made, title=st.text(st.characters(codec="utf-8"), max_size=30), widgets=st.sets(st.integers(0, 3)))
    def create(self, title: str, widgets: set[int]) -> str:
        wanted = [WIDGETS[number] for number in sorted(widgets)]
        answer = parsed(self.api.create_dashboard(body(title, wanted, description=title[:5])))
        assert [each.definition.type.value for each in answer.widgets] == [
            each["definition"]["type"] for each in wanted
        ]
        assert len({each.id for each in answer.widgets}) == len(wanted)
        self.here[answer.id] = title
        return str(answer.id)

    @rule(name=made, title=st.text(max_size=30))
    def replace(self, name: str, title: str) -> None:
        if name in self.gone:
            with pytest.raises(NotFoundException, match=f"Dashboard with ID {name} not found"):
                self.api.update_dashboard(name, body(title, []))
            return
        answer = parsed(self.api.update_dashboard(name, body(title, WIDGETS)))
        assert (answer.description, len(answer.widgets)) == (None, len(WIDGETS))
        self.here[name] = title

    @rule(name=made)
    def delete(self, name: str) -> None:
        if name in self.here:
            assert parsed(self.api.delete_dashboard(name)).deleted_dashboard_id == name
            self.gone[name] = self.here.pop(name)
        else:
            with pytest.raises(NotFoundException):
                self.api.delete_dashboard(name)

    @rule(one=made, other=made)
    def delete_both(self, one: str, other: str) -> None:
        if {one, other} <= set(self.here):
            self.api.delete_dashboards(DashboardBulkDeleteRequest(data=bulk(one, other)))
            self.gone |= {name: self.here.pop(name) for name in {one, other}}
        else:
            with pytest.raises(NotFoundException):
                self.api.delete_dashboards(DashboardBulkDeleteRequest(data=bulk(one, other)))

    @rule(name=made)
    def restore(self, name: str) -> None:
        if name in self.gone:
            self.api.restore_dashboards(DashboardRestoreRequest(data=bulk(name)))
            self.here[name] = self.gone.pop(name)

    @invariant()
    def all_are_where_they_were_left(self) -> None:
        if not self.here and not self.gone:
            return
        for deleted, wanted in ((False, self.here), (True, self.gone)):
            rows = parsed(self.api.list_dashboards(filter_deleted=deleted, count=5000)).dashboards
            titles = {row.id: row.title for row in rows}
            assert {name: titles.get(name) for name in wanted} == wanted
        for name, title in self.here.items():
            assert parsed(self.api.get_dashboard(name)).title == title


def test_each_dashboard_is_where_and_what_the_last_change_left(standin: Running) -> None:
    Machine.standin = standin
    few = settings(max_examples=max(3, settings().max_examples // 30), stateful_step_count=12)
    run_state_machine_as_test(Machine, settings=few)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "`title`"),
        ({"layout_type": "loose"}, "'loose'"),
        ({"widgets": [{}]}, "`definition`"),
        ({"widgets": [{"definition": {}}]}, "widgets[0].definition.type is missing"),
        ({"layout_type": "free", "widgets": [WIDGETS[0]]}, "widgets[0].layout is missing"),
    ],
)
def test_a_dashboard_that_is_wrong_is_refused(given: dict[str, Any], said: str, standin: Running) -> None:
    whole = {"title": "t", "layout_type": "ordered", "widgets": []}
    answer = httpx.post(
        f"{standin.endpoints['datadog']}/api/v1/dashboard",
        headers={"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"},
        json={**whole, **given} if given else {},
    )
    assert answer.status_code == 400
    (text,) = answer.json()["errors"]
    assert said in text
