"""Load from several processes and machines: the options of a master, and the command of a worker."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from alertproof.addresses import is_loopback
from alertproof.cli.load_limits import ceiling_of
from alertproof.cli.options import limit_options, monitoring_option
from alertproof.errors import ConfigError
from alertproof.loadgen import Crew, work_for
from alertproof.loadgen.crew import Post
from alertproof.loadgen.profile import MOST_WORKERS
from alertproof.requirements import parse_span
from alertproof.stack import reached

__all__ = ["crew_asked_for", "crew_options", "worker_command"]

_PORT = 5557  # Locust's own
_EXPOSED = (
    "The master listens on {host}, beyond this machine, and Locust's protocol has no password: keep that port to your "
    "own network. A worker takes a part from whoever listens there, within its own limits."
)
_F = TypeVar("_F", bound=Callable[..., Any])


def crew_options(command: _F) -> _F:
    """Add the options that say who sends the load."""
    options = [
        click.option(
            "--workers", type=int, help="Processes that send a part each [default: as the profile says, or 1]."
        ),
        click.option(
            "--master", is_flag=True, help="Start no worker: --workers of them come (alertproof load worker)."
        ),
        click.option(
            "--master-bind-host",
            default="127.0.0.1",
            show_default=True,
            help="Where the master listens for workers that come; 0.0.0.0 for all networks.",
        ),
        click.option("--master-bind-port", default=_PORT, show_default=True, help="... and at which port."),
        click.option(
            "--workers-within", default="60s", show_default=True, help="How long the workers that come are waited for."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def crew_asked_for(
    workers: int | None,
    *,
    master: bool,
    master_bind_host: str,
    master_bind_port: int,
    workers_within: str,
) -> Crew | None:
    """Return the crew that the options say, None where the profile decides; raises `ConfigError`."""
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise ConfigError(f"--workers {workers}: 1 to {MOST_WORKERS}")
    if not master:
        return None if workers is None else Crew(workers=workers)
    if workers is None:
        raise ConfigError("--master: how many workers are to come? say --workers 4")
    if not 1 <= master_bind_port <= 65535:
        raise ConfigError(f"--master-bind-port {master_bind_port}: 1 to 65535")
    if not is_loopback(f"http://{master_bind_host}"):
        Console(stderr=True).print(_EXPOSED.format(host=master_bind_host), style="bold red", highlight=False)
    return Crew(
        workers=workers,
        host=master_bind_host,
        port=master_bind_port,
        elsewhere=True,
        patience=_seconds("--workers-within", workers_within),
    )


def _seconds(option: str, text: str) -> float:
    try:
        seconds = parse_span(text).total_seconds()
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from error
    if seconds <= 0:
        raise ConfigError(f"{option}: above 0, got {text}")
    return seconds


@click.command("worker")
@click.option("--master-host", required=True, help="The machine where alertproof load runs with --master.")
@click.option("--master-port", default=_PORT, show_default=True, help="The port at which it listens.")
@click.option(
    "--target",
    "target_name",
    metavar="NAME",
    required=True,
    help="A name in alertproof.toml, or a file that holds a stack's line: the only address that this worker sends to.",
)
@monitoring_option
@click.option("--scenarios", type=click.Path(path_type=Path), default=Path("load/scenarios"), show_default=True)
@limit_options("run")
@click.option("--within", default="60s", show_default=True, help="How long a master is looked for.")
def worker_command(
    *,
    master_host: str,
    master_port: int,
    target_name: str,
    monitoring: Path,
    scenarios: Path,
    max_rate: float,
    max_duration: str,
    within: str,
) -> int:
    """Send a part of the load of a master elsewhere: only to this target, and only a scenario that is here as well.

    Ends with the run. Exit code 0 when the part was sent and told, 3 when it came to nothing.
    """
    ceiling = ceiling_of(max_rate, max_duration)
    if not 1 <= master_port <= 65535:
        raise ConfigError(f"--master-port {master_port}: 1 to 65535")
    if not scenarios.is_dir():
        raise ConfigError(f"--scenarios {scenarios}: no such folder; a worker runs scenarios of its own disk alone")
    patience = _seconds("--within", within)
    with reached(target_name, targets=Path("alertproof.toml"), monitoring=monitoring) as target:
        if "load" not in target.allow:
            raise ConfigError(
                f"target {target_name!r} does not allow 'load'; "
                f"where that is wanted, say so in alertproof.toml: allow = {[*target.allow, 'load']}"
            )
        post = Post(
            name=socket.gethostname(),
            host=master_host,
            port=master_port,
            patience=patience,
            base_url=target.endpoints.m3core.rstrip("/"),
            scenarios=str(scenarios.resolve()),
            most_rate=ceiling.rate,
            most_seconds=ceiling.duration.total_seconds(),
            writes="write" in target.allow,
        )
        return 3 if work_for(post, environment=target.env) else 0
