"""Servers under load: ours and those it is measured against, each on one core, and wrk on another."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertproof.clock import SystemClock, wait_until
from alertproof.requirements import CONTROL_TOKEN

__all__ = ["Load", "Server", "best", "free_port", "peer", "shown", "standin", "tool", "wrk"]

ROOT = Path(__file__).parents[2]
#: The server has a core of its own, and who makes the load another.
SERVER_CORE, LOAD_CORE = "0", "1"
_TICK = os.sysconf("SC_CLK_TCK")
_LUA = """
local file = io.open("{body}", "rb"); wrk.body = file:read("*a"); file:close()
wrk.method = "POST"
{headers}
done = function(summary)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("told %d %d %d\\n", summary.requests, summary.duration, failed))
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk did to a server: answers a second, and microseconds of the server's processor for each."""

    per_second: float
    cpu_us: float


@dataclass
class Server:
    """A running server and what it did under load, round by round."""

    name: str
    process: subprocess.Popen[Any]
    url: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)

    def cpu(self) -> float:
        """Return the seconds that it has had of a processor."""
        spent = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(spent[11]) + int(spent[12])) / _TICK

    def memory(self) -> float:
        """Return its resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def tool(name: str) -> str:
    """Return the path of a program that only benchmarks need; without it the benchmark fails."""
    inside = ROOT / ".venv-peers" / "bin" / name
    found = str(inside) if inside.exists() else shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing; run: .ci/tools.sh blackbox peers wrk", pytrace=False)
    return found


@contextmanager
def _running(*command: str, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    with subprocess.Popen([tool("taskset"), "-c", SERVER_CORE, *command], **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def standin(*arguments: str) -> Iterator[Server]:
    """Start one of ours as a stack does."""
    command = (sys.executable, "-m", "alertproof.standins", *arguments)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with _running(*command, **pipes, env=os.environ | {CONTROL_TOKEN: "bench"}) as process:
        assert process.stdout is not None
        endpoints = json.loads(process.stdout.readline())["endpoints"]
        yield Server("alertproof", process, "", endpoints)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def peer(name: str, port: int, *command: str, **environment: str) -> Iterator[Server]:
    """Start another's server and wait until it answers on its port."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with _running(*command, **quiet, env=os.environ | environment, cwd=ROOT) as process:
        clock = SystemClock()

        def answers() -> bool | None:
            assert process.poll() is None, f"{name} ended by itself: {' '.join(command)}"
            with socket.socket() as caller:
                return caller.connect_ex(("127.0.0.1", port)) == 0 or None

        deadline = clock.now() + timedelta(seconds=20)
        assert wait_until(answers, clock=clock, deadline=deadline, every=timedelta(seconds=0.05)), f"{name} is silent"
        yield Server(name, process, f"http://127.0.0.1:{port}")


def wrk(server: Server, path: str, body: Path, headers: Mapping[str, str], *, seconds: int = 2) -> None:
    """Let wrk post a body to a server with eight connections; every answer has to be a good one."""
    lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    script = body.with_suffix(".lua")
    script.write_text(_LUA.replace("{body}", str(body)).replace("{headers}", lines), encoding="ascii")
    before = server.cpu()
    options = ["--threads", "1", "--connections", "8", "--duration", f"{seconds}s", "--timeout", "10s"]
    command = [tool("taskset"), "-c", LOAD_CORE, tool("wrk"), *options, "--script", str(script), f"{server.url}{path}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = re.search(r"^told (\d+) (\d+) (\d+)$", said, re.MULTILINE)
    assert told is not None, said
    requests, microseconds, failed = map(int, told.groups())
    assert requests > 0, said
    assert failed == 0, said
    server.loads.append(Load(1e6 * requests / microseconds, 1e6 * (server.cpu() - before) / requests))


def best(server: Server) -> float:
    """Return the answers a second of its best round: what the machine did beside can only take away."""
    return max(load.per_second for load in server.loads)


def shown(servers: Sequence[Server]) -> str:
    """Return a table of what each did."""
    rows = [
        f"\n  {server.name:18}{best(server):9,.0f}/s {min(load.cpu_us for load in server.loads):7.0f} us CPU each"
        for server in servers
    ]
    return "".join(rows)
