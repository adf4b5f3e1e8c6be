"""The web service in a process of its own, in front of the running API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import httpx
import pytest
from tests.m3core.web.api_stand_in import ApiStandIn, running_api

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform


@final
@dataclass(frozen=True)
class Web:
    """The running web service."""

    platform: Platform
    url: str
    log: Path

    def client(self, **headers: str) -> httpx.Client:
        """Return a browser of sorts: it keeps cookies and follows nothing by itself."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=15)

    def log_lines(self, correlation_id: str) -> list[dict[str, Any]]:
        """Return what was logged about one request."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["correlation_id"] == correlation_id]


@pytest.fixture(scope="session")
def web(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web service in front of the platform's API."""
    path = tmp_path_factory.mktemp("web") / "web.jsonl"
    with (
        path.open("w") as log,
        platform.command("web", "--port", "0", log=log, M3CORE_API_URL=platform.url) as command,
    ):
        yield Web(platform, command.ready["m3core_web"], path)


@pytest.fixture(scope="session")
def scripted(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ApiStandIn, str]]:
    """A web service in front of an API that answers as it is told; yields that and the pages' address."""
    path = tmp_path_factory.mktemp("scripted") / "web.jsonl"
    with (
        running_api() as api,
        path.open("w") as log,
        platform.command("web", "--port", "0", log=log, M3CORE_API_URL=api.url) as command,
    ):
        yield api, command.ready["m3core_web"]


@pytest.fixture
def api(scripted: tuple[ApiStandIn, str]) -> ApiStandIn:
    """The API that answers as it is told, knowing nothing but who asks."""
    found = scripted[0]
    found.answers.clear()
    found.asked.clear()
    found.slow = 0.0
    found.will("GET /api/me", 200, {"tenant": "acme", "email": "ada@acme.example", "role": "agent"})
    return found


@pytest.fixture
def pages(scripted: tuple[ApiStandIn, str], api: ApiStandIn) -> Iterator[httpx.Client]:
    """A client of the pages in front of it, logged in. A session of its own: nothing is remembered of another."""
    with httpx.Client(base_url=scripted[1], timeout=20) as client:
        client.cookies.set("m3core_session", uuid.uuid4().hex, domain="127.0.0.1")
        yield client


@pytest.fixture
def visitor(web: Web) -> Iterator[httpx.Client]:
    """A client that has not logged in."""
    with web.client() as client:
        yield client


@pytest.fixture
def session(web: Web, tokens: dict[str, str]) -> Iterator[httpx.Client]:
    """A client with the cookie of a session of globex."""
    with web.client() as client:
        client.cookies.set("m3core_session", tokens["globex"], domain="127.0.0.1")
        yield client
