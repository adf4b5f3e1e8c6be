"""What may be expected of an answer's time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen
from alertproof.probes.transport import is_address
from alertproof.probes.wording import named_phases, span
from alertproof.requirements import parse_span

__all__ = ["timed", "within"]


def within(
    total: timedelta | str | None = None,
    *,
    degraded: timedelta | str | Mapping[str, timedelta | str] | None = None,
    **phases: timedelta | str,
) -> Expected:
    """Expect an answer within a time: ``within()`` is the budget in ``spec.yaml``, ``within("300ms")`` another.

    ``within(first_byte="200ms")`` bounds phases (dns, connect, tls, first_byte, transfer) and not the total. A phase
    that did not happen, such as the look-up of a kept connection, took no time. What takes longer than ``degraded`` is
    late and not too late: the probe passes, and says so. It is of the total, or a mapping from phases.
    """
    limits = {_phase(name): _span(limit) for name, limit in phases.items()}
    if total is not None:
        limits = {"": _span(total)} | limits
    near = _near(degraded, limits)

    def budgets(answer: Answer) -> dict[str, timedelta]:
        if limits:
            return limits
        if answer.budget is None:
            raise ConfigError('within() has no budget to go by; say one: within("800ms")')
        return {"": answer.budget}

    def took_of(answer: Answer) -> dict[str, timedelta]:
        return {"": answer.total, **dict(named_phases(answer.phases))}

    def late(answer: Answer) -> str:
        took = took_of(answer)
        over = [(name, took[name], limit) for name, limit in near.items() if name in took and took[name] > limit]
        return " and ".join(f"{_said(answer, *one)}, more than {span(one[2])}" for one in over)

    def text(answer: Answer) -> str:
        return " and ".join(f"{name or 'an answer'} within {span(limit)}" for name, limit in budgets(answer).items())

    def look(answer: Answer) -> Seen:
        took = took_of(answer)
        seen = [
            (name, took.get(name, timedelta(0)), limit, took.get(name, timedelta(0)) <= limit)
            for name, limit in budgets(answer).items()
        ]
        worst = next((one for one in seen if not one[3]), seen[0])
        return Seen(worst[3], _said(answer, *worst[:3]))

    return Expected(Part.TIME, text, look, lambda answer: budgets(answer).get(""), late)


def timed() -> Expected:
    """Expect that each phase was measured that must have happened, so that a slow one would be seen.

    Those are first byte and transfer, where something is read; for a new connection also connect, dns where the host
    is a name, and tls on https; of a name server dns alone.
    """

    def look(answer: Answer) -> Seen:
        seen = dict(named_phases(answer.phases))
        missing = [name for name in _must(answer) if name not in seen]
        if missing:
            return Seen(False, f"no time of {', '.join(missing)}")
        return Seen(True, ", ".join(f"{name} {span(took)}" for name, took in seen.items()))

    return Expected(Part.TIME, lambda _: "the time of each phase", look)


def _must(answer: Answer) -> list[str]:
    """Return the phases that must have happened."""
    kind = answer.request.kind
    if kind == "dns":
        return ["dns"]
    talked = ["first byte", "transfer"] if kind == "http" or answer.body else []
    if answer.connection == "warm":
        return talked
    named = [] if is_address(answer.url.host) else ["dns"]
    secured = ["tls"] if answer.url.scheme in {"https", "tls"} else []
    return [*named, "connect", *secured, *talked]


def _said(answer: Answer, name: str, took: timedelta, limit: timedelta) -> str:
    said = span(took)
    if took > limit and said == span(limit):
        # What differs by less than is shown would read as a contradiction.
        said = f"{took / timedelta(milliseconds=1):.3f} ms"
    if name:
        return f"{name} {said}"
    phases = named_phases(answer.phases)
    if took <= limit or not phases:
        return said
    longest, its = max(phases, key=lambda phase: phase[1])
    return f"{said}, most of it {longest} ({span(its)})" if its > took / 2 else said


def _near(
    given: timedelta | str | Mapping[str, timedelta | str] | None, limits: Mapping[str, timedelta]
) -> dict[str, timedelta]:
    """Return the limits beyond which a probe is degraded; each must leave room below the one beyond which it fails."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        found = {_phase(name): _span(limit) for name, limit in given.items()}
    else:
        found = {"": _span(given)}
    for name, limit in found.items():
        if name in limits and limit >= limits[name]:
            raise ConfigError(
                f"within(): {name or 'the total'} is degraded beyond {span(limit)} and fails beyond "
                f"{span(limits[name])}: the first has to be less"
            )
    return found


def _phase(name: str) -> str:
    known = ("dns", "connect", "tls", "first_byte", "transfer")
    if name not in known:
        raise ConfigError(f"within() knows no phase {name!r} (known: {', '.join(known)})")
    return name.replace("_", " ")


def _span(given: timedelta | str) -> timedelta:
    if isinstance(given, timedelta):
        return given
    try:
        return parse_span(given)
    except ValueError as error:
        raise ConfigError(f"within(): {error}") from error
