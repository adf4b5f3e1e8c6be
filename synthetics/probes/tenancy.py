"""What M3CoreCRM's tenants own, for the probes that see that each keeps it to itself."""

from __future__ import annotations

from pathlib import Path

from alertproof.probes import Request, Resource, isolation, read_openapi

__all__ = ["API", "CASES", "PUBLIC"]

API = Path(__file__).parent / "schemas" / "openapi.json"
_LEADS = b"name,company,email\nSynthetic Import,Synthetic Company,import@synthetic.example\n"

#: What anybody may ask, without a login.
PUBLIC = frozenset({"GET /healthz", "GET /readyz", "GET /status", "POST /api/login"})

CASES = isolation(
    read_openapi(API),
    (
        Resource(path="/api/leads", get=Request(method="GET", path="/api/leads", params={"limit": 1}), at="$.items[0]"),
        Resource(
            path="/api/opportunities",
            get=Request(
                method="POST", path="/api/opportunities", json={"name": "Synthetic Opportunity", "amount_cents": 1}
            ),
        ),
        Resource(
            path="/api/imports",
            get=Request(method="POST", path="/api/imports", content=_LEADS, headers={"Content-Type": "text/csv"}),
        ),
        Resource(path="/api/users", get=Request(method="GET", path="/api/users"), at="$.items[0]", key="email"),
    ),
    asks={
        "GET /api/leads/search": lambda lead: {"params": {"q": lead["email"]}},
        "POST /api/opportunities/{id}/stage": lambda _: {"json": {"stage": "won"}},
    },
    apart={
        **dict.fromkeys(PUBLIC, "it is for everybody and knows no tenant before it answers"),
        "GET /api/me": "it shows the caller alone, who is whose token it is",
        **dict.fromkeys(
            ("GET /api/pipeline", "GET /api/leads/conversion"),
            "sums, in which no single thing can be told; m3core's own tests compare them",
        ),
        **dict.fromkeys(
            ("POST /api/leads", "POST /api/imports", "POST /api/users"), "it makes something new of what is sent"
        ),
        "POST /api/opportunities": "it may name a lead: it has a test of its own",
    },
)
