# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Whatever is done to downtimes in both versions, each shows what the last change left."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.downtimes_api import DowntimesApi as OldDowntimesApi
from datadog_api_client.v1.model.downtime import Downtime as OldDowntime
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from datadog_api_client.v2.model.downtime_create_request import DowntimeCreateRequest
from datadog_api_client.v2.model.downtime_update_request import DowntimeUpdateRequest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")

MESSAGES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
SCOPES = st.sampled_from(["*", "env:prod", "env:prod AND service:web", "host:web-1"])
MONITORS = st.one_of(
    st.integers(1, 2**40).map(lambda number: {"monitor_id": number}),
    st.lists(st.sampled_from(["team:crm", "env:prod"]), min_size=1, unique=True).map(lambda t: {"monitor_tags": t}),
)


@dataclass
class Expected:
    """What a downtime must show; ``number`` is its id in version 1."""

    name: str
    number: int
    message: str
    scope: str
    monitors: dict[str, Any]
    canceled: bool = False


class Machine(RuleBasedStateMachine):
    """Creates, changes and cancels through either version."""

    standin: ClassVar[Running]
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        client = self.closing.enter_context(self.standin.client())
        self.new, self.old = DowntimesApi(client), OldDowntimesApi(client)
        self.expected: list[Expected] = []

    def teardown(self) -> None:
        self.closing.close()

    def known(self, name: str, message: str, scope: str, monitors: dict[str, Any]) -> Expected:
        number = next(each.id for each in self.old.list_downtimes() if each.get("uuid") == name)
        self.expected.append(Expected(name, number, message, scope, monitors))
        return self.expected[-1]

    @rule(target=made, message=MESSAGES, scope=SCOPES, monitors=MONITORS)
    def create(self, message: str, scope: str, monitors: dict[str, Any]) -> Expected:
        attributes: Any = {"message": message, "scope": scope, "monitor_identifier": monitors}
        data: Any = {"type": "downtime", "attributes": attributes}
        answer = parsed(self.new.create_downtime(DowntimeCreateRequest(data=data)))
        return self.known(answer.data.id, message, scope, monitors)

    @rule(target=made, message=MESSAGES, scope=SCOPES, monitors=MONITORS)
    def create_by_version_1(self, message: str, scope: str, monitors: dict[str, Any]) -> Expected:
        body = OldDowntime(message=message, scope=scope.split(" AND "), **monitors)
        answer = parsed(self.old.create_downtime(body))
        return self.known(answer["uuid"], message, scope, monitors)

    @rule(one=made, given=st.fixed_dictionaries({}, optional={"message": MESSAGES, "scope": SCOPES}))
    def change(self, one: Expected, given: dict[str, str]) -> None:
        attributes: Any = given
        data: Any = {"type": "downtime", "id": one.name, "attributes": attributes}
        body = DowntimeUpdateRequest(data=data)
        if one.canceled:
            with pytest.raises(ApiException, match="cannot be changed any more"):
                self.new.update_downtime(one.name, body)
            return
        parsed(self.new.update_downtime(one.name, body))
        one.message, one.scope = given.get("message", one.message), given.get("scope", one.scope)

    @rule(one=made, message=MESSAGES)
    def change_by_version_1(self, one: Expected, message: str) -> None:
        if not one.canceled:
            parsed(self.old.update_downtime(one.number, OldDowntime(message=message)))
            one.message = message

    @rule(one=consumes(made))
    def cancel(self, one: Expected) -> None:
        self.new.cancel_downtime(one.name)
        one.canceled = True

    @rule(one=made)
    def cancel_by_version_1(self, one: Expected) -> None:
        self.old.cancel_downtime(one.number)
        one.canceled = True

    @invariant()
    def each_shows_what_was_left(self) -> None:
        for one in self.expected:
            new = parsed(self.new.get_downtime(one.name)).data.attributes
            old = parsed(self.old.get_downtime(one.number))
            assert (new.message, new.scope) == (one.message, one.scope)
            assert (old.message, old.scope) == (one.message, one.scope.split(" AND "))
            assert new.monitor_identifier.to_dict() == one.monitors
            assert str(new.status) == ("canceled" if one.canceled else "active")
            assert (old.active, old.canceled is not None) == (not one.canceled, one.canceled)

    @invariant()
    def only_the_active_are_current(self) -> None:
        current = {each.id for each in self.new.list_downtimes(current_only=True, page_limit=10_000).data}
        assert {one.name for one in self.expected if one.name in current} == {
            one.name for one in self.expected if not one.canceled
        }


def test_each_downtime_shows_what_the_last_change_left(standin: Running) -> None:
    Machine.standin = standin
    few = settings(max_examples=max(3, settings().max_examples // 30), stateful_step_count=12)
    run_state_machine_as_test(Machine, settings=few)
