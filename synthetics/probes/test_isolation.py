"""What one tenant owns stays hidden from every other: each operation, for each ordered pair, so both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.probes import Owned, Request, contract, describes, read_openapi, satisfies, schema, status
from synthetics.probes.leads import PROBLEM
from synthetics.probes.tenancy import API, CASES, PUBLIC

if TYPE_CHECKING:
    from alertproof.plugin.probes import Probe
    from alertproof.probes import Case, Operation, Resource

OPERATIONS = read_openapi(API).operations


def owned(probe: Probe, resource: Resource, owner: str) -> Owned:
    """Return a thing of the owner's."""
    answer = probe.send(resource.asked(tenant=owner)).expect(status(200, 201, 202), contract(API))
    return resource.owned(answer, by=owner)


@pytest.mark.parametrize("case", [case for case in CASES if case.by_key], ids=str)
def test_a_stranger_cannot_reach_it(probe: Probe, case: Case, owner: str, stranger: str) -> None:
    thing = owned(probe, case.resource, owner)
    # The owner reads it first: it may then wait in a cache, too.
    before = probe.send(case.reading(thing)).expect(status(200), contract(API)).json()

    probe.send(case.request(thing, tenant=stranger)).expect(thing.hidden(), status(404), schema(PROBLEM))

    if case.operation.method != "GET":
        probe.send(case.reading(thing)).expect(
            status(200), satisfies("what it was before", lambda answer: bool(answer.json() == before))
        )


@pytest.mark.parametrize("case", [case for case in CASES if not case.by_key], ids=str)
def test_a_stranger_does_not_find_it(probe: Probe, case: Case, owner: str, stranger: str) -> None:
    thing = owned(probe, case.resource, owner)

    probe.send(case.request(thing, tenant=stranger)).expect(thing.hidden(), status(200), contract(API))


@pytest.mark.parametrize("case", [case for case in CASES if not case.by_key], ids=str)
def test_its_owner_finds_it(probe: Probe, case: Case, tenant: str) -> None:
    """The control: where the owner does not find it either, that a stranger does not would say nothing."""
    thing = owned(probe, case.resource, tenant)

    probe.send(case.request(thing, tenant=tenant)).expect(
        status(200), satisfies(f"{tenant}'s own", lambda answer: not thing.hidden().look(answer).met)
    )


def test_an_opportunity_cannot_be_made_of_a_strangers_lead(probe: Probe, owner: str, stranger: str) -> None:
    lead = owned(probe, next(case.resource for case in CASES if case.resource.path == "/api/leads"), owner)

    probe.post(
        "/api/opportunities", tenant=stranger, json={"name": "Not mine", "amount_cents": 1, "lead_id": lead.key}
    ).expect(status(422), contract(API))


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if str(one) not in PUBLIC], ids=str)
def test_nobody_is_answered_without_a_login(probe: Probe, operation: Operation) -> None:
    path = operation.filled(dict.fromkeys(operation.parameters, 1))

    # Without a body: even where nobody asks for a login it could not write.
    probe.send(Request(method=operation.method, path=path, reads=True)).expect(status(401), schema(PROBLEM))


def test_the_description_is_the_platforms_own(probe: Probe) -> None:
    probe.get("/openapi.json").expect(status(200), describes(API))
