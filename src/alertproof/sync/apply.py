"""Carries a plan out, one step after another; stops where one fails and says what was done and what was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from alertproof.errors import AlertproofError, VendorError
from alertproof.sync.compare import changed_since, differences, in_words
from alertproof.sync.kind import Kind, Refused
from alertproof.sync.plan import Action, Plan, Step
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["Done", "Refusal", "apply", "refusals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a step: ``error`` is None where it was done; ``id`` is the thing's in the account."""

    step: Step
    id: str = ""
    error: AlertproofError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the vendor would not accept: ``place`` is ``file:line``."""

    step: Step
    place: str
    error: str


class _Stopped(VendorError):
    """A step was not carried out, or not as it was meant."""


def refusals(plan: Plan, kinds: Mapping[str, Kind], ids: Ids) -> Iterator[Refusal]:
    """Yield what the vendors would refuse of a plan.

    What needs something that the plan has yet to create cannot be asked for now; its own step asks first.
    """
    for step in plan.doable:
        if step.wanted is None or not _is_resolved(step.wanted, ids):
            continue
        try:
            kinds[step.kind].check(step.wanted, step.existing, ids)
        except Refused as refused:
            for error in refused.errors:
                yield Refusal(step=step, place=place_of(step.wanted, error), error=error)


def place_of(wanted: Wanted, message: str) -> str:
    """Return ``file:line`` of the field that a vendor's message names, else of the thing."""
    options = wanted.payload.get("options") or {}
    paths: list[tuple[str | int, ...]] = [("options", name) for name in options]
    paths += [(name,) for name in wanted.payload]
    # The longest name first: "thresholds" is no part of "threshold_windows", but "type" is of many words.
    words = set(message.replace(".", " ").replace("'", " ").replace('"', " ").replace(":", " ").lower().split())
    named = [path for path in sorted(paths, key=lambda path: -len(str(path[-1]))) if str(path[-1]) in words]
    return wanted.written.place(named[0] if named else ())


def apply(plan: Plan, kinds: Mapping[str, Kind], ids: Ids, told: Callable[[Done], None]) -> bool:
    """Carry out the steps that can be done; tell of each. Returns whether all were."""
    steps = plan.doable
    for number, step in enumerate(steps):
        try:
            identity = _carry_out(step, kinds[step.kind], ids)
        except AlertproofError as error:
            told(Done(step=step, error=error))
            for left in steps[number + 1 :]:
                told(Done(step=left, error=_Stopped("not begun")))
            return False
        told(Done(step=step, id=identity))
    return True


def _is_resolved(wanted: Wanted, ids: Ids) -> bool:
    return all(need in ids.by_key for need in wanted.needs)


def _carry_out(step: Step, kind: Kind, ids: Ids) -> str:
    wanted, existing = step.wanted, step.existing
    if existing is not None:
        _require_unchanged(step, existing, kind, ids)
    if wanted is None:
        assert existing is not None  # noqa: S101 - a step without a file deletes what is there
        kind.delete(existing)
        return existing.id
    if step.action is Action.CREATE:
        if wanted.needs:
            _check(wanted, kind, ids)
        made = kind.create(wanted, ids)
    else:
        assert existing is not None  # noqa: S101 - only what is there is updated
        made = kind.update(existing, wanted, step.changes, ids)
    ids.know(wanted.kind, wanted.key, made.id)
    left = differences(wanted.payload, kind.named(made, ids).payload, kind.fields)
    if left:
        said = "; ".join(line for change in left for line in in_words(change))
        raise _Stopped(f"it was done, as {made.id}, but the account has it otherwise: {said}")
    return made.id


def _check(wanted: Wanted, kind: Kind, ids: Ids) -> None:
    try:
        kind.check(wanted, None, ids)
    except Refused as refused:
        places = [f"{place_of(wanted, error)}: {error}" for error in refused.errors]
        raise _Stopped("; ".join(places)) from refused


def _require_unchanged(step: Step, existing: Existing, kind: Kind, ids: Ids) -> None:
    """Refuse to change what somebody else has changed since the plan was made."""
    now = kind.look(existing)
    if now is None:
        if step.action is Action.DELETE:
            return
        raise _Stopped(f"{existing.id} was deleted meanwhile; run it again")
    changed = changed_since(existing.payload, kind.named(now, ids).payload, kind.fields)
    if changed:
        names = ", ".join(changed)
        raise _Stopped(f"somebody changed {names} of {existing.id} meanwhile; nothing was done to it; run it again")
