"""Leads from a file, from the upload to the list of what was rejected; and the worker that reads it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from hypothesis import given
from hypothesis import strategies as st
from rq import Queue

from m3core.csv_leads import MOST_ROWS, NotALeadFile, Rejected, read_leads
from m3core.imports import MOST_BYTES
from m3core.jobs import QUEUE
from m3core.leads import NewLead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message as Mail

    from tests.m3core.conftest import Platform

HEADER = "name,company,email,phone,source\n"
GOOD = "Ada,Northwind,ada@northwind.example,,web\n"


def rows(text: str | bytes) -> list[NewLead | Rejected]:
    return list(read_leads(text.encode() if isinstance(text, str) else text))


def test_commas_semicolons_a_mark_at_the_begin_and_other_orders_are_read_alike() -> None:
    wanted = [NewLead(name="Ada", company="Northwind", email="ada@northwind.example", source="import")]
    assert rows("name,company,email\nAda,Northwind,ada@northwind.example\n") == wanted
    assert rows("email;name;company\r\nada@northwind.example;Ada;Northwind\r\n") == wanted
    assert rows(b"\xef\xbb\xbfName, Company ,EMAIL\nAda,Northwind,ada@northwind.example") == wanted
    assert rows('name,company,email\n"Ada","Northwind","ada@northwind.example"\n\n,,\n') == wanted


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Ada,Northwind,no-address,,web\n", "email: does not fit"),
        (",Northwind,ada@northwind.example,,web\n", "name: does not fit"),
        ("Ada,Northwind,ada@northwind.example,,Web Site\n", "source: does not fit"),
        ("Ada,Northwind\n", "2 cells under 5 names"),
        (f"{'n' * 201},Northwind,ada@northwind.example,,web\n", "name: does not fit"),
        ("A\x00da,Northwind,ada@northwind.example,,web\n", "name: does not fit"),
    ],
)
def test_a_line_that_is_no_lead_is_rejected_by_its_number_and_its_neighbours_are_not(line: str, reason: str) -> None:
    before, found, after = rows(HEADER + GOOD + line + GOOD)
    assert (isinstance(before, NewLead), isinstance(after, NewLead)) == (True, True)
    assert found == Rejected(3, reason)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no name and no company and no email"),
        (b"name,company\nA,B\n", "the header has no email"),
        (b"name,company,email,shoe\n", "1 unknown names"),
        (b"name,company,email,email\n", "twice"),
        (b"name,company,email\n\xff\xfe", "not UTF-8: byte 20"),
        (b'name,company,email\n"open', "line 2"),
        (b"name,company,email\n" + b"x" * 10_001 + b",b,c@d.example\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, said: str) -> None:
    with pytest.raises(NotALeadFile, match=said):
        rows(content)


def test_the_last_allowed_row_is_read_and_the_next_is_not() -> None:
    assert len(rows(HEADER + GOOD * MOST_ROWS)) == MOST_ROWS
    with pytest.raises(NotALeadFile, match="more than 5000"):
        rows(HEADER + GOOD * (MOST_ROWS + 1))


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: HEADER.encode() + text.encode("utf-8", "replace"))
)
def test_any_bytes_are_leads_rejected_lines_or_no_lead_file(content: bytes) -> None:
    with contextlib.suppress(NotALeadFile):
        for line in read_leads(content):
            assert isinstance(line, NewLead) or line.line >= 2


class Mailbox(Message):
    """Keeps what arrives; refuses the first ``refusing`` messages."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []
        self.refusing = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        if self.refusing:
            self.refusing -= 1
            return "451 try again"
        return str(await super().handle_DATA(server, session, envelope))

    def handle_message(self, message: Mail) -> None:
        self.mails.append(message)


@pytest.fixture
def mailbox(platform: Platform) -> Iterator[tuple[Mailbox, str]]:
    """A mail server; yields what it keeps and its URL. Jobs of tests before are gone, with the attempts they had."""
    with redis.Redis.from_url(platform.environment["REDIS_URL"]) as client:
        Queue(QUEUE, connection=client).empty()
    box = Mailbox()
    with socket.socket() as free:  # the controller calls the port that it was given, so it takes no 0
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def upload(client: httpx.Client, content: bytes | str, kind: str = "text/csv", **headers: str) -> httpx.Response:
    return client.post("/api/imports", content=content, headers={"Content-Type": kind, **headers})


def test_a_file_is_imported_by_the_worker_in_one_trace_and_another_tenant_does_not_see_it(
    platform: Platform, acme: httpx.Client, globex: httpx.Client, tmp_path: Path
) -> None:
    before = acme.get("/api/leads?limit=1").json()["total"]
    started = upload(acme, HEADER + GOOD + "x\n" + GOOD, **{"X-Correlation-Id": "import-1"})
    assert (started.status_code, started.json()["state"]) == (202, "queued")
    address = f"/api/imports/{started.json()['id']}"
    assert globex.get(address).status_code == 404
    log = tmp_path / "worker.jsonl"
    with log.open("w") as file, platform.command("worker", log=file):
        finished = platform.points_of("imports.finished", "tenant:acme", "result:done")
    assert [point.value for point in finished] == [1]
    done = acme.get(address).json()
    assert (done["state"], done["imported"], done["rejected"]) == ("done", 2, 1)
    assert done["problems"] == [{"line": 3, "reason": "1 cells under 5 names"}]
    assert acme.get("/api/leads?limit=1").json()["total"] == before + 2
    assert platform.points_of("imports.rows", "tenant:acme", "result:imported")[-1].value == 2
    assert platform.points_of("worker.jobs", "job:import_leads", "outcome:done", "tenant:acme")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [read] = [line for line in lines if line["message"] == "import read"]
    [queued] = [line for line in platform.log_lines("import-1") if line["message"] == "import queued"]
    assert read["correlation_id"] == "import-1"
    assert read["dd.trace_id"] == queued["dd.trace_id"] != "0"
    assert (read["env"], read["version"]) == ("drill", "1.2.3")
    assert sum(point.value for point in platform.points_of("telemetry.log_bytes", "service:m3core-worker")) == len(
        log.read_bytes()
    )


def test_an_import_that_the_database_refuses_has_failed_and_says_so(
    platform: Platform, acme: httpx.Client, tmp_path: Path
) -> None:
    before = acme.get("/api/leads?limit=1").json()["total"]
    with psycopg.connect(platform.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON leads FOR EACH ROW WHEN (NEW.company = 'Refused') "
            "EXECUTE FUNCTION refuse()"
        )
        try:
            started = upload(acme, f"{HEADER}{GOOD}Eve,Refused,eve@refused.example,,\n").json()
            with (tmp_path / "worker.jsonl").open("w") as file, platform.command("worker", log=file):
                platform.points_of("imports.finished", "tenant:acme", "result:failed")
        finally:
            connection.execute("DROP TRIGGER refuse ON leads; DROP FUNCTION refuse")
    failed = acme.get(f"/api/imports/{started['id']}").json()
    assert (failed["state"], failed["imported"]) == ("failed", 0)
    assert failed["problems"] == [{"line": 0, "reason": "the leads could not be stored; send the file again"}]
    assert acme.get("/api/leads?limit=1").json()["total"] == before
    assert platform.points_of("worker.jobs", "job:import_leads", "outcome:failed", "tenant:acme")


@pytest.mark.parametrize(("size", "status"), [(MOST_BYTES, 202), (MOST_BYTES + 1, 413)])
def test_a_file_may_have_two_million_bytes(acme: httpx.Client, size: int, status: int) -> None:
    assert upload(acme, HEADER + "\n" * (size - len(HEADER))).status_code == status


def test_what_is_no_csv_or_comes_from_nobody_is_refused(acme: httpx.Client, anonymous: httpx.Client) -> None:
    refused = upload(acme, "{}", "application/json")
    assert refused.status_code == 415
    assert "text/csv" in refused.json()["detail"]
    assert upload(anonymous, GOOD).status_code == 401


def emails(platform: Platform, tenant: str, result: str) -> float:
    wanted = {f"tenant:{tenant}", f"result:{result}"}
    return float(sum(p.value for p in platform.points.now() if p.metric == "emails.sent" and p.tags >= wanted))


def test_a_follow_up_is_sent_again_when_the_mail_server_refuses_it_twice_and_counts_once(
    platform: Platform, acme: httpx.Client, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    box, url = mailbox
    box.refusing = 2
    failed = emails(platform, "acme", "failed")
    new = {"name": "Mia Mail", "company": "Post", "email": "mia@post.example"}
    with (tmp_path / "log").open("w") as log, platform.command("worker", log=log, M3CORE_SMTP_URL=url):
        acme.post("/api/leads", json=new).raise_for_status()
        platform.points_of("emails.sent", "tenant:acme", "result:sent")
    assert emails(platform, "acme", "failed") == failed
    assert platform.points_of("worker.jobs", "job:send_follow_up", "outcome:failed")
    mail = next(each for each in box.mails if each["To"] == "mia@post.example")
    assert mail["Subject"] == "Thank you for your interest"
    assert "Dear Mia Mail" in str(mail.get_payload())


def test_a_follow_up_that_the_mail_server_refuses_three_times_has_failed_once(
    platform: Platform, globex: httpx.Client, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    box, url = mailbox
    box.refusing = 3
    new = {"name": "Nia None", "company": "Post", "email": "nia@post.example"}
    with (tmp_path / "log").open("w") as log, platform.command("worker", log=log, M3CORE_SMTP_URL=url):
        globex.post("/api/leads", json=new).raise_for_status()
        platform.points_of("emails.sent", "tenant:globex", "result:failed")
    assert emails(platform, "globex", "failed") == 1
    assert "Nia None" not in "".join(str(each.get_payload()) for each in box.mails)


def test_a_mailbox_takes_no_mail_to_the_domain_that_refuses_all(
    platform: Platform, acme: httpx.Client, tmp_path: Path
) -> None:
    folder, failed = tmp_path / "mail", emails(platform, "acme", "failed")
    with (
        (tmp_path / "log").open("w") as log,
        platform.command("mailbox", "--folder", str(folder), "--port", "0", log=log) as mailbox,
        platform.command("worker", log=log, M3CORE_SMTP_URL=mailbox.ready["mailbox"]),
    ):
        for domain in ("Refused.example", "not-refused.example"):
            new = {"name": "Rae", "company": "Post", "email": f"rae@{domain}"}
            acme.post("/api/leads", json=new).raise_for_status()
        platform.points.wait_for(lambda _: emails(platform, "acme", "failed") == failed + 1)
        platform.points.wait_for(lambda _: list(folder.glob("new/*")))
    assert ["rae@not-refused.example" in file.read_text() for file in folder.glob("new/*")] == [True]


def test_on_a_stack_what_is_sent_ends_in_a_mailbox(platform: Platform, acme: httpx.Client, tmp_path: Path) -> None:
    folder, new = tmp_path / "mail", {"name": "Max Box", "company": "Post", "email": "max@post.example"}
    with (
        (tmp_path / "log").open("w") as log,
        platform.command("mailbox", "--folder", str(folder), "--port", "0", log=log) as mailbox,
        platform.command("worker", log=log, M3CORE_SMTP_URL=mailbox.ready["mailbox"]),
    ):
        acme.post("/api/leads", json=new).raise_for_status()
        platform.points.wait_for(lambda _: [file for file in folder.glob("new/*") if "Max Box" in file.read_text()])
    assert mailbox.exit_code == 0


def test_a_mailbox_that_cannot_be_kept_says_why(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        command = [sys.executable, "-m", "m3core", "mailbox", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr

    assert said("--folder", str(tmp_path / "no" / "such")).startswith("m3core: --folder ")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1:{port} cannot be listened on" in said("--folder", str(tmp_path / "mail"), "--port", port)
