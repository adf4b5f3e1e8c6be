"""The scrubber that the SDK brings, as it stands, to measure the cases and not only our scrubber by them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sentry_sdk._types import AnnotatedValue
from sentry_sdk.scrubber import EventScrubber

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["nothing", "sdk_default"]


def sdk_default(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """What the SDK does to errors and transactions when nobody configures it; the rest it sends as it is."""
    scrubbed: Any = copy.deepcopy(event)
    if "event_id" not in event:
        return dict(scrubbed)
    EventScrubber(send_default_pii=False).scrub_event(scrubbed)
    return dict(_plain(scrubbed))


def _plain(value: Any) -> Any:
    if isinstance(value, AnnotatedValue):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    return value


def nothing(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves all as it is: the control, under which every leak case must leak and every keep case be kept."""
    return dict(copy.deepcopy(event))
