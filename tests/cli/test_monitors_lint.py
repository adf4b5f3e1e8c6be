"""``alertproof monitors lint`` and ``monitors explain``: files in, findings and words out, and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BAD: dict[str, Any] = {
    "name": "Load, high: 100 %",
    "type": "query alert",
    "query": "avg(last_5m):avg:system.load.1{env:prod} > 4",
    "message": "High on {{host.name}} @slack-ops",
    "options": {},
}
GOOD = BAD | {"message": "High @slack-ops"}


def monitors(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "alertproof", "monitors", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith(("DD_", "DATADOG_"))}
        | {"COLUMNS": "80"}
        | environment,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(BAD, indent=2), encoding="utf-8")
    return file


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    return file


def test_without_findings_it_ends_with_0_and_says_how_many_monitors_it_looked_at(good: Path) -> None:
    done = monitors("lint", good, "monitoring")
    number = 1 + len(list((ROOT / "monitoring" / "datadog" / "monitors").glob("*.json")))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"no finding in {number} monitors\n", "")


def test_a_finding_is_one_line_with_its_place_and_the_exit_code_is_1(bad: Path) -> None:
    done = monitors("lint", bad)
    assert done.returncode == 1
    line, summary = done.stdout.splitlines()
    assert line == (
        f"{bad}:5:23: warning: {{{{host.name}}}} is empty: the query does not group by host. [tag-not-grouped]"
    )
    assert summary == "1 finding in 1 monitor; why: alertproof monitors lint --explain tag-not-grouped"


def test_json_is_a_line_for_each_finding_and_nothing_else(bad: Path, good: Path) -> None:
    done = monitors("lint", "--json", bad, good)
    assert done.returncode == 1
    (finding,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert finding == {
        "id": "tag-not-grouped",
        "level": "warning",
        "file": str(bad),
        "line": 5,
        "column": 23,
        "end_line": 5,
        "end_column": 36,
        "monitor": "Load, high: 100 %",
        "text": "{{host.name}} is empty: the query does not group by host.",
    }
    assert monitors("lint", "--json", good).stdout == ""


def test_annotations_for_github_escape_what_would_end_them(bad: Path) -> None:
    done = monitors("lint", "--github", bad)
    assert done.stdout == (
        f"::warning file={bad},line=5,col=23,endLine=5,endColumn=36,"
        "title=tag-not-grouped (Load%2C high%3A 100 %25)::"
        "{{host.name}} is empty: the query does not group by host.\n"
    )


def test_findings_are_printed_in_one_way(bad: Path) -> None:
    done = monitors("lint", "--json", "--github", bad)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--json and --github" in done.stderr


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_still_looked_at(bad: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    odd = tmp_path / "odd.json"
    odd.write_bytes(b"\xff\xfe")
    done = monitors("lint", bad, broken, odd, tmp_path / "none.json")
    assert done.returncode == 2
    assert "[tag-not-grouped]" in done.stdout
    assert f"alertproof: {broken}:1:2: not JSON" in done.stderr
    assert f"alertproof: {odd}: not UTF-8" in done.stderr
    assert "none.json: No such file" in done.stderr


def test_nothing_passes_by_looking_at_nothing(tmp_path: Path) -> None:
    (tmp_path / "slo.json").write_text('{"type": "metric", "query": {}}', encoding="utf-8")
    for paths in ((tmp_path,), (tmp_path / "slo.json",), ()):
        done = monitors("lint", *paths)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no Datadog monitor here" in done.stderr or "name files or folders" in done.stderr


def test_a_folder_is_searched_but_not_what_is_hidden_in_it(bad: Path, tmp_path: Path) -> None:
    for place in (".terraform", "node_modules"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "m.json").write_text("{", encoding="utf-8")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    bad.rename(tmp_path / "deep" / "er" / "bad.json")
    (tmp_path / "notes.txt").write_text("no JSON", encoding="utf-8")
    assert monitors("lint", tmp_path).returncode == 1


def test_a_byte_order_mark_is_no_part_of_a_file(good: Path) -> None:
    good.write_text(good.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert monitors("lint", good).returncode == 0


def test_explain_prints_the_page_of_a_finding() -> None:
    done = monitors("lint", "--explain", "page-never-resolves")
    assert done.returncode == 0
    assert done.stdout == (ROOT / "docs/lint/page-never-resolves.md").read_text(encoding="utf-8")
    done = monitors("lint", "--explain", "page-never-resolve")
    assert done.returncode == 2
    assert "did you mean 'page-never-resolves'?" in done.stderr


def test_monitors_are_explained_with_the_defaults_of_their_representation(tmp_path: Path) -> None:
    file = tmp_path / "monitors.tf"
    file.write_text(
        'resource "datadog_monitor" "load" {\n  name = "Load"\n  type = "query alert"\n'
        '  query = "avg(last_5m):avg:a{*} > 4"\n  message = "@slack-ops"\n}\n',
        encoding="utf-8",
    )
    done = monitors("explain", file)
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert text.startswith(f"Load {file}: datadog_monitor.load (Terraform resource, metric) Watches the average of a.")
    assert "- no_data_timeframe is 10 minutes (default of Terraform's provider)" in text
    assert "An offline test assumes:" in text
    (line,) = monitors("explain", "--json", file).stdout.splitlines()
    assert json.loads(line)["tells"] == ["Tells Slack channel ops of everything: alerts and recoveries."]


class _Account(BaseHTTPRequestHandler):
    """An account of Datadog with one monitor, as its API answers for it."""

    def do_GET(self) -> None:
        known = self.headers["DD-API-KEY"] == "key" and self.path.startswith("/api/v1/monitor?")
        body = json.dumps([BAD | {"id": 12}] if known else {"errors": ["Forbidden"]}).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def account() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Account)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_monitors_of_an_account_are_read_through_the_api(account: str) -> None:
    done = monitors("lint", "--account", DD_SITE=account, DD_API_KEY="key", DD_APP_KEY="app")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{account}: monitor 12:1:1: warning: {{{{host.name}}}} is empty")


def test_an_account_needs_keys_and_says_what_it_was_refused(account: str) -> None:
    done = monitors("lint", "--account", DD_SITE=account)
    assert done.returncode == 2
    assert "--account: DD_API_KEY is missing; set it in the environment" in done.stderr
    done = monitors("explain", "--account", DD_SITE=account, DD_API_KEY="wrong", DD_APP_KEY="app")
    assert done.returncode == 6
    assert "Datadog refused to list the monitors: 403" in done.stderr
    assert "wrong" not in done.stderr
