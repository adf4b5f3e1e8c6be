"""The directory: the users, policies, schedules, services, integrations and maintenance windows of one account.

Ids and integration keys are counted, not random: the same calls give the same account. What something else still
needs is not deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any, TypeAlias, TypeVar, final

from alertproof.errors import ConfigError, nearest
from alertproof.pagerduty.schedule import Override, Schedule
from alertproof.pagerduty.service import (
    EscalationPolicy,
    EscalationRule,
    Integration,
    MaintenanceWindow,
    Service,
    User,
)

__all__ = ["Directory"]

_Named: TypeAlias = User | EscalationPolicy | Schedule | Service | Integration
_T = TypeVar("_T", User, EscalationPolicy, Schedule, Service, Integration, MaintenanceWindow)


@final
class Directory:
    """Who and what there is. The mappings are by id, in the order of creation."""

    #: More of one kind than anybody makes by hand or by Terraform; beyond these none is taken.
    KEPT = 10_000

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.policies: dict[str, EscalationPolicy] = {}
        self.schedules: dict[str, Schedule] = {}
        self.services: dict[str, Service] = {}
        self.integrations: dict[str, Integration] = {}
        self.windows: dict[str, MaintenanceWindow] = {}
        self._by_key: dict[str, Integration] = {}
        self._former: dict[str, str] = {}
        self._counts = {prefix: count(1) for prefix in ("PU", "PE", "PC", "PS", "PI", "PM", "PO")}

    # -- users --------------------------------------------------------------------------------------------

    def add_user(self, name: str, email: str, **more: Any) -> User:
        """Add a user; raises `ConfigError` for an email that is taken."""
        return self.put_user(User(id=self._id("PU"), name=name, email=email, **more))

    def put_user(self, user: User) -> User:
        """Keep a user, new or changed; raises `ConfigError` for an email that is taken."""
        other = self.user_by_email(user.email)
        if other is not None and other.id != user.id:
            raise ConfigError(f"Email has already been taken: {user.email}")
        return self._put(self.users, user)

    def remove_user(self, user_id: str) -> None:
        """Forget a user; raises `ConfigError` for one whom a policy or schedule still tells."""
        self._unneeded(user_id, self._tellers(user_id), "User is still told by")
        self._forget(self.users, user_id)

    def user_by_email(self, email: str) -> User | None:
        """Return the user of an email address, whatever its case, or None."""
        return next((user for user in self.users.values() if user.email.lower() == email.lower()), None)

    # -- escalation policies and schedules ----------------------------------------------------------------

    def add_policy(
        self, name: str, rules: Iterable[EscalationRule], *, loops: int = 0, description: str = ""
    ) -> EscalationPolicy:
        """Add an escalation policy; raises `ConfigError` for a name taken or a target that is not there."""
        identity = self._id("PE")
        policy = EscalationPolicy(id=identity, name=name, rules=tuple(rules), loops=loops, description=description)
        return self.put_policy(policy)

    def put_policy(self, policy: EscalationPolicy) -> EscalationPolicy:
        """Keep a policy, new or changed; raises as :meth:`add_policy`."""
        _free(policy, self.policies)
        known = {**self.users, **self.schedules}
        for target in (target for rule in policy.rules for target in rule.targets):
            if target not in known:
                raise ConfigError(f"Escalation target not found: {target!r}{nearest(target, known)}")
        return self._put(self.policies, policy)

    def remove_policy(self, policy_id: str) -> None:
        """Forget a policy; raises `ConfigError` for one that a service still uses."""
        users = [each.name for each in self.services.values() if each.policy_id == policy_id]
        self._unneeded(policy_id, users, "Escalation policy is still used by")
        self._forget(self.policies, policy_id)

    def put_schedule(self, schedule: Schedule) -> Schedule:
        """Keep a schedule, new or changed; raises `ConfigError` for a name taken or a user who is not there."""
        _free(schedule, self.schedules)
        for user in sorted(schedule.users()):
            if user not in self.users:
                raise ConfigError(f"User not found: {user!r}{nearest(user, self.users)}")
        return self._put(self.schedules, schedule)

    def remove_schedule(self, schedule_id: str) -> None:
        """Forget a schedule; raises `ConfigError` for one that a policy still tells."""
        self._unneeded(schedule_id, self._tellers(schedule_id), "Schedule is still told by")
        self._forget(self.schedules, schedule_id)

    def add_override(self, schedule_id: str, start: datetime, end: datetime, user: str) -> Override:
        """Put somebody else on call; raises `ConfigError` for a user who is not there or an empty stretch."""
        schedule = self.schedules[schedule_id]
        if len(schedule.overrides) >= self.KEPT:
            raise ConfigError(f"the stand-in keeps at most {self.KEPT} overrides of a schedule")
        override = Override(id=self._id("PO"), start=start, end=end, user=user)
        self.put_schedule(replace(schedule, overrides=(*schedule.overrides, override)))
        return override

    def on_call(self, target: str, at: datetime) -> str | None:
        """Return the user whom a target (a user or a schedule) is at an instant, or None."""
        if target in self.schedules:
            return self.schedules[target].on_call(at)
        return target if target in self.users else None

    def told(self, rule: EscalationRule, at: datetime) -> tuple[str, ...]:
        """Return the users of a level at an instant, each once."""
        found = (self.on_call(target, at) for target in rule.targets)
        return tuple(dict.fromkeys(user for user in found if user is not None))

    # -- services, their integrations and windows ---------------------------------------------------------

    def add_service(self, name: str, policy_id: str, at: datetime, **more: Any) -> Service:
        """Add a service; raises `ConfigError` for a name taken or a policy that is not there."""
        return self.put_service(Service(id=self._id("PS"), name=name, policy_id=policy_id, created_at=at, **more))

    def put_service(self, service: Service) -> Service:
        """Keep a service, new or changed; raises as :meth:`add_service`."""
        _free(service, self.services)
        if service.policy_id not in self.policies:
            known = nearest(service.policy_id, self.policies)
            raise ConfigError(f"Escalation policy not found: {service.policy_id!r}{known}")
        return self._put(self.services, service)

    def remove_service(self, service_id: str) -> None:
        """Forget a service, its integrations (their keys are unknown from now on) and its maintenance windows."""
        for each in [each for each in self.integrations.values() if each.service_id == service_id]:
            self._forget(self.integrations, each.id)
            del self._by_key[each.key]
        for window in [each for each in self.windows.values() if service_id in each.services]:
            rest = tuple(each for each in window.services if each != service_id)
            if rest:
                self.windows[window.id] = replace(window, services=rest)
            else:
                del self.windows[window.id]
        self._forget(self.services, service_id)

    def add_integration(self, service_id: str, name: str, at: datetime) -> Integration:
        """Add a door to a service; raises `ConfigError` for a service that is not there."""
        if service_id not in self.services:
            raise ConfigError(f"Service not found: {service_id!r}{nearest(service_id, self.services)}")
        identity = self._id("PI")
        key = hashlib.md5(f"integration {identity}".encode(), usedforsecurity=False).hexdigest()
        return self.put_integration(Integration(id=identity, service_id=service_id, name=name, key=key, created_at=at))

    def put_integration(self, integration: Integration) -> Integration:
        """Keep an integration, new or changed; its key stays."""
        self._by_key[integration.key] = integration
        return self._put(self.integrations, integration)

    def integration_by_key(self, key: str) -> Integration | None:
        """Return the integration of a routing key, or None."""
        return self._by_key.get(key)

    def add_window(
        self, start: datetime, end: datetime, services: Iterable[str], by: str, text: str
    ) -> MaintenanceWindow:
        """Add a maintenance window; raises `ConfigError` for a service that is not there or an empty stretch."""
        number = next(self._counts["PM"])
        window = MaintenanceWindow(
            id=f"PM{number:05}",
            number=number,
            start=start,
            end=end,
            services=tuple(services),
            created_by=by,
            description=text,
        )
        return self.put_window(window)

    def put_window(self, window: MaintenanceWindow) -> MaintenanceWindow:
        """Keep a window, new or changed; raises as :meth:`add_window`."""
        for service in window.services:
            if service not in self.services:
                raise ConfigError(f"Service not found: {service!r}{nearest(service, self.services)}")
        return self._put(self.windows, window)

    def remove_window(self, window_id: str) -> None:
        """Forget a window."""
        self._forget(self.windows, window_id)

    def in_maintenance(self, service_id: str, at: datetime) -> bool:
        """Return whether a window of a service is open at an instant."""
        return any(service_id in window.services and window.covers(at) for window in self.windows.values())

    # -- names --------------------------------------------------------------------------------------------

    def name_of(self, identity: str) -> str:
        """Return the name of a user, policy, schedule, service or integration, even of one that was deleted."""
        kinds: tuple[Mapping[str, _Named], ...] = (
            self.users,
            self.policies,
            self.schedules,
            self.services,
            self.integrations,
        )
        found = next((kind[identity] for kind in kinds if identity in kind), None)
        return found.name if found is not None else self._former.get(identity, identity)

    def new_id(self, prefix: str) -> str:
        """Return an id that was never given; ``prefix`` says of what: ``PC`` a schedule."""
        return self._id(prefix)

    def _id(self, prefix: str) -> str:
        return f"{prefix}{next(self._counts[prefix]):05}"

    def _put(self, kept: dict[str, _T], one: _T) -> _T:
        if one.id not in kept and len(kept) >= self.KEPT:
            raise ConfigError(f"the stand-in keeps at most {self.KEPT} of a kind")
        kept[one.id] = one
        return one

    def _forget(self, kept: dict[str, _T], identity: str) -> None:
        # Incidents and their logs go on to name what they were about.
        self._former[identity] = self.name_of(identity)
        if len(self._former) > self.KEPT:
            del self._former[next(iter(self._former))]
        del kept[identity]

    def _tellers(self, target: str) -> list[str]:
        policies = [each.name for each in self.policies.values() if any(target in rule.targets for rule in each.rules)]
        return policies + [each.name for each in self.schedules.values() if target in each.users()]

    def _unneeded(self, identity: str, needing: list[str], text: str) -> None:
        if needing:
            raise ConfigError(f"{text} {', '.join(map(repr, sorted(needing)[:5]))}: {identity} is not deleted")


def _free(one: _Named, taken: Mapping[str, _Named]) -> None:
    for other in taken.values():
        if other.id != one.id and other.name.lower() == one.name.lower():
            raise ConfigError(f"Name has already been taken: {one.name!r}")
