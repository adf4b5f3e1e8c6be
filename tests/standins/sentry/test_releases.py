"""Releases, deploys and uploads: what is refused, and what events do to releases."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

import pytest

RELEASES = "/organizations/acme/releases/"
UPLOAD = "/api/0/organizations/acme/chunk-upload/"
AUTH = {"Authorization": "Bearer token"}


def test_an_event_makes_its_release_which_then_cannot_be_deleted(sentry: Any, at: Any) -> None:
    sentry.send({"message": "m", "release": "r1"}, seconds=1)
    sentry.send({"message": "m", "release": "r1"}, seconds=3)
    (release,) = sentry.get(RELEASES)
    assert (release["version"], release["firstEvent"], release["lastEvent"]) == ("r1", at(1), at(3))
    assert (release["newGroups"], [each["slug"] for each in release["projects"]]) == (1, ["api"])
    refused = sentry.change("DELETE", f"{RELEASES}r1/", None)
    assert refused.json() == {"detail": "This release is referenced by active issues and cannot be removed."}
    assert sentry.change("POST", RELEASES, {"version": "r2", "projects": ["api"]}).status_code == 201
    assert sentry.change("POST", RELEASES, {"version": "r2", "projects": ["web"]}).status_code == 208
    assert [each["slug"] for each in sentry.get(f"{RELEASES}r2/")["projects"]] == ["api", "web"]
    assert sentry.change("DELETE", f"{RELEASES}r2/", None).status_code == 204
    assert sentry.ask(f"{RELEASES}r2/").status_code == 404


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"version": "", "projects": ["api"]}, "Release name cannot be ''"),
        ({"version": "a/b", "projects": ["api"]}, "Release name cannot be 'a/b'"),
        ({"version": "r", "projects": ["nope"]}, "Invalid project slugs"),
    ],
)
def test_a_release_that_cannot_be_is_400(sentry: Any, body: dict[str, Any], part: str) -> None:
    answer = sentry.change("POST", RELEASES, body)
    assert (answer.status_code, answer.json()["detail"]) == (400, part)


def test_a_deploy_needs_an_environment(sentry: Any) -> None:
    sentry.change("POST", RELEASES, {"version": "r1", "projects": ["api"]})
    assert sentry.change("POST", f"{RELEASES}r1/deploys/", {}).status_code == 400
    assert sentry.change("POST", f"{RELEASES}r1/deploys/", {"environment": "prod"}).status_code == 201
    assert [each["environment"] for each in sentry.get(f"{RELEASES}r1/deploys/")] == ["prod"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_bundle_is_complete_when_all_its_chunks_are_there(sentry: Any, packed: bool) -> None:
    data = b"bundle"
    checksum = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    path = "/organizations/acme/artifactbundle/assemble/"
    wanted = {"checksum": checksum, "chunks": [checksum], "projects": ["api"]}
    missing = sentry.change("POST", path, wanted).json()
    assert (missing["state"], missing["missingChunks"]) == ("not_found", [checksum])
    name, sent = ("file_gzip", gzip.compress(data)) if packed else ("file", data)
    wrong = sentry.client.post(UPLOAD, files={name: ("0" * 40, sent)}, headers=AUTH)
    assert (wrong.status_code, "checksum" in wrong.json()["detail"]) == (400, True)
    assert sentry.client.post(UPLOAD, files={name: (checksum, sent)}, headers=AUTH).status_code == 200
    assert sentry.change("POST", path, wanted).json()["state"] == "ok"
