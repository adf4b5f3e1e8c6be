"""The event part of Sentry's web API. Everything is read here, and in stack time.

A parameter, a search or a data set that is not modelled is answered with 400 and its name.
Source: docs.sentry.io/api/events.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.errors import NotModelled
from alertproof.sentry import Term, matches, parse_search
from alertproof.sentry.search import field_values
from alertproof.standins.sentry.paging import BadRequestError, between, only, page
from alertproof.standins.sentry.render import event_full, event_summary, issue_summary
from alertproof.standins.sentry.store import Issue, Project, Store, Stored

__all__ = ["Api"]

_Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
_RANGE = ("statsPeriod", "start", "end")
_PAGE = ("cursor", "per_page", "limit")


class _MissingError(Exception):
    pass


@final
class Api:
    """The read side of the stand-in."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes to mount; each asks for a bearer token."""
        project, organization = "/api/0/projects/{org}/{project}", "/api/0/organizations/{org}"
        table: dict[str, _Handler] = {
            f"{project}/events/": self._project_events,
            f"{project}/events/{{event_id}}/": self._event,
            f"{project}/issues/": self._project_issues,
            f"{organization}/eventids/{{event_id}}/": self._event_id,
            f"{organization}/events/": self._table,
            f"{organization}/issues/": self._organization_issues,
            f"{organization}/issues/{{issue_id}}/": self._issue,
            f"{organization}/issues/{{issue_id}}/events/": self._issue_events,
        }
        return [Route(path, _guarded(handler), methods=["GET"]) for path, handler in table.items()]

    async def _project_events(self, request: Request) -> Response:
        only(request, "full", *_RANGE, *_PAGE)
        # Only errors: a transaction is found by its id.
        return self._listed(request, self._errors([self._project(request)]))

    async def _event(self, request: Request) -> Response:
        only(request)
        stored = self._store.event(self._project(request), request.path_params["event_id"])
        if stored is None:
            raise _MissingError("Event not found")
        return _json(event_full(stored))

    async def _event_id(self, request: Request) -> Response:
        only(request)
        wanted = request.path_params["event_id"]
        found = (self._store.event(project, wanted) for project in self._projects(request))
        stored = next((each for each in found if each), None)
        if stored is None:
            raise _MissingError("Event not found")
        return _json(
            {
                "organizationSlug": stored.project.org,
                "projectSlug": stored.project.slug,
                "groupId": stored.issue.id if stored.issue else None,
                "eventId": stored.event.event_id,
                "event": event_full(stored),
            }
        )

    async def _project_issues(self, request: Request) -> Response:
        only(request, "query", *_PAGE)
        return self._issues(request, [self._project(request)])

    async def _organization_issues(self, request: Request) -> Response:
        only(request, "query", "project", "environment", *_RANGE, *_PAGE)
        return self._issues(request, self._chosen(request))

    async def _issue(self, request: Request) -> Response:
        only(request)
        return _json(issue_summary(self._find_issue(request), address=_address(request)))

    async def _issue_events(self, request: Request) -> Response:
        only(request, "full", "query", "environment", *_RANGE, *_PAGE)
        events = sorted(self._find_issue(request).events, key=lambda stored: stored.order, reverse=True)
        return self._listed(request, events)

    async def _table(self, request: Request) -> Response:
        only(request, "dataset", "field", "query", "sort", "project", "environment", *_RANGE, *_PAGE)
        parameters = request.query_params
        dataset = parameters.get("dataset")
        if dataset != "errors":
            raise NotModelled(f"the data set {dataset!r} is not modelled; use dataset=errors")
        if parameters.get("sort", "-timestamp") != "-timestamp":
            raise NotModelled(f"sort={parameters['sort']} is not modelled; use sort=-timestamp")
        fields = parameters.getlist("field")
        if not fields:
            raise BadRequestError("No columns selected")
        functions = [field for field in fields if "(" in field]
        if functions:
            raise NotModelled(f"the function {functions[0]} is not modelled as a field")
        found = list(filter(self._filter(request), self._errors(self._chosen(request))))
        rows, headers = page(request, found, order=lambda stored: stored.order)
        meta = {"fields": {field: _column_type(field) for field in fields}, "units": {}, "dataset": "errors"}
        data = [{field: _cell(stored, field) for field in fields} for stored in rows]
        return _json({"data": data, "meta": meta}, headers)

    def _errors(self, projects: Iterable[Project]) -> list[Stored]:
        return [stored for stored in self._store.events(projects) if stored.event.kind == "error"]

    def _listed(self, request: Request, events: Iterable[Stored]) -> Response:
        rows, headers = page(request, list(filter(self._filter(request), events)), order=lambda stored: stored.order)
        full = request.query_params.get("full", "").lower() in {"1", "true"}
        return _json([event_full(each) if full else event_summary(each) for each in rows], headers)

    def _issues(self, request: Request, projects: Iterable[Project]) -> Response:
        wanted = self._filter(request)
        found = [issue for issue in self._store.issues(projects) if any(map(wanted, issue.events))]
        rows, headers = page(request, found, order=lambda issue: issue.newest.order)
        return _json([issue_summary(issue, address=_address(request)) for issue in rows], headers)

    def _filter(self, request: Request) -> Callable[[Stored], bool]:
        """Return whether an event is asked for; made before there is one, so that a bad search is always refused."""
        start, end = between(request, self._clock.now())
        terms: tuple[Term, ...] = parse_search(request.query_params.get("query", ""))
        environments = set(request.query_params.getlist("environment"))

        def wanted(stored: Stored) -> bool:
            event = stored.event
            here = not environments or event.environment in environments
            return here and start <= event.timestamp <= end and matches(event, terms)

        return wanted

    def _projects(self, request: Request) -> list[Project]:
        found = [each for each in self._store.projects if each.org == request.path_params["org"]]
        if not found:
            raise _MissingError("The requested resource does not exist")
        return found

    def _project(self, request: Request) -> Project:
        wanted = request.path_params["project"]
        for project in self._projects(request):
            if wanted in {project.slug, project.project_id}:
                return project
        raise _MissingError("The requested resource does not exist")

    def _chosen(self, request: Request) -> list[Project]:
        projects, wanted = self._projects(request), set(request.query_params.getlist("project"))
        if not wanted or "-1" in wanted:
            return projects
        missing = sorted(wanted - {project.project_id for project in projects})
        if missing:
            raise BadRequestError(f"Invalid project parameter: {missing[0]!r}. Values must be project ids.")
        return [project for project in projects if project.project_id in wanted]

    def _find_issue(self, request: Request) -> Issue:
        wanted = request.path_params["issue_id"]
        for issue in self._store.issues(self._projects(request)):
            if wanted in {issue.id, issue.short_id}:
                return issue
        raise _MissingError("The requested resource does not exist")


def _guarded(handler: _Handler) -> _Handler:
    async def answer(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return _json({"detail": "Authentication credentials were not provided."}, status=401)
        try:
            return await handler(request)
        except (BadRequestError, NotModelled) as error:
            return _json({"detail": str(error)}, status=400)
        except _MissingError as error:
            return _json({"detail": str(error)}, status=404)

    return answer


def _json(content: Any, headers: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


def _address(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _cell(stored: Stored, field: str) -> Any:
    issue = stored.issue
    known = {
        "issue": issue.short_id if issue else None,
        "issue.id": issue.number if issue else None,
        "project": stored.project.slug,
        "project.id": int(stored.project.project_id) if stored.project.project_id.isdigit() else None,
        "project.name": stored.project.slug,
        "timestamp": stored.event.timestamp,
    }
    if field in known:
        return known[field]
    name = field.removeprefix("tags[").removesuffix("]") if field.startswith("tags[") else field
    values = field_values(stored.event, name)
    if field in {"error.type", "error.value"}:
        return list(values)
    return values[0] if values else None


def _column_type(field: str) -> str:
    return {"timestamp": "date", "issue.id": "integer", "project.id": "integer"}.get(field, "string")
