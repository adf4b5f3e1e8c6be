"""Who may write: the six forms of authorization that Relay takes, of which a request has exactly one.

Source of order, statuses and wording: getsentry/relay (request_meta.rs).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from starlette.requests import Request

from alertproof.standins.sentry.intake.answers import RefusedError
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.store import Store

__all__ = ["Gate", "dsn_parts", "request_key"]

#: Highest protocol version that Relay speaks.
_PROTOCOL = 7
_KEY = re.compile(r"[0-9a-fA-F]{32}")


class Gate:
    """Lets the keys of the projects in. A ``strict`` one also refuses forms of keys and ids that Relay cannot read."""

    def __init__(self, store: Store, *, strict: bool = False) -> None:
        self._store = store
        self._strict = strict

    def project(self, project_id: str, key: str) -> Project:
        """Return the project that the key may write to; raises `RefusedError`."""
        if self._strict and not _KEY.fullmatch(key):
            raise RefusedError(400, "bad sentry DSN public key", f"not 32 hex digits: {key[:100]!r}")
        if self._strict and not (project_id.isascii() and project_id.isdigit()):
            raise RefusedError(400, "bad project path parameter", f"not a number: {project_id[:100]!r}")
        project = self._store.project_for(project_id, key)
        if project is None:
            raise RefusedError(403, "event submission rejected with_reason: ProjectId")
        return project

    def by_key(self, key: str) -> Project:
        """Return the only project of a key, for requests that name none."""
        found = [project for project in self._store.projects if project.public_key == key]
        if len(found) != 1:
            raise RefusedError(403, "event submission rejected with_reason: ProjectId")
        return found[0]


def request_key(request: Request) -> str:
    """Return the public key of the header, the query or the path; empty when the request has none.

    Raises:
        RefusedError: two at once (401), a form that cannot be read (401), a protocol of the future (400).
    """
    found: list[Mapping[str, str]] = []
    for header in ("x-sentry-auth", "authorization"):
        scheme, _, value = request.headers.get(header, "").partition(" ")
        if scheme.lower() == "sentry":
            found.append(_pairs(value))
        elif scheme.lower() == "basic" and header == "authorization":
            found.append({"sentry_key": _basic_user(value)})
    if "sentry_key" in request.query_params:
        found.append(dict(request.query_params))
    if "sentry_key" in request.path_params:
        found.append({"sentry_key": request.path_params["sentry_key"]})
    if len(found) > 1:
        raise RefusedError(401, "multiple authorization payloads detected")
    return _checked(found[0]) if found else ""


def dsn_parts(dsn: object) -> tuple[str, str, str]:
    """Return host with port, project id and public key of an envelope header's DSN; raises `RefusedError` 401."""
    try:
        parts = urlsplit(dsn) if isinstance(dsn, str) else None
        key = parts.username if parts else None
    except ValueError:
        raise RefusedError(401, "bad dsn in envelope headers", f"not an address: {dsn!r}") from None
    if parts is None or not key:
        raise RefusedError(401, "missing authorization information")
    return parts.netloc.rpartition("@")[2], parts.path.rpartition("/")[2], key


def _checked(fields: Mapping[str, str]) -> str:
    version = fields.get("sentry_version", str(_PROTOCOL))
    try:
        number = float(version)
    except ValueError:
        raise RefusedError(401, "bad x-sentry-auth header", f"bad sentry_version {version!r}") from None
    if not number <= _PROTOCOL:
        raise RefusedError(400, f"unsupported protocol version ({version})")
    key = fields.get("sentry_key", "")
    if not key:
        raise RefusedError(401, "bad x-sentry-auth header", "no sentry_key")
    return key


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(","))
    return {name.strip(): unquote(value.strip()) for name, _, value in parts}


def _basic_user(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
