"""What a sales team does all day: pages through its leads, searches, opens one, and now and then adds one.

A scenario is one user class of Locust's, as its documentation shows it. Under a profile an arrival runs one of the
tasks, whatever the others take; in Locust's own page the users wait for their answers and then for ``wait_time``.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

from locust import FastHttpUser, between, tag, task

TENANTS = itertools.cycle(("acme", "globex", "initech"))


class Leads(FastHttpUser):
    """An agent of one tenant; the users take the tenants in turn."""

    wait_time = between(1, 3)

    def on_start(self) -> None:
        """Log in, once."""
        tenant = next(TENANTS)
        credentials = {
            "tenant": tenant,
            "email": f"agent@{tenant}.example",
            "password": os.environ["M3CORE_SEED_PASSWORD"],
        }
        answer = self.client.post("/api/login", json=credentials)
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def get(self, path: str, name: str) -> Any:
        return self.client.get(path, name=name, headers=self.headers)

    @task(8)
    def list_leads(self) -> None:
        self.get("/api/leads?limit=20", name="/api/leads")

    @task(2)
    def turn_the_page(self) -> None:
        self.get("/api/leads?limit=20&offset=40", name="/api/leads")

    @task(6)
    def search(self) -> None:
        self.get("/api/leads/search?q=an", name="/api/leads/search")

    @task(3)
    def open_a_lead(self) -> None:
        """Search and open the first found: two requests, one after the other."""
        found = self.get("/api/leads/search?q=co", name="/api/leads/search")
        for lead in found.json()["items"][:1]:
            self.get(f"/api/leads/{lead['id']}", name="/api/leads/[id]")

    @tag("write")  # left out where the profile does not say writes = true
    @task(1)
    def add_a_lead(self) -> None:
        lead = {"name": "Synthetic Lead", "email": "lead@synthetic.example", "company": "Synthetic"}
        self.client.post("/api/leads", json=lead, headers=self.headers)
