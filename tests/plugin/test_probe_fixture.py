"""The fixture ``probe`` as its users meet it: their own platform, its output, its exit codes and its journals."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]

MONITORING = Path(__file__).parents[2] / "monitoring"
PASSWORD = "correct-horse"
TOKEN = "tok-en-0123456789"


class Platform(BaseHTTPRequestHandler):
    """A platform with a page that is well, one that is slow, one that fails, and a login."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            time.sleep(2.2)
        if self.path.startswith("/who"):
            self._answer(200, {"by": self.headers.get("Authorization", "nobody")})
        else:
            self._answer(500 if self.path == "/fails" else 200, {"id": 1, "path": self.path})

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/login":
            self._answer(201, {"id": 2})
        elif sent["password"] == PASSWORD:
            self._answer(200, {"token": TOKEN})
        else:
            self._answer(401, {"detail": f"{sent['password']} is wrong"})

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Correlation-Id", "c0ffee")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def platform_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def project(pytester: pytest.Pytester, platform_url: str, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose target is the platform above, with a login for its tenants."""
    # The plugins that the other dependencies bring take most of a run's time, and none is needed here.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    shutil.copytree(MONITORING, pytester.path / "monitoring")
    point_at(pytester, platform_url)
    pytester.makeconftest(f"""
        import pytest
        from alertproof.probes import Login
        from alertproof.redact import Secret

        @pytest.fixture(scope="session")
        def probe_login():
            return Login(path="/login", body=lambda tenant: {{"tenant": tenant, "password": Secret("{PASSWORD}")}})
    """)
    return pytester


def point_at(project: pytest.Pytester, url: str, **more: object) -> None:
    lines = ["[targets.mine]", f'url = "{url}"', *(f"{name} = {json.dumps(value)}" for name, value in more.items())]
    (project.path / "alertproof.toml").write_text("\n".join(lines), encoding="utf-8")


def run(project: pytest.Pytester, body: str, *arguments: str) -> pytest.RunResult:
    header = "from alertproof.probes import *\nfrom alertproof.probes import Request\nimport pytest\n"
    (project.path / "test_it.py").write_text(header + body, encoding="utf-8")
    options = ["--target", "mine", "--reports", "out", "-ra", "-p", "no:cacheprovider", "-p", "alertproof.plugin"]
    return project.runpytest_inprocess(*options, *arguments)


def records(project: pytest.Pytester, kind: str) -> list[dict[str, Any]]:
    text = (project.path / "out" / "run.jsonl").read_text(encoding="utf-8")
    return [record for record in map(json.loads, text.splitlines()) if record["type"] == kind]


def the_journal(project: pytest.Pytester) -> dict[str, Any]:
    (record,) = records(project, "ProbeJournal")
    journal: dict[str, Any] = record["journal"]
    return journal


def verdicts(project: pytest.Pytester) -> list[str]:
    return [record["verdict"] for record in records(project, "CheckFinished")]


def test_a_probe_that_is_well_passes_and_is_written_down(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
def test_it(probe):
    first = probe.get("/who", tenant="acme").expect(status(200), within(), timed())
    assert first.json()["by"].startswith("Bearer ")
    probe.get("/a", params={"limit": 5}, keep=True).expect(value("$.path", "/a?limit=5"))
""",
    )

    result.assert_outcomes(passed=1)
    journal = the_journal(project)
    assert (journal["check"], journal["target"], journal["verdict"]) == ("test_it.py::test_it", "mine", "passed")
    assert journal["budget"] == "PT0.8S"
    assert [(run["name"], run["tenant"]) for run in journal["runs"]] == [
        ("login of acme", ""),
        ("GET /who", "acme"),
        ("GET /a", ""),
    ]
    assert verdicts(project) == ["passed"]


def test_all_that_is_unmet_is_said_at_once_without_a_traceback(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
def test_it(probe):
    probe.get("/slow", tenant="acme").expect(status(201), header("ETag"), within())
    assert False, "not reached"
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            'GET /slow as acme: expected status 201, last seen: 200 OK: {"id": 1, "path": "/slow"}',
            "  also expected header ETag, last seen: no header ETag",
            "  also expected an answer within 800 ms, last seen: 2.?? s, most of it first byte (2.?? s)",
            "  time     2.?? s over a new connection to 127.0.0.1:*: connect *, first byte 2.?? s, transfer *",
            "  look up  correlation id c0ffee, sent at *",
            "FAILED test_it.py::test_it - *GET /slow as acme: expected status 201*",
        ]
    )
    shown = result.stdout.str()
    assert "probe.get(" not in shown
    assert "not reached" not in shown
    journal = the_journal(project)
    assert journal["verdict"] == "failed"
    assert journal["reason"].startswith("GET /slow as acme: expected status 201")
    assert verdicts(project) == ["failed"]


def test_a_platform_that_is_down_is_a_failure_not_an_error(project: pytest.Pytester) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    point_at(project, f"http://127.0.0.1:{port}")

    result = run(project, "def test_it(probe):\n    probe.get('/').expect(status(200))\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"GET /: expected an answer, last seen: refused: nothing listens at 127.0.0.1:{port}"])
    (sent,) = the_journal(project)["runs"]
    assert (sent["status"], sent["trouble"]) == (0, "refused")


def test_a_test_that_could_not_tell_is_an_error(project: pytest.Pytester) -> None:
    bodies = {
        "pass": "*took the fixture 'probe' and sent no request: call probe.get(...)*",
        "probe.get('/a')": "nothing is expected of GET /a: say what, such as .expect(status(200))",
        "probe.get('/b').expect()": "nothing is expected of GET /b: say what, such as .expect(status(200))",
        "probe.get('/a').expect(status(200)); probe.get('/c')": "nothing is expected of GET /c: *",
        "probe.together([])": "probe.together() was given no requests",
        "probe.get('/a').expect(schema({'requird': []}))": "*'requird' is no word of a schema*'required'*",
        "probe.get('a')": "a probe's path begins with one slash*",
    }

    result = run(project, "".join(f"def test_{at}(probe):\n    {body}\n\n" for at, body in enumerate(bodies)))

    result.assert_outcomes(errors=len(bodies))
    result.stdout.fnmatch_lines([*bodies.values()])
    assert verdicts(project) == ["broken"] * len(bodies)
    assert {record["journal"]["verdict"] for record in records(project, "ProbeJournal")} == {"broken"}


def test_a_failed_assertion_of_the_test_keeps_the_journal(project: pytest.Pytester) -> None:
    result = run(
        project,
        "def test_it(probe):\n    found = probe.get('/a').expect(status(200))\n    assert found.json()['id'] == 7\n",
    )

    result.assert_outcomes(failed=1)
    assert the_journal(project)["verdict"] == "failed"
    assert "assert 1 == 7" in the_journal(project)["reason"]


def test_a_probe_in_a_fixture_that_fails_keeps_the_journal(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
@pytest.fixture
def lead(probe):
    return probe.get("/fails").expect(status(200)).json()

def test_it(lead):
    pass
""",
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*GET /fails: expected status 200, last seen: 500 Internal Server Error*"])
    assert the_journal(project)["runs"][0]["status"] == 500


def test_a_login_that_is_refused_names_the_tenant_and_not_the_password(project: pytest.Pytester) -> None:
    conftest = project.path / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8").replace(PASSWORD, "wr0ng-horse"), encoding="utf-8")

    result = run(project, "def test_it(probe):\n    probe.get('/who', tenant='globex').expect(status(200))\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["login of globex (POST /login): expected status 200 or 201, last seen: 401 Unauthorized: *is wrong*"]
    )
    assert "wr0ng" not in result.stdout.str() + (project.path / "out" / "run.jsonl").read_text(encoding="utf-8")


def test_tenants_log_in_once_in_a_run_and_no_secret_is_written(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
@pytest.mark.parametrize("turn", range(3))
def test_it(probe, turn):
    probe.get("/who", tenant="acme").expect(status(200), value("$.by", "nobody"))
""",
    )

    result.assert_outcomes(failed=3)
    names = [run["name"] for record in records(project, "ProbeJournal") for run in record["journal"]["runs"]]
    assert names == ["login of acme", "GET /who", "GET /who", "GET /who"]
    written = "".join(
        path.read_text(encoding="utf-8")
        for path in (project.path / "out").rglob("*")
        if path.suffix in {".jsonl", ".md"}
    )
    assert TOKEN not in written + result.stdout.str()
    assert PASSWORD not in written + result.stdout.str()


def test_what_writes_is_skipped_where_the_target_does_not_allow_it(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
def test_writes(probe):
    probe.get("/a").expect(status(200))
    probe.post("/leads", json={}).expect(status(201))

def test_only_reads(probe):
    probe.post("/leads", json={}, reads=True).expect(status(201))
""",
    )

    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*target 'mine' does not allow 'write'; *alertproof.toml*"])
    assert [record["journal"]["verdict"] for record in records(project, "ProbeJournal")] == ["skipped", "passed"]


def test_what_writes_is_sent_where_the_target_allows_it(project: pytest.Pytester, platform_url: str) -> None:
    point_at(project, platform_url, allow=["read", "write"])

    result = run(project, "def test_it(probe):\n    probe.post('/leads', json={}).expect(status(201))\n")

    result.assert_outcomes(passed=1)


def test_requests_sent_together_are_judged_together(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
def test_it(probe):
    paths = ["/a", "/fails", "/b", "/fails"]
    sent = probe.together(Request(method="GET", path=path, tenant="acme") for path in paths)
    assert [one.expect(header("X-Correlation-Id", "c0ffee")).request.path for one in sent] == paths
    sent.expect(status(200))
""",
    )

    result.assert_outcomes(failed=1)
    failures = result.stdout.str().partition("short test summary")[0]  # which repeats them whole where CI is set
    assert failures.count("\nGET /fails as acme: expected status 200, last seen: 500") == 2
    runs = the_journal(project)["runs"]
    assert [run["path"] for run in runs] == ["/login", "/a", "/fails", "/b", "/fails"]


@pytest.mark.parametrize("took", ["800ms", "801ms"])
def test_a_project_without_a_specification_has_a_budget_too(project: pytest.Pytester, took: str) -> None:
    shutil.rmtree(project.path / "monitoring")
    body = f"""
def test_it(probe):
    from dataclasses import replace
    from alertproof.requirements import parse_span
    answer = probe.get("/a").expect(status(200))
    seen = within().look(replace(answer, total=parse_span("{took}")))
    assert seen.met, seen.what
"""

    result = run(project, body)

    result.assert_outcomes(passed=took == "800ms", failed=took == "801ms")


def test_a_specification_that_is_named_and_not_there_is_an_error(project: pytest.Pytester) -> None:
    result = run(project, "def test_it(probe):\n    probe.get('/a').expect(status(200))\n", "--monitoring", "elsewhere")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*elsewhere*cannot be read*"])


def test_the_traceback_of_a_mistake_shows_no_secret_that_was_sent(project: pytest.Pytester) -> None:
    result = run(
        project,
        f"""
def compare(found, password):
    print("by", found, password)
    assert found == "me"

def test_it(probe):
    compare(probe.get("/who", tenant="acme").expect(status(200)).json()["by"], "{PASSWORD}"[:])
""",
    )

    result.assert_outcomes(failed=1)
    assert "password = '***'" in result.stdout.str()
    assert "by *** ***" in result.stdout.str()
    kept = (project.path / "out").rglob("*")
    written = [path.read_text(encoding="utf-8") for path in kept if path.suffix in {".jsonl", ".xml", ".html", ".md"}]
    assert len(written) >= 4
    assert TOKEN not in result.stdout.str() + "".join(written)
    assert PASSWORD not in result.stdout.str() + "".join(written)


def test_limits_of_a_probe_can_be_overridden(project: pytest.Pytester) -> None:
    conftest = project.path / "conftest.py"
    conftest.write_text(
        conftest.read_text(encoding="utf-8")
        + """
from datetime import timedelta
from alertproof.probes import Limits

@pytest.fixture(scope="session")
def probe_limits():
    return Limits(read=timedelta(milliseconds=200))
""",
        encoding="utf-8",
    )

    result = run(project, "def test_it(probe):\n    probe.get('/slow').expect(status(200))\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*read timeout: no first byte within 200 ms*"])


def test_a_run_in_two_processes_brings_every_journal_home(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
@pytest.mark.parametrize("turn", range(4))
def test_it(probe, turn):
    probe.get("/a").expect(status(200))
""",
        "-p",
        "xdist",
        "-n",
        "2",
    )

    result.assert_outcomes(passed=4)
    assert len(records(project, "ProbeJournal")) == 4


def test_ports_are_asked_too_and_what_is_sent_to_one_needs_permission(
    project: pytest.Pytester, platform_url: str
) -> None:
    host = platform_url.removeprefix("http://")
    result = run(
        project,
        f"""
def test_open(probe):
    probe.tcp("{host}", name="the platform's port").expect(timed(), within("20s"))

def test_closed(probe):
    probe.tcp("127.0.0.1:1").expect(timed())

def test_no_tls(probe):
    probe.tls("{host}").expect(secured())

def test_talks(probe):
    probe.tcp("{host}", send=b"GET / HTTP/1.0\\r\\n\\r\\n", reads=True).expect(body(re.compile("^HTTP/1.1 200 ")))

def test_writes(probe):
    probe.tcp("{host}", send=b"DELETE / HTTP/1.0\\r\\n\\r\\n").expect(timed())

def test_nonsense(probe):
    probe.tcp("{host}").expect(status(200))
""".replace("def test_open", "import re\n\ndef test_open", 1),
    )

    result.assert_outcomes(passed=2, failed=2, skipped=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            f"TCP {host}: status 200 cannot be expected of TCP",
            "TCP 127.0.0.1:1: expected an answer, last seen: refused: nothing listens at 127.0.0.1:1",
            f"TLS {host}: expected an answer, last seen: *",
        ]
    )
    runs = {one["journal"]["check"]: one["journal"]["runs"][0] for one in records(project, "ProbeJournal")}
    opened = runs["test_it.py::test_open"]
    assert (opened["name"], opened["method"], opened["path"], opened["answer"]) == (
        *("the platform's port", "TCP"),
        *(host, "open"),
    )
    page = (project.path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"TCP {host}" in page
