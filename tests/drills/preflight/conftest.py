"""A platform that runs elsewhere, by its entry in ``alertproof.toml``, with its accounts at the stand-ins."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
import yaml
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from pagerduty import RestApiV2Client
from tests.cli.pushing import Account
from tests.faults.test_injection import TOKEN, Door
from tests.faults.test_injection import platform as platform_with_a_door
from tests.standins.conftest import _started, authority
from tests.standins.doors import Vendor

from alertproof.clock import Anchor, SystemClock, wait_until
from alertproof.drills.preflight import preflight, surveyed
from alertproof.requirements import Span, load_specification, load_targets, platform_at
from alertproof.stack.history import history_payload

served = platform_with_a_door
Vendors: TypeAlias = tuple[Vendor, Vendor, Vendor, Path]
ALERT = "api-error-rate"
PROJECT = {"org": "m3core", "project": "m3core-staging", "public_key": "c" * 32, "project_id": "1"}
ENTRY = """
[targets.staging]
url = "{url}"
allow = ["read", "faults", "monitors"]
environment = "staging"
release = "m3core@1"

[targets.staging.drills]
faults = ["error", "scrubbing_off"]
hosts = ["127.0.0.1"]
monitors = "{monitors}"
service = "{service}"
longest = "{longest}"
share = 0.15
"""


@dataclass
class Elsewhere:
    """A target with its accounts. ``env`` is the environment of the run."""

    account: Account
    sentry: Vendor
    door: Door
    monitors: str = "pushed"
    service: str = "m3core-operations"
    longest: str = "10m"
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.env = {
            "DD_API_KEY": "the-api-key",
            "DD_APP_KEY": "the-app-key",
            "DD_SITE": self.account.datadog.api,
            "M3CORE_FAULT_TOKEN": TOKEN,
            "M3CORE_SEED_PASSWORD": "the-password",
            "PAGERDUTY_API_HOST": self.account.pagerduty.api,
            "PAGERDUTY_API_TOKEN": "the-token",
            "PAGERDUTY_CA_FILE": str(self.account.ca_file),
            "SENTRY_AUTH_TOKEN": "the-sentry-token",
            "SENTRY_ORG": "m3core",
            "SENTRY_PROJECT": "m3core-staging",
            "SENTRY_URL": self.sentry.api,
        }

    @property
    def monitoring(self) -> Path:
        return self.account.folder / "monitoring"

    def write(self) -> None:
        text = ENTRY.format(**vars(self), url=self.door.url)
        (self.account.folder / "alertproof.toml").write_text(text, encoding="utf-8")

    def problems(self, *alerts: str) -> list[str]:
        """Return what a preflight finds, as it is shown."""
        self.write()
        target = platform_at(load_targets(self.account.folder / "alertproof.toml")["staging"], environment=self.env)
        spec = load_specification(self.monitoring)
        with surveyed(target, name="staging", spec=spec, alerts=alerts or (ALERT,)) as survey:
            return [str(problem) for problem in preflight(survey)]

    def env_of_process(self) -> dict[str, str]:
        """Return the environment of a command: this process's own, and the target's settings."""
        return {**os.environ, **self.env}

    def push(self) -> None:
        """Push ``monitoring/`` to the accounts, for the environment of the target."""
        self.write()
        done = self.account.run("push", "--yes", target="staging", env=self.env)
        assert done.returncode == 0, done.stdout + done.stderr

    def write_history(self) -> None:
        """Give the monitors an hour of healthy data, and what is still to come in eleven minutes of this machine."""
        spec = load_specification(self.monitoring)
        ends = datetime.fromtimestamp(self.account.datadog.control("GET", "clock")["now"], UTC) + timedelta(hours=11)
        history = msgspec.structs.replace(spec.history, length=Span(timedelta(hours=12)))
        body = history_payload(history, environment="staging", ends=ends)
        self.account.datadog.control("POST", "history", json=body)

    def await_state(self, state: str) -> None:
        """Wait until the monitor has been evaluated to a state."""
        clock, identity = SystemClock(), self.monitor_id()

        def look() -> bool | None:
            with self.account.client() as client:
                found = MonitorsApi(client).get_monitor(identity)  # type: ignore[no-untyped-call]
            return str(found["overall_state"]) == state or None

        deadline = clock.now() + timedelta(seconds=20)
        assert wait_until(look, clock=clock, deadline=deadline, every=timedelta(seconds=0.1)), f"never {state}"

    def monitor_id(self) -> int:
        (monitor,) = self.account.monitors().values()
        return int(monitor["id"])

    @contextmanager
    def people(self) -> Iterator[RestApiV2Client]:
        """Yield PagerDuty's own client, as somebody who is there after a push."""
        sender, context = "on-call-first@m3core.example", self.account.pagerduty.context
        with RestApiV2Client("t", default_from=sender, base_url=self.account.pagerduty.api, verify=context) as client:
            yield client

    def found(self, name: str = "m3core-api") -> dict[str, Any]:
        """Return a service of PagerDuty."""
        with self.people() as client:
            return dict(client.find("services", name) or {})


def only_the_error_rate(account: Account) -> None:
    """Leave one alert in the copy of ``monitoring/``: a push is then quick."""
    folder = account.folder / "monitoring"
    spec = yaml.safe_load((folder / "spec.yaml").read_text(encoding="utf-8"))
    spec["alerts"] = {ALERT: spec["alerts"][ALERT]}
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    for part in ("monitors", "slos", "dashboards"):
        for path in (folder / "datadog" / part).glob("*.json"):
            if path.stem != ALERT:
                path.unlink()
    for path in (folder / "sentry" / "alerts").glob("*.json"):
        path.unlink()


@pytest.fixture(scope="module", name="vendors_of_one")
def vendors_of_one_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    folder = tmp_path_factory.mktemp("tls")
    context, arguments = authority(folder)
    plain = ssl.create_default_context()
    with ExitStack() as stack:
        pagerduty = _started(stack, "pagerduty", *arguments).endpoints
        datadog = _started(stack, "datadog", anchor=Anchor.at_now(60)).endpoints
        sentry = _started(stack, "sentry", "--projects", json.dumps([PROJECT])).endpoints
        yield (
            Vendor("datadog", datadog["datadog"], datadog["control"], datadog, plain, "/", {}),
            Vendor("pagerduty", pagerduty["pagerduty"], pagerduty["pagerduty_control"], pagerduty, context, "/", {}),
            Vendor("sentry", sentry["sentry_api"], sentry["sentry_control"], sentry, plain, "/", {}),
            folder / "authority.pem",
        )


def _target(vendors: Vendors, served: Door, folder: Path) -> Elsewhere:
    datadog, pagerduty, sentry, ca_file = vendors
    account = Account(folder, datadog, pagerduty, ca_file)
    only_the_error_rate(account)
    return Elsewhere(account, sentry, served)


@pytest.fixture
def elsewhere(vendors_of_one: Vendors, served: Door, tmp_path: Path) -> Elsewhere:
    """A target whose accounts are empty."""
    for vendor in vendors_of_one[:3]:
        vendor.quiet()
        vendor.control("POST", "reset")
    return _target(vendors_of_one, served, tmp_path)


@pytest.fixture
def pushed(elsewhere: Elsewhere) -> Elsewhere:
    """A target whose accounts have what ``monitoring/`` says."""
    elsewhere.push()
    elsewhere.write_history()
    elsewhere.await_state("OK")
    return elsewhere


@pytest.fixture
def standing(vendors_of_one: Vendors, served: Door, tmp_path: Path) -> Elsewhere:
    """The same, kept from test to test of a module: for those that change nothing there."""
    for vendor in vendors_of_one[:3]:
        vendor.quiet()
    made = _target(vendors_of_one, served, tmp_path)
    if not made.account.monitors():
        made.push()
        made.write_history()
        made.await_state("OK")
    return made
