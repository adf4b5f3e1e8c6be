"""Which requests could show one tenant what is another's: found in the platform's OpenAPI description.

What the description gains and nobody has thought of is an error, not a gap: each operation belongs to a resource, or
somebody says why it can show nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, final

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, satisfies
from alertproof.probes.openapi import OpenApi, Operation
from alertproof.probes.place import find, parse_place
from alertproof.probes.request import Request

__all__ = ["Case", "Owned", "Resource", "isolation"]

#: What a request needs beside its path, made of what the owner has: ``params`` or ``json``.
Ask: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Things that tenants own.

    ``path`` is where their operations begin, ``get`` how an owner gets one (a listing, or a creation), ``at`` where in
    that answer it stands. ``key`` is its field that tells it from all others, and fills the path's parameter.
    """

    path: str
    get: Request
    at: str = "$"
    key: str = "id"

    def asked(self, *, tenant: str) -> Request:
        """Return how a tenant gets one."""
        return replace(self.get, tenant=tenant)

    def owned(self, answer: Answer, *, by: str) -> Owned:
        """Return the thing in an answer; raises `ConfigError` when there is none."""
        found = [one for one in find(answer.json(), parse_place(self.at)) if isinstance(one, Mapping)]
        if not found or self.key not in found[0]:
            raise ConfigError(f"{self.get} of {by} holds nothing with {self.key!r} at {self.at}: give it one")
        return Owned(resource=self, owner=by, fields=found[0])


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A thing that a tenant owns."""

    resource: Resource
    owner: str
    fields: Mapping[str, Any] = field(repr=False)

    @property
    def key(self) -> str | int:
        """What tells it from all others."""
        found: str | int = self.fields[self.resource.key]
        return found

    def hidden(self) -> Expected:
        """Expect that an answer does not hold it, by its key: others may know the same person."""
        mark = re.compile(rf"{re.escape(json.dumps(self.resource.key))}:\s*{re.escape(json.dumps(self.key))}(?![\w.])")
        what = f"nothing of {self.owner} with {self.resource.key} {self.key}"
        return satisfies(what, lambda answer: mark.search(answer.text) is None, part=Part.HEADER)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One operation that a stranger tries on what another owns."""

    operation: Operation
    resource: Resource
    ask: Ask = lambda _: {}

    @property
    def by_key(self) -> bool:
        """Whether it asks for the very thing, by its key; else it lists."""
        return bool(self.operation.parameters)

    def request(self, owned: Owned, *, tenant: str) -> Request:
        """Return what a tenant sends."""
        path = self.operation.filled(dict.fromkeys(self.operation.parameters, owned.key))
        return Request(method=self.operation.method, path=path, tenant=tenant, **self.ask(owned.fields))

    def reading(self, owned: Owned) -> Request:
        """Return how the owner reads the thing, to see that nobody has changed it."""
        return Request(method="GET", path=f"{self.resource.path}/{owned.key}", tenant=owned.owner)

    def __str__(self) -> str:
        return str(self.operation)


def isolation(
    api: OpenApi, resources: Iterable[Resource], *, asks: Mapping[str, Ask], apart: Mapping[str, str]
) -> tuple[Case, ...]:
    """Return a case for each operation of the description that is not set apart.

    Args:
        api: the platform's description.
        resources: what tenants own; an operation belongs to the one with the longest path that it begins with.
        asks: what an operation's request needs, by its name such as ``GET /api/leads/search``.
        apart: operations that can show nothing of another tenant, each with the reason.

    Raises `ConfigError` with every operation that nobody has thought of, and every name that is in no description.
    """
    resources = sorted(resources, key=lambda one: -len(one.path))
    known = {str(operation) for operation in api.operations}
    complaints = [f"{name}: {api.name} has no such operation" for name in {**asks, **apart} if name not in known]
    complaints += [f"{name}: say why it is set apart" for name, reason in apart.items() if not reason.strip()]
    cases = []
    for operation in api.operations:
        if str(operation) in apart:
            continue
        owner = next((one for one in resources if f"{operation.path}/".startswith(f"{one.path}/")), None)
        if owner is None:
            complaints.append(f"{operation}: whose it is, nobody says; add a Resource, or set it apart and say why")
        elif len(operation.parameters) > 1:
            complaints.append(f"{operation}: more than one parameter; give it a test of its own and set it apart")
        else:
            cases.append(Case(operation=operation, resource=owner, **_ask(asks.get(str(operation)))))
    complaints += [
        f"{one.path}: no operation belongs to this resource"
        for one in resources
        if one not in [case.resource for case in cases]
    ]
    if complaints:
        raise ConfigError("isolation between tenants: " + "\n  ".join(["", *sorted(complaints)]).lstrip("\n"))
    return tuple(cases)


def _ask(ask: Ask | None) -> dict[str, Ask]:
    return {} if ask is None else {"ask": ask}
