"""REST API v2: users and how they are told; abilities.

Left out: teams, sessions, contact methods of a user's own. Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import nearest
from alertproof.pagerduty import User
from alertproof.standins.pagerduty.asking import Handler, RefusedError, body_of, invalid, only, page
from alertproof.standins.pagerduty.fields import optional_text, text, time_zone, unmodelled
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["Users"]

#: Source: the openapi description (User.role).
_ROLES = (
    "admin",
    "limited_user",
    "observer",
    "owner",
    "read_only_user",
    "restricted_access",
    "read_only_limited_user",
    "user",
)
_EMPTY = User(id="", name="", email="")


@final
class Users(Part):
    """People."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/users/{user_id}"
        return [
            ("GET", "/abilities", self._abilities),
            ("GET", "/abilities/{ability}", self._ability),
            ("GET", "/users", self._list),
            ("POST", "/users", self._create),
            ("GET", "/users/me", self._me),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
            ("GET", f"{one}/contact_methods", self._methods),
            ("GET", f"{one}/notification_rules", self._rules),
        ]

    async def _abilities(self, request: Request) -> Response:
        only(request)
        return JSONResponse({"abilities": []})

    async def _ability(self, request: Request) -> Response:
        raise RefusedError(402, 2014, "Account does not have the required abilities", request.path_params["ability"])

    async def _list(self, request: Request) -> Response:
        only(request, "query")
        wanted = request.query_params.get("query", "").lower()
        rows = [
            user
            for user in self._directory.users.values()
            if wanted in user.name.lower() or wanted in user.email.lower()
        ]
        return page(request, "users", rows, self._account(request).user)

    async def _create(self, request: Request) -> Response:
        made = _read(await body_of(request, "user"), _EMPTY)
        user = self._directory.put_user(replace(made, id=self._directory.new_id("PU")))
        return JSONResponse({"user": self._account(request).user(user)}, 201)

    async def _me(self, request: Request) -> Response:
        only(request)
        # A key of the account belongs to nobody; which key is whose is not modelled.
        raise invalid("/users/me wants a user's own key, and the stand-in takes every key for the account's")

    async def _get(self, request: Request) -> Response:
        only(request)
        return JSONResponse({"user": self._account(request).user(self._find(request))})

    async def _update(self, request: Request) -> Response:
        before = self._find(request)
        user = self._directory.put_user(_read(await body_of(request, "user"), before))
        return JSONResponse({"user": self._account(request).user(user)})

    async def _delete(self, request: Request) -> Response:
        self._directory.remove_user(self._find(request).id)
        return Response(status_code=204)

    async def _methods(self, request: Request) -> Response:
        only(request)
        user = self._find(request)
        return JSONResponse({"contact_methods": [self._account(request).contact_method(user)]})

    async def _rules(self, request: Request) -> Response:
        only(request)
        user = self._find(request)
        return JSONResponse({"notification_rules": self._account(request).notification_rules(user)})

    def _find(self, request: Request) -> User:
        return found(self._directory.users, request.path_params["user_id"], "User")


def _read(body: Mapping[str, Any], before: User) -> User:
    given = {"name": before.name or None, "email": before.email or None, "role": before.role} | dict(body)
    unmodelled(body, "user", ["teams", "license"])
    role = text(given, "role")
    if role not in _ROLES:
        raise invalid(f"Role is not included in the list: {role!r}{nearest(role, _ROLES)}")
    email = text(given, "email")
    if "@" not in email:
        raise invalid("Email is invalid")
    return replace(
        before,
        name=text(given, "name", longest=100),
        email=email,
        role=role,
        time_zone=time_zone(body, "time_zone", before.time_zone),
        job_title=optional_text(body, "job_title", before.job_title or "") or None,
        description=optional_text(body, "description", before.description or "") or None,
    )
