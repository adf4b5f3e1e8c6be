"""What projects are called, which events they turn away, and how many a key may send: kept, and not acted upon.

Source: docs.sentry.io/api/projects (update a project, an inbound data filter, a client key); the list of filters and
the options are those of getsentry/sentry (``project_filters.py``, ``project_details.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.errors import nearest
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.web.asking import PAGE, Asking, MissingError, answer, guarded, read
from alertproof.standins.sentry.web.paging import BadRequestError, only, unpaged

__all__ = ["FIELDS", "ProjectSettings"]

#: The filters, by what they turn away.
_FILTERS: Mapping[str, str] = {
    "browser-extensions": "Filter out errors known to be caused by browser extensions",
    "filtered-transaction": "Filter out health check transactions",
    "legacy-browsers": "Filter out known errors from legacy browsers",
    "localhost": "Filter out events coming from localhost",
    "web-crawlers": "Filter out known web crawlers",
}
_BROWSERS = "legacy-browsers"
_SUBFILTERS = frozenset(
    (
        *("ie", "edge", "safari", "firefox", "chrome", "opera", "android", "opera_mini", "ie_pre_9", "ie9", "ie10"),
        *("ie11", "opera_pre_15", "android_pre_4", "safari_pre_6", "opera_mini_pre_8", "edge_pre_79"),
    )
)
_OPTIONS = ("filters:error_messages", "filters:releases")
#: Of a project's fields, what is changed here; the others are those of scrubbing.
FIELDS = ("name", "platform", "options")
_LONGEST = 10_000
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=_LONGEST)]


class _Given(msgspec.Struct, omit_defaults=True):
    name: _Name | None = None
    platform: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    options: dict[str, _Text] = {}


class _Filter(msgspec.Struct, forbid_unknown_fields=True):
    active: bool | None = None
    subfilters: list[str] | None = None


class _Limit(msgspec.Struct, forbid_unknown_fields=True):
    window: Annotated[int, msgspec.Meta(ge=0, le=86_400)]
    count: Annotated[int, msgspec.Meta(ge=0)]


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    rateLimit: _Limit | None  # noqa: N815 - the web API's name


class _Kept(msgspec.Struct):
    name: str
    platform: str | None = None
    options: dict[str, str] = {}
    filters: dict[str, bool | list[str]] = {}
    limit: _Limit | None = None


@final
class ProjectSettings:
    """The settings of every project, and the routes of filters and keys."""

    def __init__(self, asking: Asking, projects: Iterable[Project]) -> None:
        self._asking = asking
        self._kept = {
            each.project_id: _Kept(name=each.slug, filters=dict.fromkeys(_FILTERS, False)) for each in projects
        }

    def routes(self) -> list[Route]:
        """Return the routes to mount; the list of keys is another's."""
        root = "/api/0/projects/{org}/{project}/"
        return [
            guarded(f"{root}filters/", self._filters),
            guarded(f"{root}filters/{{filter}}/", self._filter_changed, "PUT"),
            guarded(f"{root}keys/{{key}}/", self._key_changed, "PUT"),
        ]

    def shown(self, project: Project) -> dict[str, Any]:
        """Return what a project's own answer has of these."""
        kept = self._kept[project.project_id]
        return {"name": kept.name, "platform": kept.platform, "options": dict(kept.options)}

    def limit(self, project: Project) -> dict[str, int] | None:
        """Return how many events a project's key may send, None for as many as it likes."""
        limit = self._kept[project.project_id].limit
        return None if limit is None else msgspec.to_builtins(limit)

    def understood(self, given: Mapping[str, Any]) -> _Given:
        """Return what a request says of these fields; raises `BadRequestError`."""
        try:
            fields = msgspec.convert(dict(given), _Given)
        except msgspec.ValidationError as error:
            raise BadRequestError(str(error)) from error
        for name in fields.options:
            if name not in _OPTIONS:
                raise BadRequestError(f"options: {name!r} is not one of {', '.join(_OPTIONS)}{nearest(name, _OPTIONS)}")
        return fields

    def change(self, project: Project, given: _Given) -> None:
        """Change what is said."""
        kept = self._kept[project.project_id]
        kept.name = given.name or kept.name
        kept.platform = given.platform or kept.platform
        kept.options |= given.options

    async def _filters(self, request: Request) -> Response:
        only(request, *PAGE)
        kept = self._kept[self._asking.project(request).project_id].filters
        rows = [
            {"id": name, "active": kept[name], "name": text, "description": text, "hello": f"{name} - {text}"}
            for name, text in _FILTERS.items()
        ]
        return answer(rows, unpaged(request))

    async def _filter_changed(self, request: Request) -> Response:
        kept = self._kept[self._asking.project(request).project_id].filters
        name = request.path_params["filter"]
        if name not in _FILTERS:
            raise MissingError
        kept[name] = _state(name, await read(request, _Filter))
        return Response(status_code=204)

    async def _key_changed(self, request: Request) -> Response:
        project = self._asking.project(request)
        if request.path_params["key"] != project.public_key:
            raise MissingError
        self._kept[project.project_id].limit = (await read(request, _Key)).rateLimit
        return answer({"id": project.public_key, "public": project.public_key, "rateLimit": self.limit(project)})


def _state(name: str, given: _Filter) -> bool | list[str]:
    if name == _BROWSERS and given.subfilters is not None:
        unknown = sorted(set(given.subfilters) - _SUBFILTERS)
        if unknown:
            raise BadRequestError(f'subfilters: "{unknown[0]}" is not a valid choice.')
        return sorted(set(given.subfilters)) or False
    if given.subfilters is not None or given.active is None:
        wanted = "subfilters, a list" if name == _BROWSERS else "active, true or false"
        raise BadRequestError(f"the filter {name} takes {wanted}")
    return given.active
