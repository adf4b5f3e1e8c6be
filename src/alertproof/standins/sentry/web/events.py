"""Events and their attachments, by id and in lists. Source: docs.sentry.io/api/events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.standins.sentry.issues import Project, Stored
from alertproof.standins.sentry.store import KeptItem
from alertproof.standins.sentry.web.asking import PAGE, RANGE, Asking, MissingError, answer, guarded
from alertproof.standins.sentry.web.paging import only, page
from alertproof.standins.sentry.web.render import event_full, event_summary

__all__ = ["Events"]


@final
class Events:
    """The routes of events."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._store = asking.store

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        project, organization = "/api/0/projects/{org}/{project}", "/api/0/organizations/{org}"
        event = f"{project}/events/{{event_id}}"
        return [
            guarded(f"{project}/events/", self._listing),
            guarded(f"{event}/", self._event),
            guarded(f"{event}/attachments/", self._attachments),
            guarded(f"{event}/attachments/{{attachment_id}}/", self._attachment),
            guarded(f"{organization}/eventids/{{event_id}}/", self._event_id),
            guarded(f"{organization}/issues/{{issue_id}}/events/", self._of_issue),
            guarded(f"{organization}/issues/{{issue_id}}/events/{{event_id}}/", self._one_of_issue),
            guarded("/api/0/issues/{issue_id}/events/", self._of_issue),
            guarded("/api/0/issues/{issue_id}/events/{event_id}/", self._one_of_issue),
        ]

    async def _listing(self, request: Request) -> Response:
        only(request, "full", *RANGE, *PAGE)
        # Only errors: a transaction is found by its id.
        events = self._store.events([self._asking.project(request)])
        return self._listed(request, [stored for stored in events if stored.event.kind == "error"])

    async def _event(self, request: Request) -> Response:
        only(request)
        return answer(event_full(self._found(request)))

    async def _event_id(self, request: Request) -> Response:
        only(request)
        wanted = request.path_params["event_id"]
        found = (self._store.event(project, wanted) for project in self._asking.projects(request))
        stored = next((each for each in found if each), None)
        if stored is None:
            raise MissingError("Event not found")
        return answer(
            {
                "organizationSlug": stored.project.org,
                "projectSlug": stored.project.slug,
                "groupId": stored.issue.id if stored.issue else None,
                "eventId": stored.event.event_id,
                "event": event_full(stored),
            }
        )

    async def _of_issue(self, request: Request) -> Response:
        only(request, "full", "query", "environment", *RANGE, *PAGE)
        events = self._asking.issue(request).events
        return self._listed(request, sorted(events, key=lambda stored: stored.order, reverse=True))

    async def _one_of_issue(self, request: Request) -> Response:
        only(request, "environment")
        events = sorted(self._asking.issue(request).events, key=lambda stored: stored.order)
        named = {"latest": events[-1], "oldest": events[0], "recommended": events[-1]}
        wanted = request.path_params["event_id"].replace("-", "").lower()
        found = named.get(wanted) or next((each for each in events if each.event.event_id == wanted), None)
        if found is None:
            raise MissingError("Event not found")
        return answer(event_full(found))

    async def _attachments(self, request: Request) -> Response:
        only(request, *PAGE)
        found = sorted(self._attached(request), key=lambda kept: kept.order, reverse=True)
        rows, headers = page(request, found, order=lambda kept: kept.order)
        return answer([_shown(kept) for kept in rows], headers)

    async def _attachment(self, request: Request) -> Response:
        only(request, "download")
        wanted = request.path_params["attachment_id"]
        kept = next((each for each in self._attached(request) if str(each.sequence) == wanted), None)
        if kept is None:
            raise MissingError
        if "download" in request.query_params:
            return Response(kept.item.payload, media_type="application/octet-stream")
        return answer(_shown(kept))

    def _attached(self, request: Request) -> list[KeptItem]:
        stored = self._found(request)
        items = self._store.items([stored.project])
        wanted = stored.event.event_id
        return [kept for kept in items if kept.item.type == "attachment" and kept.event_id == wanted]

    def _found(self, request: Request) -> Stored:
        project: Project = self._asking.project(request)
        stored = self._store.event(project, request.path_params["event_id"])
        if stored is None:
            raise MissingError("Event not found")
        return stored

    def _listed(self, request: Request, events: Iterable[Stored]) -> Response:
        found = list(filter(self._asking.wanted(request), events))
        rows, headers = page(request, found, order=lambda stored: stored.order)
        full = request.query_params.get("full", "").lower() in {"1", "true"}
        return answer([event_full(each) if full else event_summary(each) for each in rows], headers)


def _shown(kept: KeptItem) -> dict[str, Any]:
    headers = kept.item.headers
    return {
        "id": str(kept.sequence),
        "event_id": kept.event_id,
        "type": headers.get("attachment_type", "event.attachment"),
        "name": headers.get("filename", ""),
        "mimetype": headers.get("content_type", "application/octet-stream"),
        "size": len(kept.item.payload),
        "dateCreated": kept.at,
    }
