"""Every site of the stand-ins refuses names that anybody could let point at this machine."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins.conftest import KEY, PROJECTS
from tests.standins.doors import BEARER, Vendor

from alertproof.standins.hosts import is_at_home, spelled

OURS = (
    *(
        "127.0.0.1",
        "127.0.0.1:8126",
        "[::1]:80",
        "[::1]",
        "172.17.0.1:1",
        "localhost",
        "LOCALHOST:99",
        "datadog:80",
        "",
    ),
    *("localhost.", "api.localhost", "host.docker.internal:8126", "laptop.local", "Laptop.LOCAL.:1"),
)
THEIRS = (
    *("evil.com", "evil.com:8126", "evil.com.", "localhost.evil.com", "127.0.0.1.evil.com", "evil.localhost.com"),
    *("127.0.0.1@evil.com", "internal.evil", "x.notlocal", "[evil.com]", "127.1", "0x7f.0.0.1", "\xe9vil.com"),
)
SITES = {
    "datadog": ("datadog", "datadog_agent", "otlp", "control"),
    "sentry": ("sentry_api", "sentry_control"),
    "pagerduty": ("pagerduty", "pagerduty_control"),
}


@pytest.mark.parametrize("host", OURS)
def test_an_address_and_a_name_that_only_this_network_has_are_at_home(host: str) -> None:
    assert is_at_home(host.encode("latin-1"), frozenset())


@pytest.mark.parametrize("host", THEIRS)
def test_a_name_that_anybody_can_have_is_not(host: str) -> None:
    assert not is_at_home(host.encode("latin-1"), frozenset())


def test_a_name_that_was_given_is_at_home_and_none_beside_it() -> None:
    names = frozenset({spelled("Stand-ins.Acme.test.")})
    assert is_at_home(b"stand-ins.acme.test:8126", names)
    assert not is_at_home(b"x.stand-ins.acme.test", names)


@given(st.binary(max_size=30))
def test_whatever_is_asked_for_is_decided(host: bytes) -> None:
    assert is_at_home(host, frozenset()) in (True, False)


@given(st.from_regex(re.compile(r"[a-z]{1,9}(\.[a-z]{2,9}){1,3}", re.ASCII), fullmatch=True), st.integers(0, 65_535))
def test_a_public_name_is_not_at_home_with_any_port(name: str, port: int) -> None:
    ours = name.endswith((".localhost", ".internal", ".local"))
    assert is_at_home(f"{name}:{port}".encode(), frozenset()) is ours


@pytest.mark.parametrize(("name", "site"), [(name, site) for name, sites in SITES.items() for site in sites])
def test_every_site_of_a_stand_in_answers_421_to_the_name_of_another(
    vendors: Mapping[str, Vendor], name: str, site: str
) -> None:
    vendor = vendors[name]
    assert set(vendor.endpoints) - {"dogstatsd", "sentry_dsn"} == set(SITES[name])
    for method, path in (("GET", "/"), ("POST", "/control/reset"), ("OPTIONS", "/api/v1/monitor")):
        answer = asked(vendor.endpoints[site], vendor.context, "evil.com", method=method, path=path)
        assert (answer.status_code, answer.headers["connection"]) == (421, "close")
        assert "asked for as 'evil.com'" in answer.text
        assert "--host-name NAME" in answer.text
    for host in ("localhost", "host.docker.internal:1"):
        assert asked(vendor.endpoints[site], vendor.context, host).status_code != 421


def test_the_lane_of_envelopes_lets_nobody_by(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    sent: dict[str, Any] = {"method": "POST", "path": f"/api/1/envelope/?sentry_key={KEY}", "content": b"{}\n"}
    assert asked(vendor.api, vendor.context, "evil.com", **sent).status_code == 421
    assert asked(vendor.api, vendor.context, "localhost", **sent).status_code == 200


def test_the_page_refuses_it_with_its_token_too(
    vendors: Mapping[str, Vendor], start_stand_in: Callable[..., Any]
) -> None:
    endpoints = {name: address for vendor in vendors.values() for name, address in vendor.endpoints.items()}
    page = urlsplit(start_stand_in("page", "--endpoints", json.dumps(endpoints)).endpoints["page"])
    sent: dict[str, Any] = {"path": f"/?{page.query}"}
    origin = f"http://{page.netloc}"
    assert asked(origin, None, "evil.com", **sent).status_code == 421
    assert asked(origin, None, "localhost", **sent).status_code != 421


def test_a_name_that_was_given_reaches_the_vendors_sites_and_no_control_door(
    start_stand_in: Callable[..., Any],
) -> None:
    found = start_stand_in("sentry", "--projects", PROJECTS, "--host-name", "Sentry.Acme.Test").endpoints
    sent: dict[str, Any] = {"method": "POST", "path": f"/api/1/envelope/?sentry_key={KEY}", "content": b"{}\n"}
    assert asked(found["sentry_api"], None, "sentry.acme.test:80", **sent).status_code == 200
    assert asked(found["sentry_api"], None, "acme.test", **sent).status_code == 421
    assert asked(found["sentry_control"], None, "sentry.acme.test").status_code == 421


def asked(
    address: str,
    context: ssl.SSLContext | None,
    host: str,
    *,
    method: str = "GET",
    path: str = "/",
    content: bytes | None = None,
) -> httpx.Response:
    parts = urlsplit(address)
    return httpx.request(
        method,
        f"{parts.scheme}://{parts.netloc}{path}",
        headers={**BEARER, "Host": host},
        content=content,
        verify=context or ssl.create_default_context(),
        trust_env=False,
    )
