"""The scrubber that the SDK brings, as it stands, to measure the cases and not only our scrubber by them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.serializer import serialize

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["nothing", "sdk_default"]


def sdk_default(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """What the SDK does when nobody configures it, with ``send_default_pii`` off: error events and transactions only."""
    scrubbed: Any = copy.deepcopy(event)
    if "event_id" not in event:
        return dict(scrubbed)
    EventScrubber(send_default_pii=False).scrub_event(scrubbed)
    return dict(serialize(scrubbed))


def nothing(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves all as it is: the control, under which every leak case must leak and every keep case be kept."""
    return dict(copy.deepcopy(event))
