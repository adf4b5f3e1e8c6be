"""PagerDuty's stand-in beside another that pages it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.standins.conftest import authority
from tests.standins.killable import Killable

from alertproof.clock import Anchor


@dataclass
class Pager:
    """A service with one door; ``arguments`` let a stand-in page it."""

    address: str
    client: httpx.Client
    arguments: tuple[str, ...]
    key: str = ""

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self.client.request(method, f"{self.address}{path}", **options).raise_for_status().json()

    def log(self) -> list[str]:
        """Return which triggers and resolves came in, oldest first."""
        entries = self.ask("GET", "/log_entries", params={"limit": 100})["log_entries"]
        kinds = [each["type"].removesuffix("_log_entry") for each in reversed(entries)]
        return [kind for kind in kinds if kind in ("trigger", "resolve")]


def start_pager(folder: Path, anchor: Anchor, closing: ExitStack) -> Pager:
    """Start it, and make its service."""
    context, tls = authority(folder)
    standin = closing.enter_context(Killable("pagerduty", *tls, store=folder / "pagerduty", anchor=anchor))
    client = closing.enter_context(httpx.Client(verify=context, headers={"Authorization": "Token token=t"}))
    address = standin.endpoints["pagerduty"]
    pager = Pager(address, client, ("--pagerduty-url", address, "--ca-file", str(folder / "authority.pem")))
    user = {"type": "user", "name": "ada", "email": "ada@example.com"}
    person = pager.ask("POST", "/users", json={"user": user})["user"]["id"]
    rules = [{"escalation_delay_in_minutes": 30, "targets": [{"id": person, "type": "user_reference"}]}]
    body = {"escalation_policy": {"name": "p", "escalation_rules": rules}}
    policy = pager.ask("POST", "/escalation_policies", json=body)["escalation_policy"]["id"]
    reference = {"id": policy, "type": "escalation_policy_reference"}
    made = pager.ask("POST", "/services", json={"service": {"name": "api", "escalation_policy": reference}})
    path = f"/services/{made['service']['id']}/integrations"
    integration = {"type": "events_api_v2_inbound_integration", "name": "test"}
    pager.key = pager.ask("POST", path, json={"integration": integration})["integration"]["integration_key"]
    return pager
