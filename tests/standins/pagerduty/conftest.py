from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from pagerduty import EventsApiV2Client, RestApiV2Client
from starlette.testclient import TestClient
from tests.standins.doors import with_doors

from alertproof.clock import Anchor, ScaledClock, SystemClock, VirtualClock
from alertproof.pagerduty import Desk, Directory
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.serve import Standin

START = datetime(2026, 3, 1, tzinfo=UTC)
TOKEN = {"Authorization": "Token token=abc"}


@dataclass
class PagerDuty:
    """The app itself, on a clock moved by hand."""

    client: TestClient
    clock: VirtualClock
    courier: Courier
    real: VirtualClock
    desk: Desk
    token = TOKEN

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.client.get(path, params=parameters, headers=TOKEN)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, method: str, path: str, *, status: int = 400, **options: Any) -> dict[str, Any]:
        headers = TOKEN | options.pop("headers", {})
        response = self.client.request(method, path, headers=headers, **options)
        assert response.status_code == status, response.text
        error: dict[str, Any] = response.json()["error"]
        return error

    def post(self, path: str, entity: str, /, **fields: Any) -> Any:
        response = self.client.post(path, json={entity: fields}, headers=TOKEN)
        assert response.status_code == 201, response.text
        return response.json()[entity]

    def change(self, path: str, entity: str, /, **fields: Any) -> Any:
        response = self.client.put(path, json={entity: fields}, headers=TOKEN)
        assert response.status_code == 200, response.text
        return response.json()[entity]

    def delete(self, path: str) -> None:
        response = self.client.delete(path, headers=TOKEN)
        assert response.status_code == 204, response.text

    def act(self, method: str, path: str, body: Any, *, email: str = "ada@example.com") -> Any:
        return self.client.request(method, path, json=body, headers=TOKEN | {"From": email})

    def note(self, incident: dict[str, Any], content: str) -> Any:
        response = self.act("POST", f"/incidents/{incident['id']}/notes", {"note": {"content": content}})
        assert response.status_code == 201, response.text
        return response.json()["note"]

    def put(self, path: str, *, email: str | None = "ada@example.com", **fields: Any) -> Any:
        headers = TOKEN | ({"From": email} if email is not None else {})
        return self.client.put(path, json={"incident": {"type": "incident_reference"} | fields}, headers=headers)

    def account(self, urgency: str = "severity_based", name: str = "api") -> tuple[dict[str, Any], dict[str, Any]]:
        """Make two people, a policy of two levels and a service with a door; returns service and integration."""
        people = [self.person(each) for each in ("ada", "bob")]
        rules = [
            {"escalation_delay_in_minutes": 5, "targets": [{"id": person, "type": "user_reference"}]}
            for person in people
        ]
        policy = self.post("/escalation_policies", "escalation_policy", name=f"{name} policy", escalation_rules=rules)
        service = self.post(
            "/services",
            "service",
            name=name,
            escalation_policy={"id": policy["id"], "type": "escalation_policy_reference"},
            incident_urgency_rule={"type": "constant", "urgency": urgency},
        )
        path = f"/services/{service['id']}/integrations"
        kind = "events_api_v2_inbound_integration"
        return service, self.post(path, "integration", type=kind, name="datadog")

    def person(self, name: str) -> str:
        found = self.get("/users", query=f"{name}@example.com")["users"]
        return str((found or [self.post("/users", "user", name=name, email=f"{name}@example.com")])[0]["id"])

    def send(self, integration: dict[str, Any], action: str, key: str = "k", **payload: Any) -> Any:
        body: dict[str, Any] = {
            "routing_key": integration["integration_key"],
            "event_action": action,
            "dedup_key": key,
        }
        if action == "trigger":
            body["payload"] = {"summary": "it broke", "source": "test", "severity": "critical"} | payload
        response = self.client.post("/v2/enqueue", json=body)
        assert response.status_code == 202
        return response.json()


@pytest.fixture
def pagerduty() -> Iterator[PagerDuty]:
    clock, real = VirtualClock(START), VirtualClock(START)
    courier, desk = Courier(clock), Desk(Directory())
    with TestClient(with_doors(Standin(desk, clock, courier, real=real))) as client:
        yield PagerDuty(client, clock, courier, real, desk)


@dataclass(frozen=True)
class Running:
    """A stand-in as a stack starts it, and the official client for it."""

    address: str
    context: ssl.SSLContext
    clock: ScaledClock
    rest: RestApiV2Client
    control: str
    ca_file: Path

    def events(self, routing_key: str) -> EventsApiV2Client:
        return EventsApiV2Client(routing_key, base_url=self.address, verify=self.context)


@pytest.fixture(scope="module", name="start_running")
def start_running_fixture(
    start_stand_in: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[float], Running]]:
    """Start it over TLS, so many times as fast as real time."""
    folder: Path = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with ExitStack() as closing:

        def start(factor: float) -> Running:
            anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=factor)
            standin = start_stand_in("pagerduty", "--cert", str(chain), "--key", str(key), anchor=anchor)
            address = standin.endpoints["pagerduty"]
            client = RestApiV2Client("token", default_from="ada@example.com", base_url=address, verify=context)
            return Running(
                address,
                context,
                ScaledClock(anchor),
                closing.enter_context(client),
                standin.endpoints["pagerduty_control"],
                folder / "authority.pem",
            )

        yield start


@dataclass
class Receiver:
    """Answers with the statuses given, then with 200; while ``answers`` is not set, not at all."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)

    def kinds(self) -> list[str]:
        return [json.loads(body)["event"]["event_type"] for _, body in self.got]


@pytest.fixture(name="start_receiver")
def start_receiver_fixture() -> Iterator[Callable[[], Receiver]]:
    """Start receivers, each on a port of its own."""
    with ExitStack() as closing:
        yield lambda: closing.enter_context(_listening())


@pytest.fixture(name="receiver")
def receiver_fixture(start_receiver: Callable[[], Receiver]) -> Receiver:
    return start_receiver()


@contextmanager
def _listening() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.answers.wait(30)
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    receiver.answers.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        receiver.answers.set()
        server.shutdown()
        thread.join()
