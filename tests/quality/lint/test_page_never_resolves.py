"""A page is said to stay open if, and only if, some way through the states leaves its incident open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.loading import load_text
from alertproof.datadog.message import handles, render
from alertproof.datadog.monitor import State
from alertproof.datadog.monitor.notify import held_conditions
from alertproof.quality.lint import lint

PAGE = "@pagerduty-a"
CONDITIONS = st.sampled_from(
    [
        *("is_alert", "is_warning", "is_no_data", "is_renotify", "is_alert_to_warning"),
        *("is_recovery", "is_alert_recovery", "is_warning_recovery", "is_no_data_recovery"),
    ]
)
MESSAGES = st.recursive(
    st.sampled_from([f" {PAGE} ", " x "]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.builds(
            lambda name, body, other: f"{{{{#{name}}}}}{body}{{{{else}}}}{other}{{{{/{name}}}}}",
            CONDITIONS,
            inner,
            inner,
        )
    ),
    max_leaves=8,
)


def ways(states: list[State]) -> Iterator[list[State]]:
    """Ways from OK through one to three bad states and back."""
    for length in (1, 2, 3):
        for way in product(states, repeat=length):
            if all(old is not new for old, new in pairwise(way)):
                yield [State.OK, *way, State.OK]


def is_told(message: str, old: State, new: State, *, renotifies: bool = False) -> bool:
    held = held_conditions(old, new, renotifies=renotifies)
    if (old, new) == (State.ALERT, State.WARN) and PAGE[1:] in handles(
        render(message, conditions=held | {"is_alert_recovery"}, variables={})
    ):
        return True
    return PAGE[1:] in handles(render(message, conditions=held, variables={}))


def stays_open(message: str, way: list[State], renotified: list[State]) -> bool:
    is_open = False
    for old, new in pairwise(way):
        if is_told(message, old, new):
            is_open = new is not State.OK
        if new in renotified and is_told(message, new, new, renotifies=True):
            is_open = True
    return is_open


@given(MESSAGES, st.booleans(), st.booleans(), st.booleans())
def test_a_page_is_found_that_some_way_through_the_states_leaves_open(
    message: str, warns: bool, tells_no_data: bool, renotifies: bool
) -> None:
    states: list[State] = [State.ALERT, *([State.WARN] if warns else []), *([State.NO_DATA] if tells_no_data else [])]
    renotified: list[State] = [state for state in states if state is not State.WARN] if renotifies else []
    payload = {
        "type": "query alert",
        "query": "avg(last_5m):avg:a{*} by {host} > 4",
        "message": message,
        "options": {
            "thresholds": {"critical": 4, "warning": 3} if warns else {"critical": 4},
            "notify_no_data": tells_no_data,
            "renotify_interval": 10 if renotifies else 0,
        },
    }
    found = "page-never-resolves" in {each.id for each in lint(load_text(json.dumps(payload), source="m.json"))}
    assert found is any(stays_open(message, way, renotified) for way in ways(states))
