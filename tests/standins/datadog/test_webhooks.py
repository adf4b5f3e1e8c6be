# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Webhooks and their variables through the official client; and that a handle calls them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.webhooks_integration_api import WebhooksIntegrationApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.webhooks_integration import WebhooksIntegration
from datadog_api_client.v1.model.webhooks_integration_custom_variable import WebhooksIntegrationCustomVariable
from datadog_api_client.v1.model.webhooks_integration_custom_variable_update_request import (
    WebhooksIntegrationCustomVariableUpdateRequest,
)
from datadog_api_client.v1.model.webhooks_integration_update_request import WebhooksIntegrationUpdateRequest
from tests.standins.datadog.official import parsed

from alertproof.datadog.webhook import DEFAULT_PAYLOAD

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

Start = Callable[..., Any]
DEEP = ["queue.depth:50|g|#env:test,queue:mail"]


@pytest.fixture
def client(standin: Running) -> Iterator[ApiClient]:
    with standin.client() as client:
        yield client


def test_a_webhook_is_created_with_the_default_payload_changed_renamed_and_deleted(client: ApiClient) -> None:
    api = WebhooksIntegrationApi(client)
    made = parsed(api.create_webhooks_integration(WebhooksIntegration(name="first", url="https://example.com/hook")))
    assert (str(made.encode_as), made.custom_headers, made.payload) == ("json", None, DEFAULT_PAYLOAD)

    change = WebhooksIntegrationUpdateRequest(
        name="second", url="https://example.com/other", custom_headers='{"a":"b"}'
    )
    changed = parsed(api.update_webhooks_integration("first", change))

    assert (changed.name, changed.url, changed.custom_headers) == ("second", "https://example.com/other", '{"a":"b"}')
    assert parsed(api.get_webhooks_integration("second")).url == "https://example.com/other"
    with pytest.raises(NotFoundException):
        api.get_webhooks_integration("first")
    api.delete_webhooks_integration("second")
    with pytest.raises(NotFoundException):
        api.delete_webhooks_integration("second")


def test_the_value_of_a_secret_variable_is_never_shown(client: ApiClient) -> None:
    api = WebhooksIntegrationApi(client)
    plain = WebhooksIntegrationCustomVariable(name="PLAIN", value="seen", is_secret=False)
    secret = WebhooksIntegrationCustomVariable(name="SECRET", value="hidden", is_secret=True)

    assert parsed(api.create_webhooks_integration_custom_variable(plain)).value == "seen"
    assert "value" not in parsed(api.create_webhooks_integration_custom_variable(secret)).to_dict()
    change = WebhooksIntegrationCustomVariableUpdateRequest(value="hidden too")
    assert "value" not in parsed(api.update_webhooks_integration_custom_variable("SECRET", change)).to_dict()
    assert parsed(api.get_webhooks_integration_custom_variable("PLAIN")).value == "seen"
    for name in ("PLAIN", "SECRET"):
        api.delete_webhooks_integration_custom_variable(name)
        with pytest.raises(NotFoundException):
            api.get_webhooks_integration_custom_variable(name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"custom_headers": "{"}, "custom_headers is not JSON"),
        ({"custom_headers": "[" * 100_000}, "custom_headers is not JSON"),
        ({"custom_headers": "1" * 5000}, "custom_headers is not JSON"),
        ({"custom_headers": '{"a": 1}'}, "custom_headers is to be a JSON object of texts"),
        ({"url": ""}, "a webhook has a name and a url"),
        ({"name": "taken"}, "Webhook taken already exists"),
    ],
)
def test_a_webhook_that_is_wrong_is_refused(given: dict[str, Any], said: str, client: ApiClient) -> None:
    api = WebhooksIntegrationApi(client)
    api.create_webhooks_integration(WebhooksIntegration(name="taken", url="https://example.com"))
    with pytest.raises(ApiException) as caught:
        api.create_webhooks_integration(WebhooksIntegration(**{"name": "new", "url": "https://example.com", **given}))
    api.delete_webhooks_integration("taken")
    assert caught.value.status == 400
    assert said in caught.value.body["errors"][0]
    with pytest.raises(NotFoundException):
        api.get_webhooks_integration("new")


# --- calling ------------------------------------------------------------------------------------------


@contextmanager
def called() -> Iterator[tuple[str, list[tuple[str, dict[str, str], str]]]]:
    """Listen for webhooks; yield the address and what has come: path, headers and body of each."""
    received: list[tuple[str, dict[str, str], str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if len(received) == 1 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


def test_a_handle_calls_its_webhook_again_after_an_error_and_never_another_machine(start: Start) -> None:
    with called() as (url, received), start(600) as standin, standin.client() as client:
        api = WebhooksIntegrationApi(client)
        api.create_webhooks_integration_custom_variable(
            WebhooksIntegrationCustomVariable(name="TOKEN", value="t-1", is_secret=True)
        )
        payload = '{"what": "$ALERT_TRANSITION", "tags": "$TAGS[queue]"}'
        here = WebhooksIntegration(
            name="on call", url=f"{url}/x", payload=payload, custom_headers='{"Authorization": "Bearer $TOKEN"}'
        )
        api.create_webhooks_integration(here)
        api.create_webhooks_integration(WebhooksIntegration(name="far", url="https://example.com/x"))
        MonitorsApi(client).create_monitor(
            Monitor(
                type=MonitorType.QUERY_ALERT,
                name="depth",
                query="max(last_1m):max:queue.depth{env:test} by {queue} > 10",
                message="deep @webhook-on-call @webhook-far @webhook-nobody",
                options=MonitorOptions(thresholds=MonitorThresholds(critical=10.0), new_group_delay=0),
            )
        )

        def outcomes() -> dict[str, tuple[str, str]]:
            sent = standin.control("notifications")["notifications"]
            return {each["handle"]: (each["outcome"], each["reason"]) for one in sent for each in one["deliveries"]}

        standin.eventually(lambda: outcomes().get("webhook-on-call", ("", ""))[0] == "delivered", sending=DEEP)

        assert len(received) == 2
        path, headers, body = received[1]
        assert (path, headers["authorization"], headers["content-type"]) == ("/x", "Bearer t-1", "application/json")
        assert json.loads(body) == {"what": "Triggered", "tags": "mail"}
        assert outcomes()["webhook-far"] == (
            "undelivered",
            "https://example.com/x is not on this machine, and the stand-in calls no other",
        )
        assert "no webhook for @webhook-nobody is configured" in outcomes()["webhook-nobody"][1]
