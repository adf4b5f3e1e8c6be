"""Releases and their deploys: made by sentry-cli, or by the first event that names one.

Source: docs.sentry.io/api/releases; sentry-cli (api/data_types).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.web.asking import PAGE, Asking, MissingError, answer, guarded, read
from alertproof.standins.sentry.web.paging import BadRequestError, only, page, unpaged

__all__ = ["Releases"]

#: Releases of an organization, and deploys of a release, at most; a forgotten one is the oldest.
_KEPT = 1000
_BAD = ("", ".", "..", "latest")


class _Written(msgspec.Struct):
    version: str = ""
    projects: list[str | int] = []
    ref: str | None = None
    url: str | None = None
    dateReleased: datetime | None = None  # noqa: N815 (the wire's name)
    dateStarted: datetime | None = None  # noqa: N815 (the wire's name)
    commits: list[dict[str, Any]] = []
    refs: list[dict[str, Any]] = []
    status: str = "open"


class _Deploy(msgspec.Struct):
    environment: str = ""
    name: str | None = None
    url: str | None = None
    dateStarted: datetime | None = None  # noqa: N815 (the wire's name)
    dateFinished: datetime | None = None  # noqa: N815 (the wire's name)
    projects: list[str | int] | None = None


@dataclass(slots=True, kw_only=True)
class _Release:
    number: int
    version: str
    created: datetime
    projects: list[Project]
    written: _Written = field(default_factory=_Written)
    deploys: list[dict[str, Any]] = field(default_factory=list)


@final
class Releases:
    """The releases of all organizations, and their routes."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._by_name: dict[tuple[str, str], _Release] = {}
        self._number = self._deploys = 0

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        found = []
        for root in ("/api/0/organizations/{org}/releases/", "/api/0/projects/{org}/{project}/releases/"):
            one = f"{root}{{version}}/"
            found += [
                guarded(root, self._listed),
                guarded(root, self._made, "POST"),
                guarded(f"{one}deploys/", self._deploys_of),
                guarded(f"{one}deploys/", self._deployed, "POST"),
                guarded(f"{one}previous-with-commits/", self._previous),
                guarded(one, self._shown),
                guarded(one, self._changed, "PUT"),
                guarded(one, self._deleted, "DELETE"),
            ]
        return found

    async def _listed(self, request: Request) -> Response:
        only(request, "query", "project", "environment", *PAGE)
        projects = self._projects(request)
        self._learn()
        text = request.query_params.get("query", "")
        found = [
            release
            for (org, version), release in self._by_name.items()
            if org == request.path_params["org"] and text in version and _shared(release, projects)
        ]
        found.sort(key=_order, reverse=True)
        rows, headers = page(request, found, order=_order)
        return answer([self._row(release) for release in rows], headers)

    async def _made(self, request: Request) -> Response:
        written = await read(request, _Written)
        if written.version in _BAD or "\n" in written.version or "/" in written.version:
            raise BadRequestError(f"Release name cannot be {written.version!r}")
        names = {str(name) for name in written.projects}
        projects = self._projects(request)
        chosen = [each for each in projects if not names or names & {each.slug, each.project_id}]
        if not chosen:
            raise BadRequestError("Invalid project slugs")
        self._learn()
        known = self._by_name.get((request.path_params["org"], written.version))
        release = known or self._make(written.version, chosen, self._asking.clock.now())
        release.projects += [each for each in chosen if each not in release.projects]
        _change(release, written)
        return answer(self._row(release), status=208 if known else 201)

    async def _shown(self, request: Request) -> Response:
        only(request, "project", "health")
        return answer(self._row(self._found(request)))

    async def _changed(self, request: Request) -> Response:
        release = self._found(request)
        _change(release, await read(request, _Written))
        return answer(self._row(release))

    async def _deleted(self, request: Request) -> Response:
        release = self._found(request)
        if any(stored.event.release == release.version for stored in self._asking.store.events(release.projects)):
            raise BadRequestError("This release is referenced by active issues and cannot be removed.")
        del self._by_name[request.path_params["org"], release.version]
        return Response(status_code=204)

    async def _previous(self, request: Request) -> Response:
        release = self._found(request)
        earlier = [
            each
            for (org, _), each in self._by_name.items()
            if org == request.path_params["org"] and each.written.commits and each.number < release.number
        ]
        return answer(self._row(earlier[-1]) if earlier else {})

    async def _deploys_of(self, request: Request) -> Response:
        only(request, *PAGE)
        return answer(self._found(request).deploys[::-1], unpaged(request))

    async def _deployed(self, request: Request) -> Response:
        release = self._found(request)
        deploy = await read(request, _Deploy)
        if not deploy.environment:
            raise BadRequestError("environment: This field is required.")
        self._deploys += 1
        now = self._asking.clock.now()
        row = {
            "id": str(self._deploys),
            "environment": deploy.environment,
            "name": deploy.name,
            "url": deploy.url,
            "dateStarted": deploy.dateStarted,
            "dateFinished": deploy.dateFinished or now,
        }
        release.deploys.append(row)
        del release.deploys[:-_KEPT]
        return answer(row, status=201)

    def _projects(self, request: Request) -> list[Project]:
        return [self._asking.project(request)] if "project" in request.path_params else self._asking.projects(request)

    def _found(self, request: Request) -> _Release:
        projects = self._projects(request)
        self._learn()
        release = self._by_name.get((request.path_params["org"], request.path_params["version"]))
        if release is None or not _shared(release, projects):
            raise MissingError
        return release

    def _make(self, version: str, projects: list[Project], at: datetime) -> _Release:
        self._number += 1
        release = _Release(number=self._number, version=version, created=at, projects=list(projects))
        self._by_name[projects[0].org, version] = release
        if len(self._by_name) > _KEPT:
            self._by_name.pop(next(iter(self._by_name)))
        return release

    def _learn(self) -> None:
        """Make the releases that events name, as of their first events: it does not matter who asks, and when."""
        store = self._asking.store
        for stored in sorted(store.events(store.projects), key=lambda each: each.sequence):
            version = stored.event.release
            if version is None:
                continue
            release = self._by_name.get((stored.project.org, version)) or self._make(
                version, [stored.project], stored.event.received
            )
            if stored.project not in release.projects:
                release.projects.append(stored.project)

    def _row(self, release: _Release) -> dict[str, Any]:
        events = [each for each in self._asking.store.events(release.projects) if each.event.release == release.version]
        last, written = release.deploys[-1] if release.deploys else None, release.written
        return {
            "id": release.number,
            "version": release.version,
            "shortVersion": release.version,
            "status": written.status,
            "ref": written.ref,
            "url": written.url,
            "dateCreated": release.created,
            "dateReleased": written.dateReleased,
            "firstEvent": min((each.event.timestamp for each in events), default=None),
            "lastEvent": max((each.event.timestamp for each in events), default=None),
            "newGroups": sum(each.first for each in events),
            "commitCount": len(written.commits),
            "lastCommit": written.commits[-1] if written.commits else None,
            "deployCount": len(release.deploys),
            "lastDeploy": last,
            "authors": [],
            "data": {},
            "owner": None,
            "projects": [
                {"id": int(each.project_id) if each.project_id.isdigit() else each.project_id, "slug": each.slug,
                 "name": each.slug, "platform": None, "platforms": [], "newGroups": 0, "hasHealthData": False}
                for each in release.projects
            ],
        }  # fmt: skip


def _order(release: _Release) -> tuple[datetime, int]:
    return release.created, release.number


def _shared(release: _Release, projects: list[Project]) -> bool:
    return any(project in release.projects for project in projects)


def _change(release: _Release, written: _Written) -> None:
    before = release.written
    release.written = _Written(
        version=release.version,
        ref=written.ref or before.ref,
        url=written.url or before.url,
        dateReleased=written.dateReleased or before.dateReleased,
        dateStarted=written.dateStarted or before.dateStarted,
        commits=written.commits or before.commits,
        refs=written.refs or before.refs,
        status=written.status,
    )
