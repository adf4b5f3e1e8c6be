"""What the stand-in answers is of the types that Sentry publishes of its web API (``@sentry/api``), says its compiler.

The package has the vendor's OpenAPI document as types. An answer may have less than the vendor shows where `LESS` says
so, but nothing of it may be of another type.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.needs("npm")
PACKAGES = ("@sentry/api@0.1.0", "typescript@5.9.3")
ORGANIZATION, PROJECT = "/organizations/acme/", "/projects/acme/api/"
TYPES = """
// Fields that the published type does not know are fine; with Less, so are those that are missing.
type Known<T> = T extends (infer U)[] ? Known<U>[] : T extends object
  ? {[K in keyof T]: Known<T[K]>} & {[name: string]: unknown} : T;
type Less<T> = T extends (infer U)[] ? Less<U>[] : T extends object
  ? {[K in keyof T]?: Less<T[K]>} & {[name: string]: unknown} : T;
declare function whole<T>(answer: Known<T>): void;
declare function less<T>(answer: Less<T>): void;
"""
WHOLE = {
    "events/?dataset=errors&field=title&field=count()": "QueryExploreEventsInTableFormat",
    "monitors/": "RetrieveMonitorsForAnOrganization",
    "releases/": "ListAnOrganizationSReleases",
    "releases/r2/deploys/": "ListAReleaseSDeploys",
    "stats_v2/?statsPeriod=1d&field=sum(quantity)&groupBy=outcome": "RetrieveEventCountsForAnOrganizationV2",
    "sessions/?statsPeriod=1d&field=sum(session)&groupBy=release": "RetrieveReleaseHealthSessionStatistics",
    "workflows/": "FetchAlerts",
    "workflows/{workflow}/": "FetchAnAlert",
    "alert-rules/": "DeprecatedListAnOrganizationSMetricAlertRules",
    "alert-rules/{metric}/": "DeprecatedRetrieveAMetricAlertRuleForAnOrganization",
    "repos/": "ListAnOrganizationSRepositories",
    "issues/1/events/": "ListAnIssueSEvents",
}
WHOLE_OF_PROJECT = {
    "events/": "ListAProjectSErrorEvents",
    "rules/": "DeprecatedListAProjectSissueAlertRules",
    "rules/{rule}/": "DeprecatedRetrieveAnIssueAlertRuleForAProject",
}
#: Without what belongs to pages, people, plans, commits and symbolication.
LESS = {
    "": "RetrieveAnOrganization",
    "eventids/{event}/": "ResolveAnEventId",
    "projects/": "ListAnOrganizationSProjects",
    "issues/": "ListAnOrganizationSissues",
    "issues/1/": "RetrieveAnIssue",
    "issues/1/events/latest/": "RetrieveAnIssueEvent",
    "integrations/": "ListAnOrganizationSAvailableIntegrations",
    "releases/r2/": "RetrieveAnOrganizationSRelease",
}
LESS_OF_PROJECT = {
    "": "RetrieveAProject",
    "events/{event}/": "RetrieveAnEventForAProject",
    "issues/": "ListAProjectSissues",
    "keys/": "ListAProjectSClientKeys",
}
EVENT = {
    "exception": {
        "values": [
            {
                "type": "RangeError",
                "value": "x",
                "mechanism": {"type": "generic", "handled": False},
                "stacktrace": {"frames": [{"function": "f", "filename": "a.py", "lineno": 3, "context_line": "x"}]},
            }
        ]
    },
    "tags": {"tenant": "acme"},
    "release": "r1",
    "user": {"id": "7"},
    "request": {"url": "http://x/?a=1", "method": "GET", "headers": {"A": "b"}},
    "breadcrumbs": {"values": [{"message": "m", "category": "c"}]},
    "sdk": {"name": "sentry.python", "version": "2.75.0"},
}


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("types")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    return folder


def made_of_everything(sentry: Any) -> dict[str, str]:
    """Create one of everything, and return the ids."""

    def made(path: str, body: dict[str, Any]) -> str:
        answer = sentry.change("POST", path, body)
        assert answer.is_success, answer.text
        return str(answer.json().get("id"))

    condition = {"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}
    action = {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"}
    rule = {"name": "r", "actionMatch": "any", "frequency": 5, "conditions": [condition], "actions": [action]}
    trigger = {"label": "critical", "alertThreshold": 5, "actions": []}
    metric = {"name": "m", "aggregate": "count()", "dataset": "events", "timeWindow": 5, "thresholdType": 0}
    first = {"type": "first_seen_event", "comparison": True, "conditionResult": True}
    workflow = {"name": "w", "config": {"frequency": 5}, "triggers": {"logicType": "any-short", "conditions": [first]}}
    service = {"service_table": [{"service": "api", "integration_key": "R" * 32, "id": ""}]}
    made(f"{ORGANIZATION}integrations/1/", service)
    made(f"{ORGANIZATION}releases/", {"version": "r2", "projects": ["api"]})
    deploy = {"environment": "prod", "name": "d", "url": "https://x/", "dateStarted": "2026-03-01T00:00:00Z"}
    made(f"{ORGANIZATION}releases/r2/deploys/", deploy)
    return {
        "event": sentry.send(EVENT),
        "rule": made(f"{PROJECT}rules/", rule),
        "metric": made(f"{ORGANIZATION}alert-rules/", metric | {"triggers": [trigger], "projects": ["api"]}),
        "workflow": made(f"{ORGANIZATION}workflows/", workflow | {"actionFilters": []}),
    }


def test_every_answer_is_of_the_type_that_sentry_publishes(folder: Path, sentry: Any) -> None:
    ids, lines, names = made_of_everything(sentry), [], set()
    groups = (
        ("whole", ORGANIZATION, WHOLE),
        ("whole", PROJECT, WHOLE_OF_PROJECT),
        ("less", ORGANIZATION, LESS),
        ("less", PROJECT, LESS_OF_PROJECT),
    )
    for function, root, answers in groups:
        for path, name in answers.items():
            asked = root + path.format_map(ids)
            answer = sentry.client.get(f"/api/0{asked}", headers={"Authorization": "Bearer token"})
            assert answer.status_code == 200, asked
            lines.append(f"{function}<{name}Response>({json.dumps(answer.json())}); // {asked}")
            names.add(f"{name}Response")
    head = f"import type {{{', '.join(sorted(names))}}} from '@sentry/api';\n{TYPES}"
    assert said_of(folder, head + "\n".join(lines)) == []
    # The compiler does look: an id that is a number is seen.
    wrong = "import type {ListYourOrganizationsResponse} from '@sentry/api';\n" + TYPES
    assert len(said_of(folder, wrong + "less<ListYourOrganizationsResponse>([{id: 5}]);")) == 1


def said_of(folder: Path, program: str) -> list[str]:
    """Return what the compiler says of a program, each with the line that it means."""
    (folder / "check.ts").write_text(program, encoding="utf-8")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler")
    command = ["node", "node_modules/typescript/lib/tsc.js", *options, "check.ts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    lines = program.split("\n")
    found = [line for line in done.stdout.splitlines() if line.startswith("check.ts(")]
    assert bool(found) is bool(done.returncode), done.stdout + done.stderr
    return [f"{lines[int(each[9:].split(',')[0]) - 1].rpartition('// ')[2]}: {each[:400]}" for each in found]
