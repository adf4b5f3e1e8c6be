"""Who the synthetics are: a user of each tenant of the specification.

A test that takes ``tenant`` (or ``account``) runs once for each tenant; one that takes ``owner`` and ``stranger``
runs once for each ordered pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import TypeAlias

import pytest

from alertproof.errors import ConfigError
from alertproof.plugin.options import monitoring_folder
from alertproof.probes import Login
from alertproof.redact import Secret
from alertproof.requirements import Target, load_specification

PASSWORD = "M3CORE_SEED_PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user who can log in."""

    tenant: str
    email: str
    password: Secret


AccountOf: TypeAlias = Callable[[str], Account]


@cache
def _tenants(monitoring: Path) -> tuple[str, ...]:
    return load_specification(monitoring).tenants


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for each tenant, or for each ordered pair of them."""
    wanted = {"tenant", "owner", "stranger"} & {*metafunc.fixturenames}
    if not wanted:
        return
    tenants = _tenants(monitoring_folder(metafunc.config))
    if "tenant" in wanted:
        metafunc.parametrize("tenant", tenants)
    if "owner" in wanted:
        pairs = [*permutations(tenants, 2)]
        metafunc.parametrize(("owner", "stranger"), pairs, ids=[f"{owner}-from-{other}" for owner, other in pairs])


@pytest.fixture(scope="session")
def account_of(target: Target) -> AccountOf:
    """Return a function that gives a tenant's user; it raises `ConfigError` when there is no password."""

    def account(tenant: str) -> Account:
        password = target.env.get(PASSWORD)
        if not password:
            raise ConfigError(f"{PASSWORD} is not set; set it to the password of the users agent@TENANT.example")
        return Account(tenant=tenant, email=f"agent@{tenant}.example", password=Secret(password))

    return account


@pytest.fixture
def account(account_of: AccountOf, tenant: str) -> Account:
    """Return the user of the tenant that this test runs for."""
    return account_of(tenant)


@pytest.fixture(scope="session")
def probe_login(account_of: AccountOf) -> Login:
    """Return how a tenant's probe logs in."""

    def body(tenant: str) -> dict[str, object]:
        account = account_of(tenant)
        return {"tenant": tenant, "email": account.email, "password": account.password}

    return Login(path="/api/login", body=body)
