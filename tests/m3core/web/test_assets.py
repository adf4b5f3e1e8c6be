from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
FRONTEND = ROOT / "src" / "m3core" / "frontend"


def test_the_lock_names_a_hash_for_every_package_and_the_address_of_none() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert {"node_modules/@datadog/browser-rum", "node_modules/@sentry/browser"} <= {*packages}
    assert [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_a_file_is_kept_for_long_at_an_address_that_changes_with_it(visitor: httpx.Client) -> None:
    page = visitor.get("/login").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = visitor.get(address)
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "?v=" in address


def test_a_file_is_packed_for_who_can_unpack_it(visitor: httpx.Client) -> None:
    packed = visitor.get("/static/m3core.css", headers={"Accept-Encoding": "gzip"})
    plain = visitor.get("/static/m3core.css", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])


@pytest.mark.parametrize("name", ["m3core.cs", "..%2fapp.py", "%2e%2e/app.py", ".made"])
def test_nothing_else_is_served(visitor: httpx.Client, name: str) -> None:
    assert visitor.get(f"/static/{name}").status_code == 404
