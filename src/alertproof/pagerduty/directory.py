"""The directory: the users, escalation policies, services and integrations of one account.

Ids and integration keys are counted, not random: the same calls give the same account.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import final

from alertproof.errors import ConfigError, nearest
from alertproof.pagerduty.service import (
    EscalationPolicy,
    EscalationRule,
    Integration,
    Service,
    UrgencyRule,
    User,
)

__all__ = ["Directory"]


@final
class Directory:
    """Who and what there is. The mappings are by id, in the order of creation."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.policies: dict[str, EscalationPolicy] = {}
        self.services: dict[str, Service] = {}
        self.integrations: dict[str, Integration] = {}

    def add_user(self, name: str, email: str) -> User:
        """Add a user; raises `ConfigError` for an email that is taken."""
        if self.user_by_email(email):
            raise ConfigError(f"Email has already been taken: {email}")
        user = User(id=f"PU{len(self.users) + 1:05}", name=name, email=email)
        self.users[user.id] = user
        return user

    def add_policy(
        self, name: str, rules: Sequence[EscalationRule], *, loops: int = 0, description: str = ""
    ) -> EscalationPolicy:
        """Add an escalation policy; raises `ConfigError` for a name taken or a target that is no user."""
        _free(name, [policy.name for policy in self.policies.values()])
        for target in (target for rule in rules for target in rule.targets):
            if target not in self.users:
                raise ConfigError(f"Escalation target not found: {target!r}{nearest(target, self.users)}")
        identity = f"PE{len(self.policies) + 1:05}"
        policy = EscalationPolicy(id=identity, name=name, rules=tuple(rules), loops=loops, description=description)
        self.policies[identity] = policy
        return policy

    def add_service(
        self,
        name: str,
        policy_id: str,
        at: datetime,
        *,
        urgency: UrgencyRule = UrgencyRule.HIGH,
        acknowledgement_timeout: timedelta | None = timedelta(minutes=30),
        auto_resolve_timeout: timedelta | None = timedelta(hours=4),
        description: str = "",
    ) -> Service:
        """Add a service; raises `ConfigError` for a name taken or a policy that is not there."""
        _free(name, [service.name for service in self.services.values()])
        if policy_id not in self.policies:
            raise ConfigError(f"Escalation policy not found: {policy_id!r}{nearest(policy_id, self.policies)}")
        service = Service(
            id=f"PS{len(self.services) + 1:05}",
            name=name,
            policy_id=policy_id,
            created_at=at,
            urgency=urgency,
            acknowledgement_timeout=acknowledgement_timeout,
            auto_resolve_timeout=auto_resolve_timeout,
            description=description,
        )
        self.services[service.id] = service
        return service

    def add_integration(self, service_id: str, name: str, at: datetime) -> Integration:
        """Add a door to a service; raises `ConfigError` for a service that is not there."""
        if service_id not in self.services:
            raise ConfigError(f"Service not found: {service_id!r}{nearest(service_id, self.services)}")
        identity = f"PI{len(self.integrations) + 1:05}"
        key = hashlib.md5(f"integration {identity}".encode(), usedforsecurity=False).hexdigest()
        integration = Integration(id=identity, service_id=service_id, name=name, key=key, created_at=at)
        self.integrations[identity] = integration
        return integration

    def user_by_email(self, email: str) -> User | None:
        """Return the user of an email address, whatever its case, or None."""
        return next((user for user in self.users.values() if user.email.lower() == email.lower()), None)

    def integration_by_key(self, key: str) -> Integration | None:
        """Return the integration of a routing key, or None."""
        return next((each for each in self.integrations.values() if each.key == key), None)


def _free(name: str, taken: Sequence[str]) -> None:
    if name.lower() in {other.lower() for other in taken}:
        raise ConfigError(f"Name has already been taken: {name!r}")
