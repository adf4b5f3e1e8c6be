"""Who one is, organizations, projects and their client keys, as the web API shows them.

Projects are those that the stand-in was started with; of their settings those of data scrubbing are acted upon, and
the others (`ProjectSettings`) kept.
Source: docs.sentry.io/api/organizations, docs.sentry.io/api/projects.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.web.asking import PAGE, Asking, address, answer, guarded, read
from alertproof.standins.sentry.web.paging import only, unpaged
from alertproof.standins.sentry.web.scrubbing import Scrubbing
from alertproof.standins.sentry.web.settings import FIELDS, ProjectSettings

__all__ = ["AccountRoutes"]

_SCOPES = [
    "alerts:read", "alerts:write", "event:admin", "event:read", "event:write", "org:read", "project:read",
    "project:releases", "project:write",
]  # fmt: skip


@final
class AccountRoutes:
    """The routes of organizations and projects."""

    def __init__(self, asking: Asking, scrubbing: Scrubbing, settings: ProjectSettings) -> None:
        self._asking = asking
        self._scrubbing = scrubbing
        self._settings = settings
        # The stack began with it: also for a stand-in that was started again.
        self._since = asking.store.anchor.stack

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [
            guarded("/api/0/", self._who),
            guarded("/api/0/organizations/", self._organizations),
            guarded("/api/0/organizations/{org}/", self._organization),
            guarded("/api/0/organizations/{org}/", self._organization_changed, "PUT"),
            guarded("/api/0/organizations/{org}/projects/", self._of_organization),
            guarded("/api/0/organizations/{org}/repos/", self._repositories),
            guarded("/api/0/projects/", self._projects),
            guarded("/api/0/projects/{org}/{project}/", self._project),
            guarded("/api/0/projects/{org}/{project}/", self._project_changed, "PUT"),
            guarded("/api/0/projects/{org}/{project}/keys/", self._keys),
        ]

    async def _who(self, request: Request) -> Response:
        only(request)
        return answer({"version": "0", "auth": {"scopes": _SCOPES}, "user": None})

    async def _organizations(self, request: Request) -> Response:
        only(request, *PAGE)
        names = sorted({project.org for project in self._asking.store.projects})
        return answer([_organization(name, self._since) for name in names], unpaged(request))

    async def _organization(self, request: Request) -> Response:
        only(request, "detailed")
        return self._whole_organization(self._asking.projects(request))

    async def _organization_changed(self, request: Request) -> Response:
        projects = self._asking.projects(request)
        given = await read(request, dict[str, Any])
        # What came before is scrubbed by the settings of before.
        self._asking.store.settle()
        self._scrubbing.change_organization(projects[0].org, given)
        return self._whole_organization(projects)

    def _whole_organization(self, projects: list[Project]) -> Response:
        org = projects[0].org
        shown = [_project(each, self._since) for each in projects]
        settings = self._scrubbing.of_organization(org)
        return answer(_organization(org, self._since) | settings | {"projects": shown})

    async def _of_organization(self, request: Request) -> Response:
        only(request, *PAGE)
        projects = self._asking.projects(request)
        return answer([_project(each, self._since) for each in projects], unpaged(request))

    async def _repositories(self, request: Request) -> Response:
        only(request, *PAGE)
        self._asking.projects(request)
        return answer([], unpaged(request))

    async def _projects(self, request: Request) -> Response:
        only(request, *PAGE)
        return answer([_project(each, self._since) for each in self._asking.store.projects], unpaged(request))

    async def _project(self, request: Request) -> Response:
        only(request)
        return self._whole_project(self._asking.project(request))

    async def _project_changed(self, request: Request) -> Response:
        project = self._asking.project(request)
        given = await read(request, dict[str, Any])
        self._asking.store.settle()
        own = self._settings.understood({name: given.pop(name) for name in FIELDS if name in given})
        if given:
            self._scrubbing.change_project(project, given)
        self._settings.change(project, own)
        return self._whole_project(project)

    def _whole_project(self, project: Project) -> Response:
        shown = self._settings.shown(project) | self._scrubbing.of_project(project)
        return answer(_project(project, self._since) | shown)

    async def _keys(self, request: Request) -> Response:
        only(request, "status", *PAGE)
        project = self._asking.project(request)
        host = address(request).partition("://")[2]
        dsn = f"http://{project.public_key}@{host}/{project.project_id}"
        root = f"{address(request)}/api/{project.project_id}"
        key = {
            "id": project.public_key,
            "name": "Default",
            "label": "Default",
            "public": project.public_key,
            "projectId": _number(project),
            "isActive": True,
            "rateLimit": self._settings.limit(project),
            "dsn": {
                "public": dsn,
                "security": f"{root}/security/?sentry_key={project.public_key}",
                "minidump": f"{root}/minidump/?sentry_key={project.public_key}",
                "unreal": f"{root}/unreal/{project.public_key}/",
            },
            "dateCreated": self._since,
        }
        return answer([key], unpaged(request))


def _organization(name: str, since: datetime) -> dict[str, Any]:
    return {
        "id": name,
        "slug": name,
        "name": name,
        "status": {"id": "active", "name": "active"},
        "dateCreated": since,
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "features": [],
    }


def _project(project: Project, since: datetime) -> dict[str, Any]:
    return {
        "id": project.project_id,
        "slug": project.slug,
        "name": project.slug,
        "status": "active",
        "platform": None,
        "dateCreated": since,
        "isBookmarked": False,
        "isMember": True,
        "hasAccess": True,
        "features": [],
        "teams": [],
        "organization": _organization(project.org, since),
    }


def _number(project: Project) -> int | str:
    return int(project.project_id) if project.project_id.isdigit() else project.project_id
