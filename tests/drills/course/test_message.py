"""A variable that came out empty is found in what people read; one that has a value is not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import final

import pytest
import trustme

from alertproof.drills.course.message import empty_variables, missing_runbook

TEMPLATE = """{{#is_alert}}
The rate is {{value}}, above {{threshold}}.
Tenant {{tenant.name}} suffers.
{{/is_alert}}
{{#is_recovery}}
The rate is back to {{value}}.
{{/is_recovery}}
Nothing here."""


@pytest.mark.parametrize(
    ("text", "empty", "read"),
    [
        ("The rate is 0.05, above 0.02.\nTenant acme suffers.", [], 3),
        ("The rate is , above 0.02.\nTenant acme suffers.", ["{{value}}"], 3),
        ("The rate is 0.05, above 0.02.\nTenant  suffers.", ["{{tenant.name}}"], 3),
        ("The rate is , above .\nTenant  suffers.", ["{{value}}", "{{threshold}}", "{{tenant.name}}"], 3),
        ("The rate is {{value}}, above 0.02.", ["{{value}}"], 2),
        ("The rate is back to .", ["{{value}}"], 1),
        ("The rate is back to 0.01.", [], 1),
        ("Nothing here.", [], 0),
    ],
)
def test_empty_variables_are_named_as_they_are_written(text: str, empty: list[str], read: int) -> None:
    assert empty_variables([TEMPLATE], [text]) == (empty, read)


def test_a_line_in_a_block_is_known_by_its_words() -> None:
    template = "{{#is_alert}}Up to {{value}} of {{tenant.name}}{{/is_alert}}"

    assert empty_variables([template], ["Up to 3 of acme"]) == ([], 2)
    assert empty_variables([template], ["Up to  of acme"]) == (["{{value}}"], 2)
    assert empty_variables([template], ["Up to 3 of "]) == (["{{tenant.name}}"], 2)


def test_a_title_is_read_behind_what_datadog_puts_before_it() -> None:
    assert empty_variables(["Errors of {{tenant.name}} alone"], ["[P1] [Triggered] Errors of acme alone"]) == ([], 1)
    found = empty_variables(["Errors of {{tenant.name}} alone"], ["[P1] [Triggered] Errors of  alone"])
    assert found == (["{{tenant.name}}"], 1)


def test_signs_that_html_spells_otherwise_are_the_same() -> None:
    assert empty_variables(["a & b: {{{value}}}"], ["a &amp; b: 3"]) == ([], 1)


def test_a_line_without_a_fixed_word_says_nothing() -> None:
    assert empty_variables(["{{value}}"], ["anything"]) == ([], 0)


@final
class _Runbooks(BaseHTTPRequestHandler):
    """A wiki: one page that is there, one that has moved, one that is broken, and nothing else."""

    def do_GET(self) -> None:
        status = {"/rates": 200, "/moved": 302, "/lost": 302, "/broken": 500}.get(self.path, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/rates" if self.path == "/moved" else "/nowhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def wiki() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Runbooks)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("page", ["/rates", "/moved", "/rates#what-to-do"])
def test_a_runbook_at_an_address_is_there_when_it_answers_at_last(wiki: str, tmp_path: Path, page: str) -> None:
    assert missing_runbook(wiki + page, tmp_path) == ""


@pytest.mark.parametrize(("page", "status"), [("/none", 404), ("/lost", 404), ("/broken", 500)])
def test_a_runbook_that_answers_with_an_error_is_not_there(wiki: str, tmp_path: Path, page: str, status: int) -> None:
    assert missing_runbook(wiki + page, tmp_path) == f"{wiki}{page} answers {status}"


def test_a_runbook_at_an_address_where_nobody_answers_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/rates"

        assert missing_runbook(address, tmp_path).startswith(f"{address} does not answer: ConnectError")


def test_a_runbook_with_a_certificate_of_nobody_known_is_not_there(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Runbooks)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    address = f"https://127.0.0.1:{server.server_address[1]}/rates"
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    try:
        unknown = missing_runbook(address, tmp_path)
        known = missing_runbook(address, tmp_path, ca_file=str(tmp_path / "ca.pem"))
    finally:
        server.shutdown()
        server.server_close()

    assert "does not answer" in unknown
    assert "CERTIFICATE_VERIFY_FAILED" in unknown
    assert known == ""


def test_a_runbook_that_is_a_path_is_looked_for_above_the_specification(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "rates.md").write_text("what to do", encoding="utf-8")

    assert missing_runbook("docs/rates.md#first", tmp_path / "monitoring") == ""
    assert missing_runbook("docs/none.md", tmp_path / "monitoring") == (
        f"docs/none.md is no file in or above {tmp_path}"
    )
