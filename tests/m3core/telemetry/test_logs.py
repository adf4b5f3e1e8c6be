"""How much is logged is a metric: bytes as they stand in the log, and lines by their level."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform, Point


def sent(points: list[Point], metric: str, service: str, *tags: str) -> float:
    return sum(p.value for p in points if p.metric == metric and p.tags >= {f"version:{service}", *tags})


def test_what_is_written_is_counted_in_bytes_and_in_lines_by_level(platform: Platform, tmp_path: Path) -> None:
    version, path = uuid.uuid4().hex, tmp_path / "log.jsonl"
    with path.open("w") as log, platform.command("api", "--port", "0", log=log, DD_VERSION=version) as api:
        client = platform.client()
        client.base_url = api.ready["m3core"]
        with client:
            client.get("/api/leads")  # refused, and logged
            client.post("/api/login", json={"tenant": "acme", "email": "nobody@acme.example", "password": "wrong"})
    assert api.exit_code == 0
    lines = path.read_text().splitlines()
    levels = {level: sum(f'"level": "{level}"' in line for line in lines) for level in ("info", "warning")}
    assert all(levels.values()), levels

    def all_came(points: list[Point]) -> bool:
        return sent(points, "telemetry.log_lines", version) >= len(lines)

    points = platform.points.wait_for(lambda items: items if all_came(items) else [])
    assert sent(points, "telemetry.log_bytes", version) == path.stat().st_size
    assert {level: sent(points, "telemetry.log_lines", version, f"level:{level}") for level in levels} == levels
