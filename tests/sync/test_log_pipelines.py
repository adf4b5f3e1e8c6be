"""A pipeline that says a default and one that does not are the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alertproof.sync.compare import differences
from alertproof.sync.log_pipelines import LOG_PIPELINE, declared_pipeline

UNSAID: dict[str, Any] = {
    "is_enabled": False,
    "override_on_conflict": False,
    "preserve_source": False,
    "source_type": "attribute",
    "target_type": "attribute",
}


def pipeline(**processor: Any) -> dict[str, Any]:
    inner = {"type": "attribute-remapper", "sources": ["a"], "target": "b", **processor}
    return {"name": "p", "processors": [{"type": "pipeline", "processors": [inner]}, inner]}


@given(st.sets(st.sampled_from(sorted(UNSAID))))
def test_a_default_that_is_said_is_no_difference_at_any_depth(said: set[str]) -> None:
    one = declared_pipeline(pipeline(**{name: UNSAID[name] for name in said}))

    assert differences(one, declared_pipeline(pipeline()), LOG_PIPELINE) == ()
    assert declared_pipeline(one) == one


@given(st.sampled_from(["is_enabled", "override_on_conflict", "preserve_source"]))
def test_what_is_otherwise_than_the_default_is_one(name: str) -> None:
    (change,) = differences(declared_pipeline(pipeline(**{name: True})), declared_pipeline(pipeline()), LOG_PIPELINE)

    assert change.field == "processors"
