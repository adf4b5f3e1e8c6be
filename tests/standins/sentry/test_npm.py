"""@sentry/node and sentry-cli as npm has them, unmodified, against the stand-in; installed into a temporary folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

KEY = "d" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "7"}])
pytestmark = pytest.mark.needs("npm")
PACKAGES = ("@sentry/node@11.12.0", "@sentry/cli@3.8.0")
PROGRAM = """
import * as Sentry from '@sentry/node';
Sentry.init({dsn: process.argv[2], environment: 'drill', release: 'r1', tracesSampleRate: 1.0, enableLogs: true,
  beforeSend: event => (event.extra && event.extra.unwanted ? null : event)});
Sentry.logger.info('hello from node', {tenant: 'acme'});
Sentry.startSpan({name: 'GET /api/leads', op: 'http.server'}, () =>
  Sentry.startSpan({name: 'SELECT 1', op: 'db'}, () => {}));
const id = Sentry.captureException(new RangeError('on purpose'));
Sentry.captureException(new Error('no'), {extra: {unwanted: true}});
Sentry.captureCheckIn({monitorSlug: 'nightly', status: 'ok'});
await Sentry.flush(5000);
await Sentry.close(5000);
console.log(id);
"""


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    # The binary of sentry-cli is a package of its own: no script has to run.
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    return folder


@pytest.fixture(name="endpoints")
def _endpoints(start_stand_in: Callable[..., Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = start_stand_in("sentry", "--projects", PROJECTS).endpoints
    return found


def ask(endpoints: Mapping[str, str], path: str, **parameters: Any) -> Any:
    headers = {"Authorization": "Bearer token"}
    base = endpoints["sentry_control" if path.startswith("/control") else "sentry_api"].removesuffix("/control")
    return httpx.get(base + path, params=parameters, headers=headers).raise_for_status().json()


def table(endpoints: Mapping[str, str], dataset: str, *fields: str) -> Any:
    return ask(endpoints, "/api/0/organizations/acme/events/", dataset=dataset, field=fields)["data"]


def nothing_was_unknown_or_dropped(endpoints: Mapping[str, str]) -> None:
    assert ask(endpoints, "/control/unknown")["requests"] == []
    assert ask(endpoints, "/control/dropped")["events"] == []


def test_everything_that_sentry_node_sends_is_there(folder: Path, endpoints: Mapping[str, str]) -> None:
    (folder / "program.mjs").write_text(PROGRAM)
    command = ["node", "program.mjs", endpoints["sentry_dsn"]]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    event = ask(endpoints, f"/api/0/projects/acme/api/events/{ended.stdout.strip()}/")
    assert (event["title"], event["release"]) == ("RangeError: on purpose", {"version": "r1"})
    fields = ("span.op", "span.description", "environment")
    assert table(endpoints, "spans", *fields) == [
        {"span.op": "db", "span.description": "SELECT 1", "environment": "drill"},
        {"span.op": "http.server", "span.description": "GET /api/leads", "environment": "drill"},
    ]
    assert table(endpoints, "logs", "message", "tenant") == [{"message": "hello from node", "tenant": "acme"}]
    assert [row["slug"] for row in ask(endpoints, "/api/0/organizations/acme/monitors/")] == ["nightly"]
    kept = {row["type"]: row for row in ask(endpoints, "/control/items")["items"]}
    assert kept["session"]["json"]["errors"] == 1
    assert kept["client_report"]["json"]["discarded_events"] == [
        {"reason": "before_send", "category": "error", "quantity": 1}
    ]
    nothing_was_unknown_or_dropped(endpoints)


def test_sentry_cli_does_its_work(folder: Path, endpoints: Mapping[str, str]) -> None:
    (folder / "dist").mkdir()
    (folder / "dist/a.js").write_text("console.log(1)\n//# sourceMappingURL=a.js.map\n")
    (folder / "dist/a.js.map").write_text('{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA"}')
    environment = os.environ | {
        "SENTRY_URL": endpoints["sentry_api"],
        "SENTRY_AUTH_TOKEN": "token",
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": "api",
        "SENTRY_DSN": endpoints["sentry_dsn"],
    }

    def cli(*arguments: str) -> str:
        (binary,) = folder.glob("node_modules/@sentry/cli-*/bin/sentry-cli")
        command = [str(binary), *arguments]
        ended = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    releases_deploys_and_uploads(cli, endpoints)
    events_issues_and_monitors(cli, endpoints)
    nothing_was_unknown_or_dropped(endpoints)


def releases_deploys_and_uploads(cli: Callable[..., str], endpoints: Mapping[str, str]) -> None:
    assert "Default Project: api" in cli("info")
    cli("releases", "new", "app@1.0")
    cli("releases", "finalize", "app@1.0")
    cli("deploys", "new", "--release", "app@1.0", "--env", "prod")
    (release,) = ask(endpoints, "/api/0/organizations/acme/releases/")
    assert (release["version"], release["deployCount"]) == ("app@1.0", 1)
    assert release["dateReleased"] is not None
    assert release["lastDeploy"]["environment"] == "prod"
    assert "prod" in cli("deploys", "list", "--release", "app@1.0")
    assert "app@1.0" in cli("releases", "list")
    cli("sourcemaps", "inject", "dist")
    assert "File processing complete" in cli("sourcemaps", "upload", "--release", "app@1.0", "dist")
    cli("releases", "new", "app@2.0")
    cli("releases", "delete", "app@2.0")


def events_issues_and_monitors(cli: Callable[..., str], endpoints: Mapping[str, str]) -> None:
    cli("send-event", "--message", "from the shell", "--release", "app@1.0")
    assert "from the shell" in cli("events", "list")
    assert "unresolved" in cli("issues", "list")
    cli("issues", "resolve", "--id", "1")
    assert [row["status"] for row in ask(endpoints, "/api/0/projects/acme/api/issues/")] == ["resolved"]
    cli("monitors", "run", "nightly", "--", "true")
    assert "nightly" in cli("monitors", "list")
    assert "api" in cli("projects", "list")
    assert "acme" in cli("organizations", "list")
    cli("logs", "list")
