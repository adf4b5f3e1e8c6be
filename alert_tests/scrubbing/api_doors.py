"""The doors of M3CoreCRM's API, and what fails behind each."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from alertproof.errors import Broken
from alertproof.scrubbing import Door, Side

__all__ = ["api_doors", "headers_of", "need"]

#: What stands in a path without a slash in it, and in a name of at most two hundred characters.
_SHORT = ("payment card", "IBAN", "e-mail", "phone", "JWT", "vendor token", "national id")
#: Where each canary comes out with scrubbing off, by what fails.
_TRANSACTION = "Sentry transaction, request"
_REQUEST = ("Sentry event of python, request", _TRANSACTION)
_RAISED = "Sentry event of python, exception"
_CODE = (_RAISED, "Datadog logs, message", "Datadog logs, as shown", "Datadog spans", "Datadog spans, as shown")
_BRIEF = ("payment card", "IBAN", "e-mail", "phone", "vendor token", "national id")


def headers_of(side: Side, token: str = "") -> dict[str, str]:
    """Return the headers of each request: its mark, the token, and a trace that is sampled."""
    traced = {"X-Correlation-Id": side.mark, "sentry-trace": f"{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-1"}
    return {**traced, **({"Authorization": f"Bearer {token}"} if token else {})}


def need(answer: httpx.Response, *statuses: int) -> httpx.Response:
    """Return an answer with one of some statuses; raises `Broken` for another."""
    if answer.status_code not in statuses:
        asked = f"{answer.request.method} {answer.request.url.path[:40]}"
        raise Broken(f"{asked} was to answer {' or '.join(map(str, statuses))}, but answered {answer.status_code}")
    return answer


def api_doors(tenant: str, password: str) -> list[Door]:
    """Return the doors; ``password`` is that of the seeded users."""

    def to_api(send: Callable[[httpx.Client, Side], Any]) -> Callable[[Side], None]:
        def sent(side: Side) -> None:
            with httpx.Client(base_url=side.api, timeout=20.0, trust_env=False) as api:
                who = {"tenant": tenant, "email": f"agent@{tenant}.example", "password": password}
                token = need(api.post("/api/login", json=who), 200).json()["token"]
                api.headers.update(headers_of(side, token))
                send(api, side)

        return sent

    return [
        Door(name="JSON body", fault="error", send=to_api(_json_body), shows=(_RAISED, *_REQUEST)),
        Door(name="nested JSON", fault="error", send=to_api(_nested), shows=(_RAISED, *_REQUEST)),
        Door(name="query", fault="error", send=to_api(_query), shows=_REQUEST),
        Door(name="path", fault="error", kinds=_SHORT, send=to_api(_path), shows=(_RAISED, *_REQUEST)),
        Door(name="header", fault="error", send=to_api(_header), shows=_REQUEST),
        Door(name="cookie", fault="error", send=to_api(_cookie), shows=(_RAISED, *_REQUEST)),
        Door(name="form", fault="error", send=to_api(_form), shows=(_RAISED, *_REQUEST)),
        Door(
            name="login",
            fault="error",
            path="/api/login",
            kinds=("e-mail", "password"),
            send=to_api(_login),
            shows=(_RAISED, *_REQUEST),
        ),
        Door(
            name="failing code",
            fault="error",
            kinds=("password in a URL",),
            plant="address_of_database",
            send=to_api(_fail),
            shows=(*_CODE, "Sentry event of python, breadcrumbs"),
        ),
        Door(name="body that does not fit", send=to_api(_unfit_body), shows=(_TRANSACTION,)),
        Door(name="query that does not fit", send=to_api(_unfit_query), shows=(_TRANSACTION,)),
        Door(
            name="unknown address",
            kinds=_SHORT,
            send=to_api(_unknown),
            shows=(_TRANSACTION, "Sentry transaction, transaction"),
        ),
        Door(
            name="row of the database",
            fault="read_only",
            without_keys=True,
            send=to_api(_rows),
            shows=(*_CODE, *_REQUEST),
        ),
        Door(name="file upload", fault="jobs_read_only", without_keys=True, send=to_api(_upload), shows=_CODE),
        Door(
            name="job payload",
            fault="jobs_read_only",
            kinds=_BRIEF,
            send=to_api(_job),
            shows=(_RAISED, _TRANSACTION),
        ),
    ]


def _json_body(api: httpx.Client, side: Side) -> None:
    need(api.post("/api/leads", json=side.fields()), 500)


def _nested(api: httpx.Client, side: Side) -> None:
    inner = {"custom": [{"fields": side.fields()}], "note": json.dumps(side.fields())}
    need(api.post("/api/leads", json={"lead": inner}), 500)


def _query(api: httpx.Client, side: Side) -> None:
    need(api.get("/api/leads", params=side.fields()), 500)


def _path(api: httpx.Client, side: Side) -> None:
    need(api.get(f"/api/leads/{quote(side.in_words(), safe='')}"), 500)


def _header(api: httpx.Client, side: Side) -> None:
    sent = {f"X-{key.replace('_', '-')}": text.replace("\n", " ") for key, text in side.fields().items()}
    need(api.get("/api/leads", headers=sent), 500)


def _cookie(api: httpx.Client, side: Side) -> None:
    sent = "; ".join(f"{key}={quote(text, safe='')}" for key, text in side.fields().items())
    need(api.get("/api/leads", headers={"Cookie": sent}), 500)


def _form(api: httpx.Client, side: Side) -> None:
    need(api.post("/api/leads", data=side.fields()), 500)


def _login(api: httpx.Client, side: Side) -> None:
    fields = side.fields()
    need(api.post("/api/login", json={"tenant": "acme", **fields}), 500)


def _fail(api: httpx.Client, side: Side) -> None:
    need(api.get("/api/leads"), 500)


def _unfit_body(api: httpx.Client, side: Side) -> None:
    need(api.post("/api/leads", json=side.fields()), 422)


def _unfit_query(api: httpx.Client, side: Side) -> None:
    need(api.get("/api/leads", params={"limit": "many", **side.fields()}), 422)


def _unknown(api: httpx.Client, side: Side) -> None:
    need(api.get(f"/api/leads/of/{quote(side.in_words(), safe='')}"), 404)


def _rows(api: httpx.Client, side: Side) -> None:
    for kind, text in side.fields().items():
        lead = {"name": text, "company": "Canaries", "email": "c@canary.example"}
        need(api.post("/api/leads", json={**lead, **({kind: text} if kind in {"email", "phone"} else {})}), 500)


def _upload(api: httpx.Client, side: Side) -> None:
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["name", "company", "email"])
    writer.writerows([text, "Canaries", "c@canary.example"] for text in side.fields().values())
    need(api.post("/api/imports", content=rows.getvalue(), headers={"Content-Type": "text/csv"}), 202)


def _job(api: httpx.Client, side: Side) -> None:
    fields = side.fields()
    lead = {"name": side.in_words(), "company": "Canaries", "email": fields["email"], "phone": fields["phone"]}
    need(api.post("/api/leads", json=lead), 201)
