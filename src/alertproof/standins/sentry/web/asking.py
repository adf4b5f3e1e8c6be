"""What every route of the web API shares: the token, projects and organizations by name, filters, answers.

A parameter, a search or a data set that is not modelled is answered with 400 and its name. Source: docs.sentry.io/api.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, TypeVar, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.errors import ConfigError, NotModelled
from alertproof.sentry.conditions import RuleError
from alertproof.sentry.rows import Value
from alertproof.sentry.search import Lookup, field_values, holds, parse_search
from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.sentry.issues import Issue, Placed, Project, Stored
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.web.paging import BadRequestError, between

__all__ = ["PAGE", "RANGE", "Asking", "Handler", "MissingError", "address", "answer", "guarded", "lookup", "read"]

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
_T = TypeVar("_T")
RANGE = ("statsPeriod", "start", "end")
PAGE = ("cursor", "per_page", "limit")
#: No client of the API sends more.
_LARGEST = 8 * 1024 * 1024


class MissingError(Exception):
    """A request to answer with 404 and this text."""

    def __init__(self, text: str = "The requested resource does not exist") -> None:
        super().__init__(text)


@final
class Asking:
    """Finds what a request asks about."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def projects(self, request: Request) -> list[Project]:
        """Return the organization's projects; raises `MissingError` without any."""
        found = [each for each in self.store.projects if each.org == request.path_params["org"]]
        if not found:
            raise MissingError
        return found

    def project(self, request: Request) -> Project:
        """Return the project that the path names, by slug or id."""
        wanted = request.path_params["project"]
        for project in self.projects(request):
            if wanted in {project.slug, project.project_id}:
                return project
        raise MissingError

    def chosen(self, request: Request) -> list[Project]:
        """Return the projects that the query chooses, by id or slug; all of the organization without a choice."""
        projects, wanted = self.projects(request), set(request.query_params.getlist("project"))
        if not wanted or "-1" in wanted:
            return projects
        missing = sorted(wanted - {name for each in projects for name in (each.project_id, each.slug)})
        if missing:
            raise BadRequestError(f"Invalid project parameter: {missing[0]!r}. Values must be project ids.")
        return [project for project in projects if wanted & {project.project_id, project.slug}]

    def issue(self, request: Request) -> Issue:
        """Return the issue that the path names, by id or short id."""
        wanted = request.path_params["issue_id"]
        for issue in self.store.issues(self.store.projects):
            if wanted in {issue.id, issue.short_id} and request.path_params.get("org", issue.project.org) == (
                issue.project.org
            ):
                return issue
        raise MissingError

    def wanted(self, request: Request) -> Callable[[Stored | Placed], bool]:
        """Return whether a row is asked for; made before there is one, so that a bad search is always refused."""
        start, end = between(request, self.clock.now())
        search = parse_search(request.query_params.get("query", ""))
        environments = set(request.query_params.getlist("environment"))

        def asked(row: Stored | Placed) -> bool:
            environment = row.event.environment if isinstance(row, Stored) else row.row.environment
            here = not environments or environment in environments
            return here and start <= row.order[0] <= end and holds(lookup(row), search)

        return asked


def lookup(row: Stored | Placed) -> Lookup:
    """Return what a search sees of a row."""

    def values(key: str) -> tuple[Value, ...]:
        shared: dict[str, Value] = {
            "project": row.project.slug,
            "project.name": row.project.slug,
            "project.id": row.project.project_id,
            "timestamp": row.order[0],
        }
        if key in shared:
            return (shared[key],)
        if isinstance(row, Placed):
            found = row.row.fields.get(key)
            return () if found is None else (found,)
        issue = row.issue
        if issue is not None and key in {"issue", "issue.id", "is"}:
            return ({"issue": issue.short_id, "issue.id": issue.id, "is": issue.status}[key],)
        extra = row.timing.get(key) if row.timing else None
        return field_values(row.event, key) if extra is None else (extra,)

    return values


def guarded(path: str, handler: Handler, *methods: str) -> Route:
    """Return a route that asks for a bearer token and answers mistakes as Sentry does."""

    async def answered(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return answer({"detail": "Authentication credentials were not provided."}, status=401)
        try:
            return await handler(request)
        except (BadRequestError, ConfigError, NotModelled) as error:
            return answer({"detail": str(error)}, status=400)
        except RuleError as error:
            return answer({error.field: [error.message]}, status=400)
        except MissingError as error:
            return answer({"detail": str(error)}, status=404)

    return Route(path, answered, methods=list(methods or ("GET",)))


def answer(content: Any, headers: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


async def read(request: Request, kind: type[_T]) -> _T:
    """Read a JSON body; raises `BadRequestError` saying where it is wrong."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST:
            raise BadRequestError(f"the body is larger than {_LARGEST} bytes")
        parts.append(part)
    try:
        return msgspec.convert(decode_json(b"".join(parts) or b"{}"), kind)
    except (NotJsonError, msgspec.ValidationError) as error:
        raise BadRequestError(f"the body cannot be read: {error}") from error


def address(request: Request) -> str:
    """Return the stand-in's own address, for links."""
    return f"{request.url.scheme}://{request.url.netloc}"
