"""The requests of a failed journey as an HTTP archive (HAR 1.2), out of its trace once that is free of secrets.

A browser that wrote an archive of its own would do everything twice while it is measured, and its secrets would have to
be found twice.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

__all__ = ["archive"]

#: Bodies of these kinds are in the archive, up to this size in bytes; the trace has all but those of scripts.
_READABLE = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/x-www-form-urlencoded",
)
_LARGEST = 100_000


def archive(trace: zipfile.ZipFile) -> dict[str, Any]:
    """Return the archive of all requests in a trace, in the order in which they were sent."""
    entries = sorted(_entries(trace), key=lambda entry: str(entry.get("startedDateTime", "")))
    creator = {"name": "alertproof", "version": version("alertproof")}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries}}


def _entries(trace: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    members = set(trace.namelist())
    for name in sorted(one for one in members if one.endswith(".network")):
        for line in trace.read(name).splitlines():
            recorded = json.loads(line)
            if recorded.get("type") == "resource-snapshot":
                yield _entry(recorded["snapshot"], trace, members)


def _entry(recorded: dict[str, Any], trace: zipfile.ZipFile, members: set[str]) -> dict[str, Any]:
    """Return a request as the format has it: the trace's own fields begin with a line below."""
    request, response = recorded["request"], recorded["response"]
    if "postData" in request:
        request = {**request, "postData": _with_text(request["postData"], trace, members)}
    response = {**response, "content": _with_text(response["content"], trace, members)}
    entry = {**recorded, "request": request, "response": response}
    entry.pop("pageref", None)  # the trace does not describe the pages
    entry.setdefault("cache", {})
    plain: dict[str, Any] = _plain(entry)
    return plain


def _with_text(body: dict[str, Any], trace: zipfile.ZipFile, members: set[str]) -> dict[str, Any]:
    member = str(body.get("_file") or f"resources/{body.get('_sha1')}")  # the second: older Playwright
    if member not in members or not str(body.get("mimeType", "")).startswith(_READABLE):
        return body
    if trace.getinfo(member).file_size > _LARGEST:
        return {**body, "comment": f"larger than {_LARGEST:,} bytes: it is in the trace"}
    return {**body, "text": trace.read(member).decode(errors="replace")}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if not key.startswith("_")}
    return [_plain(one) for one in value] if isinstance(value, list) else value
