"""How a fault of requests is done at a target that says a way of its own: by a header, or by a feature flag."""

from __future__ import annotations

from collections.abc import Sequence

from alertproof.faults import FeatureFlag, Header
from alertproof.requirements import DelaySpec, DrillLimits, ErrorSpec, FaultSpec, FlagWay, Way

__all__ = ["way_of"]


def way_of(fault: FaultSpec, limits: DrillLimits | None, tenants: Sequence[str]) -> FeatureFlag | Header | None:
    """Return the first of the target's ways that does exactly what is specified; None for the platform's own door."""
    if limits is None or not isinstance(fault, ErrorSpec | DelaySpec):
        return None
    way = next((one for one in limits.ways if _does(one, fault)), None)
    if way is None:
        return None
    if isinstance(way, FlagWay):
        return FeatureFlag(text=fault.text, share=fault.share, change=way.change, undo=way.undo)
    match = {} if fault.tenant is None else {"tenant": fault.tenant}
    return Header(text=fault.text, share=fault.share_hit(tenants), name=way.name, value=way.value, match=match)


def _does(way: Way, fault: ErrorSpec | DelaySpec) -> bool:
    """Return whether a way is of this kind, as slow, and, where its share is fixed, of this share of everybody's."""
    if way.kind != fault.__struct_config__.tag or (isinstance(fault, DelaySpec) and way.seconds != fault.seconds):
        return False
    return not isinstance(way, FlagWay) or (way.share == fault.share and fault.tenant is None)
