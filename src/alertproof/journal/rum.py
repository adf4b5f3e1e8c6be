"""A page of a journey in the words of Datadog RUM, so that it can be laid beside what real users felt.

Source: the public schemas of RUM's events (``view`` with its ``performance``, and ``resource.type``). Spans are
nanoseconds, as there. What the browser did not report is left out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from alertproof.journal.journey import InteractionParts, PageSeen, PaintParts

__all__ = ["rum_view"]


def rum_view(page: PageSeen) -> dict[str, Any]:
    """Return the event of a view: its vitals with their parts, and its long tasks and resources by number.

    What RUM has no name for stands under ``context``, where it keeps what is a customer's own: the step, the vitals'
    interactions that nobody could measure, and the resources by type and party.
    """
    performance: dict[str, Any] = {}
    if page.fcp is not None:
        performance["fcp"] = {"timestamp": _nanoseconds(page.fcp)}
    if page.lcp is not None:
        performance["lcp"] = {"timestamp": _nanoseconds(page.lcp)} | _sub_parts(page.lcp_parts)
        if page.lcp_element:
            performance["lcp"]["target_selector"] = page.lcp_element
    if page.inp is not None:
        performance["inp"] = {"duration": _nanoseconds(page.inp)} | _sub_parts(page.inp_parts)
    if page.cls is not None:
        performance["cls"] = {"score": page.cls}
    view: dict[str, Any] = {
        "url_path": page.path,
        "performance": performance,
        "long_task": {"count": page.long_tasks},
        "resource": {"count": sum(one.count for one in page.resources)},
    }
    if page.soft:
        view["loading_type"] = "route_change"
    if page.ttfb is not None:
        view["first_byte"] = _nanoseconds(page.ttfb)
    if page.load_event is not None:
        view["load_event"] = _nanoseconds(page.load_event)
    resources = [
        {
            "type": one.type,
            "party": one.party,
            "count": one.count,
            "transfer_size": one.bytes,
            "duration": _nanoseconds(one.duration),
        }
        for one in page.resources
    ]
    context = {"step": page.step, "unmeasured_interactions": page.unmeasured, "resources": resources}
    return {"type": "view", "view": view, "context": context}


def _sub_parts(parts: PaintParts | InteractionParts | None) -> dict[str, Any]:
    if parts is None:
        return {}
    return {"sub_parts": {name: _nanoseconds(getattr(parts, name)) for name in parts.__struct_fields__}}


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000
