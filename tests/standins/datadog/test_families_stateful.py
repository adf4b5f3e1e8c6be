# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Whatever is done to a family through the official client, each shows what the last change left."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar

import pytest
from datadog_api_client.exceptions import NotFoundException
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from tests.standins.datadog.families import FAMILIES
from tests.standins.datadog.family import Family, Fields
from tests.standins.datadog.governing import GOVERNING

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

pytestmark = pytest.mark.filterwarnings("ignore:Using unstable operation:UserWarning")
UNSTABLE = [
    f"{verb}_monitor_user_template{plural}"
    for verb, plural in [("create", ""), ("delete", ""), ("get", ""), ("list", "s"), ("update", "")]
]
TAGS = ("team:crm", "team:core", "env:prod", "plain")


class Machine(RuleBasedStateMachine):
    """Creates, changes and deletes, and knows what each must show."""

    family: ClassVar[Family]
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[str, Fields] = {}
        self.gone: set[str] = set()

    def teardown(self) -> None:
        for key in self.expected:
            self.family.delete(key)

    @rule(target=made, data=st.data())
    def create(self, data: st.DataObject) -> str:
        given = data.draw(self.family.bodies)
        key = self.family.create(given)
        assert key not in self.expected
        assert key not in self.gone
        self.expected[key] = given
        return key

    @rule(target=made, key=consumes(made), data=st.data())
    def change(self, key: str, data: st.DataObject) -> str:
        given = data.draw(self.family.changes)
        whole = {**self.expected[key], **given}
        self.family.change(key, given, whole)
        new = str(whole["name"]) if self.family.renamed else key
        if new != key:
            self.gone.add(key)
        del self.expected[key]
        self.expected[new] = whole
        return new

    @rule(target=made, key=consumes(made))
    def delete(self, key: str) -> object:
        self.family.delete(key)
        del self.expected[key]
        self.gone.add(key)
        return multiple()

    @invariant()
    def each_shows_what_was_left(self) -> None:
        for key, wanted in self.expected.items():
            shown = self.family.read(key)
            # What is not shown at all is for the family to say: a secret.
            assert shown == {name: value for name, value in wanted.items() if name in shown}
            assert wanted.keys() - shown.keys() <= {"value", "service_key"}

    @invariant()
    def those_and_no_others_are_listed_and_found(self) -> None:
        mine = self.expected.keys() | self.gone
        if self.family.listed is not None:
            assert set(self.family.listed()) & mine == self.expected.keys()
        for tag in TAGS if self.family.searched is not None else ():
            assert self.family.searched is not None
            tagged = {key for key, wanted in self.expected.items() if tag in wanted["tags"]}
            assert set(self.family.searched(tag)) & mine == tagged

    @invariant()
    def what_is_gone_is_nowhere(self) -> None:
        for key in sorted(self.gone)[-1:]:
            for call in (self.family.read, self.family.delete):
                with pytest.raises(NotFoundException):
                    call(key)


@pytest.mark.parametrize("name", [*FAMILIES, *GOVERNING])
def test_each_shows_what_the_last_change_left(name: str, standin: Running) -> None:
    with ExitStack() as closing:
        client = closing.enter_context(standin.client())
        for operation in UNSTABLE:
            client.configuration.unstable_operations[operation] = True
        Machine.family = (FAMILIES | GOVERNING)[name](client)
        closing.callback(Machine.family.close)
        # Ten steps are read at once; to shrink them takes minutes over the wire.
        quick = [phase for phase in settings().phases if phase is not Phase.shrink]
        examples = max(6, settings().max_examples // 30)
        few = settings(max_examples=examples, stateful_step_count=10, phases=quick)
        run_state_machine_as_test(Machine, settings=few)
