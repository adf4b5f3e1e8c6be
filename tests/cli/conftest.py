"""Accounts that monitors are pushed to."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.cli.pushing import Account
from tests.standins.conftest import _started, authority
from tests.standins.doors import Vendor


@pytest.fixture(scope="module", name="empty_accounts")
def empty_accounts_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Vendor, Vendor, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    context, arguments = authority(folder)
    with ExitStack() as stack:
        vendors = []
        for name, given, door in (("datadog", [], "control"), ("pagerduty", arguments, "pagerduty_control")):
            endpoints = _started(stack, name, *given).endpoints
            vendors.append(Vendor(name, endpoints[name], endpoints[door], endpoints, context, "/", {}))
        yield vendors[0], vendors[1], folder / "authority.pem"


@pytest.fixture(scope="module", name="empty_sentry")
def empty_sentry_fixture() -> Iterator[Vendor]:
    """Sentry's stand-in with the project of production."""
    project = {"org": "m3core", "project": "m3core", "public_key": "c" * 32, "project_id": "1"}
    with ExitStack() as stack:
        endpoints = _started(stack, "sentry", "--projects", json.dumps([project])).endpoints
        yield Vendor(
            "sentry",
            endpoints["sentry_api"],
            endpoints["sentry_control"],
            endpoints,
            ssl.create_default_context(),
            "/",
            {},
        )


@pytest.fixture
def account(empty_accounts: tuple[Vendor, Vendor, Path], tmp_path: Path) -> Account:
    """An account with nothing in it."""
    datadog, pagerduty, ca_file = empty_accounts
    for vendor in (datadog, pagerduty):
        vendor.quiet()
        vendor.control("POST", "reset")
    return Account(tmp_path, datadog, pagerduty, ca_file)
