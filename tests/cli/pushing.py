# mypy: disallow-untyped-calls=False
# The official client's calls come without types.
"""Accounts at stand-ins in processes of their own, and the command line pointed at them."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
import yaml
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from pagerduty import RestApiV2Client
from tests.standins.doors import Vendor

from alertproof.cli import main

ROOT = Path(__file__).parents[2]
KINDS = ("monitors", "slos", "dashboards")
#: What else is declared, each with tests of its own; the others push without it.
FURTHER = ("datadog/rules", "datadog/downtimes", "datadog/logs")
#: The specified alerts' monitors: what these tests push, so that a further alert changes none of them.
SPECIFIED = ("api-availability", "api-error-rate", "api-latency-p95", "database-cpu", "queue-depth")
POLICY = "M3CoreCRM"


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Account:
    """Datadog's and PagerDuty's stand-ins, empty, and a copy of the specified alerts in ``monitoring/`` to push."""

    folder: Path
    datadog: Vendor
    pagerduty: Vendor
    ca_file: Path
    env: dict[str, str] = field(default_factory=dict)
    #: Where Sentry is, of an account that has it.
    sentry: str = ""

    def __post_init__(self) -> None:
        self._copy_specified()
        self.say_stack(DD_API_KEY="k", DD_APP_KEY="a", DD_ENV="prod", PAGERDUTY_API_TOKEN="t")

    def _copy_specified(self) -> None:
        """Copy ``monitoring/`` without the alerts beside the specified ones, and without those whom only they tell."""
        copy = self.folder / "monitoring"
        shutil.copytree(ROOT / "monitoring", copy)
        for kind in ("monitors", "slos"):
            for path in (copy / "datadog" / kind).glob("*.json"):
                if path.stem not in SPECIFIED:
                    path.unlink()
        for part in FURTHER:
            shutil.rmtree(copy / part)
        spec = yaml.safe_load((copy / "spec.yaml").read_text(encoding="utf-8"))
        del spec["supporting"]
        for alert in spec["alerts"].values():
            alert["fires"].pop("may", None)  # they are supporting ones
        (copy / "spec.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
        path = copy / "pagerduty" / "services.json"
        people = json.loads(path.read_text(encoding="utf-8"))
        policies = [each for each in people["escalation_policies"] if each["name"] == POLICY]
        woken = {target for policy in policies for rule in policy["escalation_rules"] for target in rule["targets"]}
        schedules = [each for each in people["schedules"] if each["name"] in woken]
        woken |= {email for schedule in schedules for email in schedule["users"]}
        people |= {
            "escalation_policies": policies,
            "schedules": schedules,
            "users": [user for user in people["users"] if user["email"] in woken],
            "services": [each for each in people["services"] if each["escalation_policy"] == POLICY],
        }
        path.write_text(json.dumps(people, indent=2), encoding="utf-8")

    def copy_everything(self) -> None:
        """Copy all of ``monitoring/`` instead."""
        shutil.rmtree(self.folder / "monitoring")
        shutil.copytree(ROOT / "monitoring", self.folder / "monitoring")

    def copy_further(self) -> None:
        """Copy what governs monitors, and the configuration of logs, in the place of dashboards and people."""
        for part in FURTHER:
            shutil.copytree(ROOT / "monitoring" / part, self.folder / "monitoring" / part)
        for part in ("datadog/dashboards", "pagerduty"):
            shutil.rmtree(self.folder / "monitoring" / part)

    def say_stack(self, **env: str) -> None:
        """Write the line of a stack that has these settings."""
        line = {
            "clock": {"real": 0.0, "stack": 0.0, "factor": 1.0},
            "endpoints": {
                "m3core": "",
                "datadog": self.datadog.api,
                "pagerduty": self.pagerduty.api,
                "sentry_api": self.sentry,
            },
            "ca_file": str(self.ca_file),
            "env": env,
        }
        (self.folder / "stack.json").write_text(json.dumps(line), encoding="utf-8")

    # -- the command ---------------------------------------------------------------------------------------

    def command(self, name: str, *arguments: str, target: str = "stack.json") -> list[str]:
        return [sys.executable, "-m", "alertproof", "monitors", name, "--target", target, *arguments]

    def run(
        self,
        name: str,
        *arguments: str,
        target: str = "stack.json",
        answer: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run ``alertproof monitors NAME`` in this process, which has the clients at hand; no error gets through."""
        out, err = io.StringIO(), io.StringIO()
        threshold = gc.get_threshold()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.setattr(sys, "argv", ["alertproof", *self.command(name, *arguments, target=target)[3:]])
            patch.setattr(sys, "stdin", io.StringIO(answer or ""))
            for setting, value in (env or {}).items():
                patch.setenv(setting, value)
            code = main()
        # A command line ends with its process; this one does not.
        gc.unfreeze()
        gc.set_threshold(*threshold)
        return Ended(code, out.getvalue(), err.getvalue())

    def push(self, *arguments: str) -> Ended:
        return self.run("push", "--yes", *arguments)

    def pushed(self, *arguments: str) -> str:
        """Push, which must succeed; return what it said."""
        done = self.push(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def steps(self, *arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what ``diff --json`` lists, by kind and key."""
        done = self.run("diff", "--json", *arguments)
        assert done.returncode in (0, 1), done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == bool(rows)
        return {(row["kind"], row["key"]): row for row in rows}

    # -- the files -----------------------------------------------------------------------------------------

    def declared(self, vendor: str = "") -> int:
        """Return how many things the files declare, of one vendor or all: a service has its route to it besides."""
        datadog = sum(len(list((self.folder / "monitoring/datadog" / kind).glob("*.json"))) for kind in KINDS)
        people = json.loads((self.folder / "monitoring/pagerduty/services.json").read_text(encoding="utf-8"))
        if vendor == "datadog":
            return datadog
        return datadog + sum(map(len, people.values())) + len(people["services"])

    def file(self, kind: str, key: str) -> Path:
        return self.folder / "monitoring" / "datadog" / kind / f"{key}.json"

    def json(self, path: str) -> Any:
        """Return what a file below ``monitoring/datadog`` holds."""
        return json.loads((self.folder / "monitoring" / "datadog" / path).read_text(encoding="utf-8"))

    def write(self, path: str, document: Any) -> None:
        """Write a file below ``monitoring/datadog``."""
        (self.folder / "monitoring" / "datadog" / path).write_text(json.dumps(document, indent=2), encoding="utf-8")

    def edit(self, key: str, *, kind: str = "monitors", **changes: Any) -> None:
        """Change fields of a file; ``options`` are merged, None takes a field away."""
        path = self.file(kind, key)
        body = json.loads(path.read_text(encoding="utf-8"))
        body["options"] = {**body.get("options", {}), **changes.pop("options", {})}
        body.update(changes)
        kept = {name: value for name, value in body.items() if value is not None and value != {}}
        path.write_text(json.dumps(kept, indent=2), encoding="utf-8")

    # -- the account, by the official clients --------------------------------------------------------------

    def client(self) -> ApiClient:
        return ApiClient(Configuration(host=self.datadog.api, api_key={"apiKeyAuth": "k", "appKeyAuth": "a"}))

    def monitors(self) -> dict[str, dict[str, Any]]:
        """Return the account's monitors by name; each name must be there once."""
        with self.client() as client:
            rows = [dict(row.to_dict()) for row in MonitorsApi(client).list_monitors()]
        found = {str(row["name"]): row for row in rows}
        assert len(found) == len(rows), sorted(str(row["name"]) for row in rows)
        return found

    def create(self, **body: Any) -> int:
        with self.client() as client:
            return int(MonitorsApi(client).create_monitor(body=cast("Any", body))["id"])

    def change(self, identity: int, **body: Any) -> None:
        with self.client() as client:
            MonitorsApi(client).update_monitor(identity, body=cast("Any", body))

    def slos(self) -> dict[str, dict[str, Any]]:
        with self.client() as client:
            return {row["name"]: row for row in ServiceLevelObjectivesApi(client).list_slos().to_dict()["data"]}

    def create_slo(self, body: Mapping[str, Any]) -> None:
        with self.client() as client:
            ServiceLevelObjectivesApi(client).create_slo(body=cast("Any", body))

    @contextmanager
    def people(self) -> Iterator[RestApiV2Client]:
        """Yield PagerDuty's own client."""
        context = self.pagerduty.context
        with RestApiV2Client("t", default_from="a@b.example", base_url=self.pagerduty.api, verify=context) as client:
            yield client

    def writes(self) -> list[str]:
        """Return what was asked of Datadog and PagerDuty otherwise than by GET since the last look."""
        found = []
        for vendor in (self.datadog, self.pagerduty):
            rows = vendor.control("GET", "requests")["requests"]
            found += [f"{row['method']} {row['path']}" for row in rows if row["method"] != "GET"]
            vendor.control("DELETE", "requests")
        return found
