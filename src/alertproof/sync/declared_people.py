"""Reads ``monitoring/pagerduty``: users, schedules, policies and services, and the routes from Datadog to these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from alertproof.datadog.loading.places import json_extents
from alertproof.errors import ConfigError, nearest
from alertproof.requirements import read_struct
from alertproof.sync.declared import Declared
from alertproof.sync.pagerduty_file import PagerDutyFile
from alertproof.sync.pagerduty_kinds import marked
from alertproof.sync.things import Reference, Wanted, Written

__all__ = ["read_pagerduty"]

_Placed = Callable[[str, int], Written]


def read_pagerduty(folder: Path) -> Declared:
    """Return users, schedules, policies, services and routes of ``folder/pagerduty/services.json``; none without it.

    Raises `ConfigError` for a file that is wrong, and for what names somebody or something that it does not have.
    """
    path = folder / "pagerduty" / "services.json"
    read_here = (path, path.parent / "webhooks")
    others = tuple(sorted(str(each) for each in path.parent.glob("*") if each not in read_here))
    if not path.is_file():
        return Declared(wanted=(), left_out=others)
    read = read_struct(path, PagerDutyFile)
    text = path.read_text(encoding="utf-8")
    extents = json_extents(text)

    def placed(part: str, number: int) -> Written:
        return Written(file=path, text=text, extents=extents, base=(part, number))

    services = list(_services(read, placed))
    routes = [_route(service) for service in services]
    people = (*_users(read, placed), *_schedules(read, placed))
    wanted = (*people, *_policies(read, placed), *services, *routes)
    _require_unique(wanted)
    return Declared(wanted=wanted, left_out=others)


def _users(read: PagerDutyFile, placed: _Placed) -> Iterator[Wanted]:
    for number, user in enumerate(read.users):
        yield Wanted(
            kind="user",
            key=user.email.lower(),
            name=user.email.lower(),
            payload={"name": user.name, "email": user.email.lower()},
            written=placed("users", number),
        )


def _schedules(read: PagerDutyFile, placed: _Placed) -> Iterator[Wanted]:
    users = {user.email.lower() for user in read.users}
    for number, schedule in enumerate(read.schedules):
        written, turns = placed("schedules", number), tuple(email.lower() for email in schedule.users)
        for at, email in enumerate(turns):
            if email not in users:
                place = written.place(("users", at))
                raise ConfigError(f"{place}: {schedule.name}: no user {email!r}{nearest(email, users)}")
        yield Wanted(
            kind="schedule",
            key=schedule.name,
            name=schedule.name,
            payload={"name": schedule.name, "rotation": schedule, "users": turns},
            written=written,
            needs=tuple(dict.fromkeys(("user", email) for email in turns)),
        )


def _policies(read: PagerDutyFile, placed: _Placed) -> Iterator[Wanted]:
    known = {user.email.lower(): ("user", user.email.lower()) for user in read.users}
    known |= {schedule.name: ("schedule", schedule.name) for schedule in read.schedules}
    for number, policy in enumerate(read.escalation_policies):
        written = placed("escalation_policies", number)
        told = [(at, _target(one)) for at, rule in enumerate(policy.escalation_rules) for one in rule.targets]
        for at, one in told:
            if one not in known:
                place = written.place(("escalation_rules", at))
                kind = "user" if "@" in one else "schedule"
                raise ConfigError(f"{place}: {policy.name}: no {kind} {one!r}{nearest(one, known)}")
        rules = [
            {
                "escalation_delay_in_minutes": rule.escalation_delay_in_minutes,
                "targets": [_target(one) for one in rule.targets],
            }
            for rule in policy.escalation_rules
        ]
        yield Wanted(
            kind="escalation policy",
            key=policy.name,
            name=policy.name,
            payload={
                "name": policy.name,
                "description": marked("", policy.name),
                "num_loops": policy.num_loops,
                "escalation_rules": rules,
            },
            written=written,
            needs=tuple(dict.fromkeys(known[one] for _, one in told)),
        )


def _target(name: str) -> str:
    """Return an address as it is compared; the name of a schedule as it is."""
    return name.lower() if "@" in name else name


def _services(read: PagerDutyFile, placed: _Placed) -> Iterator[Wanted]:
    names = [policy.name for policy in read.escalation_policies]
    for number, service in enumerate(read.services):
        written, policy = placed("services", number), service.escalation_policy
        if policy not in names:
            place = written.place(("escalation_policy",))
            raise ConfigError(f"{place}: {service.name}: no escalation policy {policy!r}{nearest(policy, names)}")
        yield Wanted(
            kind="service",
            key=service.name,
            name=service.name,
            payload={
                "name": service.name,
                "description": marked(service.description, service.name),
                "escalation_policy": policy,
                "incident_urgency_rule": {"type": "constant", "urgency": service.urgency},
                "status": "active",
            },
            written=written,
            needs=(("escalation policy", policy),),
        )


def _route(service: Wanted) -> Wanted:
    return Wanted(
        kind="route",
        key=service.key,
        name=service.name,
        payload={"service": service.name},
        written=service.written,
        needs=(service.reference,),
    )


def _require_unique(wanted: Sequence[Wanted]) -> None:
    seen: set[Reference] = set()
    for each in wanted:
        if each.reference in seen:
            raise ConfigError(f"{each.written.place()}: the {each.kind} {each.key!r} is declared twice")
        seen.add(each.reference)
