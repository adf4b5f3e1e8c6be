"""Cron monitors as their check-ins show them. Source: docs.sentry.io/api/crons."""

from __future__ import annotations

from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.sentry.wire import NotJsonError, decode_json
from alertproof.standins.sentry.store import KeptItem
from alertproof.standins.sentry.web.asking import PAGE, Asking, MissingError, answer, guarded
from alertproof.standins.sentry.web.paging import only, page, unpaged

__all__ = ["Monitors"]


@final
class Monitors:
    """The routes of monitors and of their check-ins."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        root = "/api/0/organizations/{org}/monitors/"
        return [guarded(root, self._listed), guarded(f"{root}{{slug}}/checkins/", self._check_ins)]

    async def _listed(self, request: Request) -> Response:
        only(request, "project", *PAGE)
        shown = [
            {
                "id": slug,
                "slug": slug,
                "name": slug,
                "status": "active",
                "type": "cron_job",
                "lastCheckIn": found[-1][0].at,
                "project": {"slug": found[-1][0].project.slug, "id": found[-1][0].project.project_id},
            }
            for slug, found in sorted(self._by_slug(request).items())
        ]
        return answer(shown, unpaged(request))

    async def _check_ins(self, request: Request) -> Response:
        only(request, *PAGE)
        found = self._by_slug(request).get(request.path_params["slug"])
        if found is None:
            raise MissingError
        rows, headers = page(request, _check_ins(found)[::-1], order=lambda row: row[0].order)
        return answer([shown for _, shown in rows], headers)

    def _by_slug(self, request: Request) -> dict[str, list[tuple[KeptItem, dict[str, Any]]]]:
        found: dict[str, list[tuple[KeptItem, dict[str, Any]]]] = {}
        for kept in self._asking.store.items(self._asking.chosen(request)):
            document = _document(kept) if kept.item.type == "check_in" else None
            if document is not None:
                found.setdefault(document["monitor_slug"], []).append((kept, document))
        return found


def _check_ins(found: list[tuple[KeptItem, dict[str, Any]]]) -> list[tuple[KeptItem, dict[str, Any]]]:
    """Return the check-ins, oldest first: one that ends is the same as the one that began it."""
    shown: dict[str, tuple[KeptItem, dict[str, Any]]] = {}
    for kept, document in found:
        identity = str(document.get("check_in_id") or "")
        # Nothing but zeros is nobody's id: whoever asks by curl has none.
        key = identity if identity.strip("0-") else f"#{kept.sequence}"
        began = shown[key][0] if key in shown else kept
        shown[key] = (
            began,
            {
                "id": identity,
                "status": document.get("status"),
                "duration": _milliseconds(document.get("duration")),
                "environment": document.get("environment") or "production",
                "dateCreated": began.at,
            },
        )
    return sorted(shown.values(), key=lambda row: row[0].order)


def _milliseconds(seconds: object) -> int | None:
    """Return a duration as it is shown, in milliseconds; SDKs send seconds (getsentry/sentry, monitors/consumers)."""
    return int(seconds * 1000) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


def _document(kept: KeptItem) -> dict[str, Any] | None:
    try:
        document = decode_json(kept.item.payload)
    except NotJsonError:
        return None
    return document if isinstance(document, dict) and isinstance(document.get("monitor_slug"), str) else None
