"""A stand-in in a process of its own, as a stack starts it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from tests.standins.doors import BEARER, PAGE, TOKEN, Vendor

from alertproof.clock import ENVIRONMENT_KEY, Anchor, SystemClock
from alertproof.requirements import CONTROL_TOKEN, PAGE_TOKEN


@dataclass(frozen=True)
class StandIn:
    """A running stand-in: its process and what it announced."""

    process: subprocess.Popen[str]
    endpoints: Mapping[str, str]

    def end(self) -> int:
        """Tell it to end and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=10)


def _started(stack: ExitStack, *arguments: str, anchor: Anchor | None = None) -> StandIn:
    environment = (
        os.environ
        | {CONTROL_TOKEN: TOKEN, PAGE_TOKEN: PAGE}
        | ({ENVIRONMENT_KEY: json.dumps(anchor.encode())} if anchor else {})
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "alertproof.standins", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    # Leaving the process's context waits for it and closes its pipes; its death comes first.
    stack.enter_context(process)
    stack.callback(process.kill)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the stand-in ended before it answered"
    return StandIn(process, json.loads(line)["endpoints"])


@pytest.fixture(scope="module")
def start_stand_in() -> Iterator[Callable[..., StandIn]]:
    """Start stand-ins that live as long as the module: ``start("sentry", "--projects", "..")``."""
    with ExitStack() as stack:

        def start(*arguments: str, anchor: Anchor | None = None) -> StandIn:
            return _started(stack, *arguments, anchor=anchor)

        yield start


KEY = "a" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])
FACTOR = 60


def authority(folder: Path) -> tuple[ssl.SSLContext, list[str]]:
    """Make an authority; return what trusts it, and the arguments by which PagerDuty's stand-in is of it."""
    made = trustme.CA()
    certificate = made.issue_cert("127.0.0.1")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    made.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.create_default_context()
    made.configure_trust(context)
    return context, ["--cert", str(chain), "--key", str(key)]


@pytest.fixture(scope="module", name="authority_file")
def authority_file_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PEM file of the authority that PagerDuty's stand-in is of."""
    return tmp_path_factory.mktemp("tls") / "authority.pem"


@pytest.fixture(scope="module", name="vendors")
def vendors_fixture(start_stand_in: Callable[..., StandIn], authority_file: Path) -> Mapping[str, Vendor]:
    """The three stand-ins at factor 60, each in a process of its own."""
    context, pagerduty = authority(authority_file.parent)
    anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=FACTOR)
    arguments = {"datadog": [], "sentry": ["--projects", PROJECTS], "pagerduty": pagerduty}
    names = {"datadog": ("datadog", "control"), "sentry": ("sentry_api", "sentry_control")}
    reads = {
        "datadog": ("/api/v1/monitor", {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}),
        "sentry": ("/api/0/organizations/acme/issues/", BEARER),
        "pagerduty": ("/incidents", {"Authorization": "Token token=t"}),
    }
    found = {}
    for name, given in arguments.items():
        endpoints = start_stand_in(name, *given, anchor=anchor).endpoints
        api, door = names.get(name, (name, f"{name}_control"))
        found[name] = Vendor(name, endpoints[api], endpoints[door], endpoints, context, *reads[name])
    return found


@pytest.fixture(params=["datadog", "sentry", "pagerduty"])
def vendor(vendors: Mapping[str, Vendor], request: pytest.FixtureRequest) -> Iterator[Vendor]:
    """Each stand-in in turn, with nothing turned."""
    yield vendors[request.param]
    vendors[request.param].quiet()


@pytest.fixture
def quiet(vendors: Mapping[str, Vendor]) -> Iterator[None]:
    """Turn everything back at the end."""
    yield
    for each in vendors.values():
        each.quiet()
