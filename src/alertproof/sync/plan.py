"""What is to be done so that an account has what the files say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alertproof.errors import ConfigError, nearest
from alertproof.sync.compare import Change, differences
from alertproof.sync.kind import Kind
from alertproof.sync.things import Existing, Reference, Wanted, unmarked

__all__ = ["Action", "Plan", "Step", "make_plan"]


class Action(StrEnum):
    """What is to be done to a thing; what is held is not touched until somebody has decided."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    DELETE = "delete"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that differs."""

    action: Action
    kind: str
    key: str
    name: str
    wanted: Wanted | None = None
    existing: Existing | None = None
    changes: tuple[Change, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps in the order in which they can be done.

    ``same`` counts the things that are as they should be, ``used`` names those of them that are not ours. ``orphans``
    counts ours that no file declares any more and that the plan does not delete.
    """

    steps: tuple[Step, ...]
    same: int = 0
    used: tuple[str, ...] = ()
    orphans: int = 0

    def does_the_same(self, other: Plan) -> bool:
        """Tell whether another plan changes the same from the same, whatever else the account has in the meantime."""
        return [_outline(step) for step in self.steps] == [_outline(step) for step in other.steps]

    @property
    def doable(self) -> tuple[Step, ...]:
        """The steps that can be done."""
        return tuple(step for step in self.steps if step.action is not Action.HELD)

    @property
    def held(self) -> tuple[Step, ...]:
        """The steps that wait for a decision."""
        return tuple(step for step in self.steps if step.action is Action.HELD)


def make_plan(
    wanted: Sequence[Wanted],
    account: Mapping[str, Sequence[Existing]],
    kinds: Mapping[str, Kind],
    *,
    adopt: Collection[str] = (),
    delete: bool = False,
) -> Plan:
    """Return what to do; ``account`` is what there is by kind, the kinds in the order in which they are created.

    ``adopt`` are names, keys or ids of things of the account that may be taken over. Raises `ConfigError` for one that
    is neither there nor wanted, and for files that need each other in a circle.
    """
    _require_known(adopt, wanted, account)
    steps: list[Step] = []
    used: list[str] = []
    absent: set[Reference] = set()
    ordered = _ordered(wanted)
    for each in ordered:
        step, existing = _step(each, account[each.kind], kinds[each.kind], adopt)
        if step is not None and existing is None:
            step = _unless_absent(step, each, absent)
        if step is not None:
            steps.append(step)
        elif existing is not None and differences(each.payload, existing.payload, kinds[each.kind].fields):
            used.append(f"{each.kind} {each.name}")
    same = len(ordered) - len(steps)
    orphans = list(_orphans(wanted, account))
    if delete:
        steps += [_deletion(each) for each in reversed(orphans)]
    return Plan(
        steps=tuple(steps),
        same=same,
        used=tuple(used),
        orphans=0 if delete else len(orphans),
    )


def _outline(step: Step) -> tuple[object, ...]:
    return step.action, step.kind, step.key, step.existing and step.existing.id, step.changes, step.reason


def _require_known(adopt: Collection[str], wanted: Sequence[Wanted], account: Mapping[str, Sequence[Existing]]) -> None:
    known = {text for each in wanted for text in (each.name, each.key)}
    ids = {each.id for things in account.values() for each in things}
    for name in adopt:
        if name not in known | ids:
            raise ConfigError(f"--adopt {name}: no file declares that{nearest(name, known)}")


def _ordered(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return what is needed before what needs it, else in the order given."""
    by_reference = {each.reference: each for each in wanted}
    ordered: dict[Reference, Wanted] = {}

    def place(each: Wanted, way: tuple[Reference, ...]) -> None:
        if each.reference in way:
            circle = " -> ".join(" ".join(one) for one in (*way[way.index(each.reference) :], each.reference))
            raise ConfigError(f"these need each other, so that none can be created first: {circle}")
        for need in each.needs:
            if need in by_reference and need not in ordered:
                place(by_reference[need], (*way, each.reference))
        ordered.setdefault(each.reference, each)

    for each in wanted:
        place(each, ())
    return list(ordered.values())


def _step(
    wanted: Wanted, things: Sequence[Existing], kind: Kind, adopt: Collection[str]
) -> tuple[Step | None, Existing | None]:
    """Return what to do about one thing, None for nothing, and what the account has of it."""
    base = Step(action=Action.HELD, kind=wanted.kind, key=wanted.key, name=wanted.name, wanted=wanted)
    ours = [each for each in things if each.key == wanted.key]
    if len(ours) > 1:
        ids = " and ".join(each.id for each in ours)
        reason = f"{ids} both carry alertproof_key:{wanted.key}, as copies do; take the tag from all but one"
        return replace(base, reason=reason), ours[0]
    if ours:
        return _update(base, ours[0], wanted, kind, Action.UPDATE), ours[0]
    namesakes = [each for each in things if each.key is None and each.name == wanted.name]
    if not namesakes:
        return replace(base, action=Action.HELD if kind.missing else Action.CREATE, reason=kind.missing), None
    chosen = _chosen(namesakes, wanted, adopt)
    if chosen is not None:
        return _update(base, chosen, wanted, kind, Action.ADOPT), chosen
    changes = [_without_marks(wanted, each, kind) for each in namesakes]
    if any(not each for each in changes):
        return None, namesakes[changes.index(())]
    ids = ", ".join(each.id for each in namesakes)
    told = f"--adopt {wanted.name!r}" if len(namesakes) == 1 else f"--adopt with the id of one ({ids})"
    reason = f"the account has one of this name that is not ours ({ids}); take it over with {told}, or rename either"
    return replace(base, existing=namesakes[0], changes=changes[0], reason=reason), namesakes[0]


def _unless_absent(step: Step, wanted: Wanted, absent: set[Reference]) -> Step:
    """Hold a creation that needs what is not there and is not created; ``absent`` is told of what is held."""
    needed = next((need for need in wanted.needs if need in absent), None)
    if needed is not None:
        step = replace(step, action=Action.HELD, reason=f"it needs the {' '.join(needed)}, which is not there")
    if step.action is Action.HELD:
        absent.add(wanted.reference)
    return step


def _chosen(namesakes: Sequence[Existing], wanted: Wanted, adopt: Collection[str]) -> Existing | None:
    by_id = next((each for each in namesakes if each.id in adopt), None)
    by_name = namesakes[0] if len(namesakes) == 1 and {wanted.name, wanted.key} & set(adopt) else None
    return by_id or by_name


def _update(base: Step, existing: Existing, wanted: Wanted, kind: Kind, action: Action) -> Step | None:
    changes = differences(wanted.payload, existing.payload, kind.fields)
    if not changes:
        return None
    fixed = next((each for each in changes if each.field in kind.fixed), None)
    reason = ""
    if fixed is not None:
        action = Action.HELD
        reason = (
            f"the {fixed.field} of what is there cannot be changed ({fixed.old!r} -> {fixed.new!r}); "
            "rename the file, which makes a new one, and push with --delete"
        )
    return replace(base, action=action, existing=existing, changes=changes, reason=reason)


def _without_marks(wanted: Wanted, existing: Existing, kind: Kind) -> tuple[Change, ...]:
    """Return how a thing that is not ours differs otherwise than by not being marked."""
    return differences(unmarked(wanted.payload), unmarked(existing.payload), kind.fields)


def _orphans(wanted: Sequence[Wanted], account: Mapping[str, Sequence[Existing]]) -> Iterator[Existing]:
    declared = {each.reference for each in wanted}
    for kind, things in account.items():
        yield from (each for each in things if each.key is not None and (kind, each.key) not in declared)


def _deletion(existing: Existing) -> Step:
    assert existing.key is not None  # noqa: S101 - only ours have no file any more
    reason = "no file declares it any more"
    return Step(
        action=Action.DELETE,
        kind=existing.kind,
        key=existing.key,
        name=existing.name,
        existing=existing,
        reason=reason,
    )
