"""Monitors that name others, sent by the official client to an account that keeps whatever it gets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.declared import read_datadog
from alertproof.sync.monitors import Monitors
from alertproof.sync.things import Existing, Ids, Marks, Wanted

MARKS = Marks(environment="prod")
BODY = {"type": "query alert", "query": "avg(last_5m):avg:x{env:prod} > 5", "message": "m"}


class Keeping(BaseHTTPRequestHandler):
    """Keeps monitors without looking at them."""

    protocol_version = "HTTP/1.1"
    kept: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        made = {"tags": [], "options": {}, **body, "id": 5000 + len(self.kept)}
        self.kept.append(made)
        self._answer(made)

    def do_GET(self) -> None:
        self._answer(self.kept if "page=0" in self.path else [])

    def _answer(self, value: Any) -> None:
        answer = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def monitors() -> Iterator[Monitors]:
    Keeping.kept.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeping)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    account = DatadogAccount(
        host=f"http://127.0.0.1:{server.server_port}", api_key=Secret("k" * 32), app_key=Secret("a" * 40)
    )
    yield Monitors(account, MARKS)
    account.close()
    server.shutdown()
    server.server_close()


def written(folder: Path, **bodies: dict[str, Any]) -> dict[str, Wanted]:
    """Write monitors into files and read them."""
    (folder / "datadog" / "monitors").mkdir(parents=True, exist_ok=True)
    for key, body in bodies.items():
        text = json.dumps({"name": key, **BODY, **body}, indent=1)
        (folder / "datadog" / "monitors" / f"{key}.json").write_text(text, encoding="utf-8")
    return {each.key: each for each in read_datadog(folder, origin="prod", marks=MARKS).wanted}


def test_a_composite_names_its_parts_by_their_keys_and_is_sent_with_the_accounts_ids(
    monitors: Monitors, tmp_path: Path
) -> None:
    both = {"type": "composite", "query": "(101 && !102) || 9"}
    files = written(tmp_path, a={"id": 101}, b={"id": 102}, both=both)
    assert files["both"].payload["query"] == "([a] && ![b]) || 9"
    assert files["both"].needs == (("monitor", "a"), ("monitor", "b"))

    ids = Ids()
    for key in ("a", "b"):
        ids.know("monitor", key, monitors.create(files[key], ids).id)
    made = monitors.create(files["both"], ids)
    assert Keeping.kept[-1]["query"] == "(5000 && !5001) || 9"
    assert all(not {"created", "modified"} & set(each) for each in Keeping.kept)
    assert monitors.named(made, ids).payload["query"] == files["both"].payload["query"]
    (found,) = [each for each in monitors.read([]) if each.key == "both"]
    assert monitors.named(found, ids).payload["query"] == files["both"].payload["query"]


@pytest.mark.parametrize(
    ("query", "options", "critical"),
    [
        ("avg(last_5m):avg:x{env:prod} > 5", {}, 5.0),
        ("avg(last_5m):avg:x{env:prod} <= -0.5 ", {"thresholds": {"warning": 1}}, -0.5),
        ("avg(last_5m):avg:x{env:prod} > 5", {"thresholds": {"critical": 6}}, 6),
        ("avg(last_5m):avg:x{env:prod} > 5", {"thresholds": {"critical": 0}}, 0),
    ],
)
def test_a_critical_threshold_that_is_not_written_is_that_of_the_query(
    tmp_path: Path, query: str, options: dict[str, Any], critical: float
) -> None:
    found = written(tmp_path, a={"query": query, "options": options})["a"].payload["options"]["thresholds"]
    assert found["critical"] == critical
    assert found.keys() - {"critical"} == options.get("thresholds", {}).keys() - {"critical"}


def test_what_an_export_has_of_the_server_is_not_sent(tmp_path: Path) -> None:
    export = {"created": "x", "modified": "y", "overall_state": "OK", "creator": {"id": 1}, "multi": False, "id": 7}
    payload = written(tmp_path, a=export)["a"].payload
    assert set(payload) == {"name", "type", "query", "message", "options", "tags"}


def test_marks_are_added_once_to_what_was_exported_with_them(tmp_path: Path) -> None:
    tags = ["team:x", *MARKS.of("a")]
    assert written(tmp_path, a={"tags": tags})["a"].payload["tags"] == tags


def test_the_place_of_a_field_is_that_of_its_line(tmp_path: Path) -> None:
    wanted = written(tmp_path, a={"options": {"renotify_interval": 5}})["a"]
    lines = wanted.written.text.splitlines()
    place = wanted.written.place(("options", "renotify_interval"))
    assert "renotify_interval" in lines[int(place.rpartition(":")[2]) - 1]
    # What is not written stands where the nearest part around it does.
    assert wanted.written.place(("options", "timeout_h")) == wanted.written.place(("options",))


@pytest.mark.parametrize(
    ("tags", "key", "elsewhere"),
    [
        (list(MARKS.of("a")), "a", False),
        (["alertproof_key:a", "alertproof_env:prod"], None, False),
        (["alertproof_key:a", "managed_by:alertproof"], None, False),
        ([*MARKS.of("a"), "alertproof_key:b"], None, False),
        (list(Marks(environment="staging").of("a")), None, True),
        (["managed_by:alertproof", "managed_env:prod"], None, True),
        (["managed_by:terraform", "managed_env:prod"], None, False),
        ([], None, False),
    ],
)
def test_what_is_ours_what_is_kept_elsewhere_and_what_is_neither(
    tags: list[str], key: str | None, elsewhere: bool
) -> None:
    assert (MARKS.key_of(tags), MARKS.elsewhere(tags)) == (key, elsewhere)


def test_another_environment_needs_a_query_that_names_this_one(tmp_path: Path) -> None:
    written(tmp_path, a={"query": "avg(last_5m):avg:x{*} > 5"})
    with pytest.raises(ConfigError, match="has no scope env:prod"):
        read_datadog(tmp_path, origin="prod", marks=Marks(environment="staging"))


def test_an_slo_alert_is_sent_with_the_accounts_id_and_one_of_another_account_stays(tmp_path: Path) -> None:
    (tmp_path / "datadog" / "slos").mkdir(parents=True)
    slo = {"name": "s", "type": "metric", "thresholds": [{"timeframe": "7d", "target": 99}]}
    (tmp_path / "datadog" / "slos" / "s.json").write_text(json.dumps(slo), encoding="utf-8")
    alert = {"type": "slo alert", "query": 'burn_rate("s").over("7d").long_window("1h").short_window("5m") > 2'}
    files = written(tmp_path, a=alert, b={**alert, "query": alert["query"].replace('"s"', '"abc"')})
    assert (files["a"].needs, files["b"].needs) == ((("SLO", "s"),), ())
    account = DatadogAccount(host="http://127.0.0.1:9", api_key=Secret("k"), app_key=Secret("a"))
    ids = Ids()
    ids.know("SLO", "s", "f00")
    payload = {"type": "slo alert", "query": 'error_budget("f00").over("7d") > 2'}
    there = Existing(kind="monitor", id="1", name="a", key="a", payload=payload)
    assert Monitors(account, MARKS).named(there, ids).payload["query"] == 'error_budget("s").over("7d") > 2'
    account.close()


def test_two_files_with_one_id_are_refused_for_a_composite_could_mean_either(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"b\.json:\d+: a\.json has the id 101 as well"):
        written(tmp_path, a={"id": 101}, b={"id": 101})
