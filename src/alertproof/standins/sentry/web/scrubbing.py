"""The data scrubbing that organizations and projects ask for, and where it is done: when an event is read.

Source: docs.sentry.io/security-legal-pii/scrubbing; the names are those of the web API's organization and project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.sentry import EventError
from alertproof.sentry.scrub import (
    NOT_SCRUBBED,
    Scrubber,
    ScrubError,
    ScrubSettings,
    scrubbing_library,
    scrubbing_statement,
)
from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.control.door import ROOT
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.web.paging import BadRequestError

__all__ = ["Scrubbing"]

_OFF = ScrubSettings(dataScrubber=False, dataScrubberDefaults=False)


@final
class Scrubbing:
    """Settings of organizations and projects, and what they do to events; nothing without Relay's library.

    ``wanted`` is False where the stand-in was told to keep events as they were sent.
    """

    def __init__(self, projects: Iterable[Project], *, wanted: bool = True) -> None:
        listed = tuple(projects)
        self.on = wanted and scrubbing_library() is not None
        self.statement = scrubbing_statement() if wanted else "Sentry's server-side data scrubbing was turned off"
        self._organizations = {each.org: ScrubSettings.required() for each in listed}
        first = ScrubSettings() if self.on else _OFF
        self._projects = {each.project_id: first for each in listed}
        self._orgs = {each.project_id: each.org for each in listed}
        self._scrubbers: dict[str, Scrubber] = {}
        self.remake()

    def remake(self) -> None:
        """Let the settings be in force."""
        self._scrubbers = {identity: self._scrubber(identity) for identity in self._projects} if self.on else {}

    def route(self) -> Route:
        """Return the route of the control door: whether events are scrubbed, by what, and what is not."""
        return Route(f"{ROOT}/scrubbing", self._door)

    def scrub(self, project: Project, payload: bytes) -> bytes:
        """Return an event's payload without what is to be scrubbed; raises `EventError` when Relay cannot read it."""
        scrubber = self._scrubbers.get(project.project_id)
        if scrubber is None:
            return payload
        try:
            document = decode_json(payload)
            # What is no event is refused by who reads it.
            return msgspec.json.encode(scrubber.scrub(document)) if isinstance(document, dict) else payload
        except NotJsonError:
            return payload
        except ScrubError as error:
            raise EventError(str(error)) from error

    def of_project(self, project: Project) -> dict[str, Any]:
        """Return a project's settings as the web API shows them."""
        return _shown(self._projects[project.project_id])

    def of_organization(self, org: str) -> dict[str, Any]:
        """Return what an organization requires, as the web API shows it."""
        return _shown(self._organizations[org])

    def change_project(self, project: Project, given: Mapping[str, Any]) -> None:
        """Change settings of a project; raises `BadRequestError` for what cannot be, and then nothing is changed."""
        identity = project.project_id
        settings = self._changed(self._projects[identity], given)
        scrubber = _made(self._organizations[project.org], settings)
        self._projects[identity], self._scrubbers[identity] = settings, scrubber

    def change_organization(self, org: str, given: Mapping[str, Any]) -> None:
        """Change what an organization requires of all its projects; raises as :meth:`change_project`."""
        settings = self._changed(self._organizations[org], given)
        own = [identity for identity, owner in self._orgs.items() if owner == org]
        self._scrubbers |= {identity: _made(settings, self._projects[identity]) for identity in own}
        self._organizations[org] = settings

    def _changed(self, old: ScrubSettings, given: Mapping[str, Any]) -> ScrubSettings:
        unknown = sorted(given.keys() - set(ScrubSettings.__struct_fields__))
        if unknown:
            known = ", ".join(ScrubSettings.__struct_fields__)
            raise BadRequestError(f"{unknown[0]} cannot be changed here; what can be changed: {known}")
        if not self.on:
            raise BadRequestError(self.statement)
        try:
            return msgspec.convert({**_shown(old), **given}, ScrubSettings)
        except msgspec.ValidationError as error:
            raise BadRequestError(str(error)) from error

    def _scrubber(self, identity: str) -> Scrubber:
        return Scrubber(self._organizations[self._orgs[identity]], self._projects[identity])

    async def _door(self, _request: Request) -> Response:
        not_scrubbed = list(NOT_SCRUBBED) if self.on else ["everything"]
        library = scrubbing_library() if self.on else None
        shown = {"on": self.on, "library": library, "statement": self.statement, "not_scrubbed": not_scrubbed}
        return JSONResponse(shown)


def _made(organization: ScrubSettings, project: ScrubSettings) -> Scrubber:
    try:
        return Scrubber(organization, project)
    except ScrubError as error:
        raise BadRequestError(str(error)) from error


def _shown(settings: ScrubSettings) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(settings)
    return shown
