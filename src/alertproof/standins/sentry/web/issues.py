"""Issues: listed, searched, shown, resolved and ignored. Source: docs.sentry.io/api/events (issues)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.sentry.event import promoted_tags
from alertproof.standins.sentry.issues import Issue, Project, Status
from alertproof.standins.sentry.web.asking import PAGE, RANGE, Asking, MissingError, address, answer, guarded, read
from alertproof.standins.sentry.web.paging import BadRequestError, only, page
from alertproof.standins.sentry.web.render import issue_summary

__all__ = ["IssueRoutes"]


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    status: str | msgspec.UnsetType = msgspec.UNSET
    statusDetails: dict[str, Any] = {}  # noqa: N815 (the wire's name)
    substatus: str | None = None
    snoozeDuration: int | None = None  # noqa: N815 (the wire's name)


#: What a change of status may be called, and what it leaves.
_STATES: dict[str, Status] = {
    "resolved": "resolved",
    "unresolved": "unresolved",
    "ignored": "ignored",
    "muted": "ignored",
}


@final
class IssueRoutes:
    """The routes of issues."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        project, organization = "/api/0/projects/{org}/{project}/issues/", "/api/0/organizations/{org}/issues/"
        found = [
            guarded(project, self._of_project),
            guarded(project, self._change_listed, "PUT"),
            guarded(organization, self._of_organization),
            guarded(organization, self._change_listed, "PUT"),
        ]
        for one in (f"{organization}{{issue_id}}/", "/api/0/issues/{issue_id}/"):
            found += [
                guarded(one, self._issue),
                guarded(one, self._change, "PUT"),
                guarded(f"{one}hashes/", self._hashes),
                guarded(f"{one}tags/{{key}}/", self._tag),
                guarded(f"{one}tags/", self._tags),
            ]
        return found

    async def _of_project(self, request: Request) -> Response:
        only(request, "query", *RANGE, *PAGE)
        return self._listed(request, [self._asking.project(request)])

    async def _of_organization(self, request: Request) -> Response:
        only(request, "query", "project", "environment", *RANGE, *PAGE)
        return self._listed(request, self._asking.chosen(request))

    async def _issue(self, request: Request) -> Response:
        only(request)
        return answer(issue_summary(self._asking.issue(request), address=address(request)))

    async def _change(self, request: Request) -> Response:
        issue = self._asking.issue(request)
        self._set([issue], await read(request, _Change))
        return answer(issue_summary(issue, address=address(request)))

    async def _change_listed(self, request: Request) -> Response:
        only(request, "id", "status", "query", "project")
        here = "project" in request.path_params
        projects = [self._asking.project(request)] if here else self._asking.chosen(request)
        wanted = set(request.query_params.getlist("id"))
        state = request.query_params.get("status")
        issues = self._asking.store.issues(projects)
        chosen = [
            issue for issue in issues if (not wanted or issue.id in wanted) and (not state or issue.status == state)
        ]
        if not chosen:
            return Response(status_code=204)
        change = await read(request, _Change)
        self._set(chosen, change)
        return answer({"status": chosen[0].status, "statusDetails": {}})

    def _set(self, issues: Iterable[Issue], change: _Change) -> None:
        if isinstance(change.status, msgspec.UnsetType):
            raise BadRequestError("the stand-in changes only an issue's status")
        status = _STATES.get(change.status)
        if status is None or change.statusDetails or change.snoozeDuration:
            told = f"status {change.status!r}" if status is None else "statusDetails or snoozeDuration"
            raise BadRequestError(f"the stand-in does not model the {told} (modelled: {', '.join(sorted(_STATES))})")
        for issue in issues:
            issue.status = status

    async def _hashes(self, request: Request) -> Response:
        only(request, *PAGE)
        issue = self._asking.issue(request)
        return answer([{"id": issue.grouping.key, "latestEvent": {"eventID": issue.newest.event.event_id}}])

    async def _tags(self, request: Request) -> Response:
        only(request)
        counted = self._counted(request)
        return answer([_tag(key, values) for key, values in sorted(counted.items())])

    async def _tag(self, request: Request) -> Response:
        only(request)
        key = request.path_params["key"]
        counted = self._counted(request)
        if key not in counted:
            raise MissingError
        return answer(_tag(key, counted[key]))

    def _counted(self, request: Request) -> dict[str, Counter[str]]:
        counted: dict[str, Counter[str]] = {}
        for stored in self._asking.issue(request).events:
            for key, value in promoted_tags(stored.event):
                counted.setdefault(key, Counter())[value] += 1
        return counted

    def _listed(self, request: Request, projects: Iterable[Project]) -> Response:
        wanted = self._asking.wanted(request)
        found = [issue for issue in self._asking.store.issues(projects) if any(map(wanted, issue.events))]
        rows, headers = page(request, found, order=lambda issue: issue.newest.order)
        return answer([issue_summary(issue, address=address(request)) for issue in rows], headers)


def _tag(key: str, values: Counter[str]) -> dict[str, Any]:
    top = [{"value": value, "name": value, "count": count} for value, count in values.most_common(10)]
    return {
        "key": key,
        "name": key.title(),
        "uniqueValues": len(values),
        "totalValues": values.total(),
        "topValues": top,
    }
