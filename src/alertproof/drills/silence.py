"""Nothing else: that no other monitor moved, that nobody else was told, and that no other tenant was touched."""

from __future__ import annotations

from collections.abc import Sequence

from alertproof.drills.scene import Scene
from alertproof.requirements import FiresSpec, QuietSpec
from alertproof.vendors import MonitorTransition

__all__ = ["expect_nothing_else"]


def expect_nothing_else(scene: Scene, side: FiresSpec | QuietSpec) -> None:
    """Decide what beside the alert happened since the drill began, by all monitors of the account.

    Where the target says that accounts are shared (``others = "monitoring"``), by the monitors of the deployment, and
    by the incidents on the services that those page.
    Those that the side says must fire have done so, those that it says may were free to, and no other changed its
    state; a part of a composite, which is no alert and tells nobody, may: what it says is said by the composite. The
    alert's own monitor moved once each way where it was to fire, else not at all. Where the fault was one
    tenant's, no group of another's moved in any monitor.
    """
    moved = [one for one in _without_first_data(scene.transitions()) if _counts(scene, one)]
    must = side.must if isinstance(side, FiresSpec) else ()
    for name in must:
        _expect_fired(scene, name, moved)
    _expect_others_still(scene, {*must, *side.may}, moved)
    _expect_other_tenants_still(scene, getattr(side.fault, "tenant", None), moved)
    expected = [side.state, "OK"] if isinstance(side, FiresSpec) else []
    own = [one.state for one in moved if one.monitor_id == scene.monitor_id]
    scene.checklist.expect(
        f"the monitor's own transitions are {' and '.join(expected) or 'none'}",
        own == expected,
        ", ".join(own) or "none",
    )
    _expect_told_once(scene, (*must, *side.may), incidents=len(expected) // 2)


def _shared(scene: Scene) -> bool:
    limits = scene.platform.target.drills
    return limits is not None and limits.others == "monitoring"


def _counts(scene: Scene, moved: MonitorTransition) -> bool:
    return not _shared(scene) or moved.monitor_id in scene.platform.deployment.monitors.values()


def _without_first_data(moved: Sequence[MonitorTransition]) -> list[MonitorTransition]:
    """Leave out a group's move to OK before any other: the drill began steady, so that it had no data until then."""
    seen: set[tuple[int, str]] = set()
    kept = []
    for one in moved:
        key = one.monitor_id, one.group
        if one.state != "OK" or key in seen:
            kept.append(one)
        seen.add(key)
    return kept


def _said(scene: Scene, moved: Sequence[MonitorTransition]) -> str:
    deployment = scene.platform.deployment
    return "; ".join(f"{deployment.alert_of(one.monitor_id)} {one.group} went to {one.state}" for one in moved)


def _expect_fired(scene: Scene, name: str, moved: Sequence[MonitorTransition]) -> None:
    """Decide that another alert, which the same fault has to raise, came as well."""
    monitor_id = scene.platform.deployment.monitors[name]
    its = [one for one in moved if one.monitor_id == monitor_id]
    scene.checklist.expect(
        f"{name} fires too",
        any(one.state in {"Alert", "No Data"} for one in its),
        _said(scene, its) or "it changed no state",
    )


def _expect_others_still(scene: Scene, allowed: set[str], moved: Sequence[MonitorTransition]) -> None:
    deployment = scene.platform.deployment
    spec = scene.platform.spec
    parts = {name for name in deployment.monitors if name not in spec.alerts and name not in spec.supporting}
    known = {scene.monitor_id, *(deployment.monitors[name] for name in allowed | parts)}
    others = [one for one in moved if one.monitor_id not in known]
    scene.checklist.expect(
        f"no other monitor{' of monitoring/' if _shared(scene) else ''} changes state",
        not others,
        _said(scene, others) or "none did",
    )


def _expect_other_tenants_still(scene: Scene, tenant: str | None, moved: Sequence[MonitorTransition]) -> None:
    """Decide that a fault of one tenant is that tenant's alone."""
    if tenant is None:
        return
    wrong = [
        one for one in moved for tag in one.group.split(",") if tag.startswith("tenant:") and tag != f"tenant:{tenant}"
    ]
    scene.checklist.expect("no group of another tenant changes state", not wrong, _said(scene, wrong) or "none did")


def _expect_told_once(scene: Scene, others: Sequence[str], *, incidents: int) -> None:
    names = [scene.platform.spec.monitor_name(name) for name in others]
    services = scene.platform.spec.services
    opened = [
        one
        for one in scene.incidents()
        if not any(name in one.title for name in names) and (not _shared(scene) or one.service in services)
    ]
    scene.checklist.expect(
        "exactly one incident opens" if incidents else "nobody is paged",
        len(opened) == incidents,
        ", ".join(f"{one.title!r} on {one.service}" for one in opened) or "no incident",
    )
