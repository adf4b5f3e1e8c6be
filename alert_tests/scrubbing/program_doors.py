"""The doors of programs that report by themselves: what they hold goes straight to their SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from alertproof.canaries import Run
from alertproof.errors import Broken
from alertproof.requirements import Target
from alertproof.scrubbing import Door, Side

__all__ = ["program_doors"]

_CLIENTS = Path(__file__).parent / "clients"
#: Built by .ci/frontend.sh of clients/node_client.mjs.
_PROGRAM = _CLIENTS / "build" / "node_client.mjs"
#: Where each canary comes out with scrubbing off.
_PYTHON = (
    "Sentry event of python, contexts",
    "Sentry log, items",
    "Sentry trace_metric, items",
    "Sentry transaction, contexts",
    "Sentry transaction, spans",
)
_NODE = (
    "Sentry event of node, breadcrumbs",
    "Sentry event of node, contexts",
    "Sentry event of node, extra",
    "Sentry log, items",
    "Sentry span, items",
)


def program_doors(target: Target) -> list[Door]:
    """Return the doors of a Python program with M3CoreCRM's set-up of the SDK, and of a Node program."""

    def python(side: Side) -> None:
        _run([sys.executable, str(_CLIENTS / "python_client.py")], _told(side), _environment(target, side.run))

    def node(side: Side) -> None:
        if not _PROGRAM.is_file():
            raise Broken("the Node program is not built: run .ci/frontend.sh, which needs npm")
        environment = _environment(target, side.run)
        told: dict[str, Any] = {"dsn": target.endpoints.sentry_dsn, "environment": environment["M3CORE_ENVIRONMENT"]}
        _run(
            ["node", str(_PROGRAM)],
            told | _told(side),
            {**environment, "SCRUBBING": environment.get("M3CORE_SCRUBBING", "on")},
        )

    return [
        Door(name="Python program", send=python, shows=_PYTHON),
        Door(name="Node program", send=node, shows=_NODE),
    ]


def _told(side: Side) -> dict[str, Any]:
    return {"fields": side.fields(), "words": side.in_words(), "mark": side.mark}


def _run(command: list[str], told: dict[str, Any], environment: dict[str, str]) -> None:
    ended = subprocess.run(
        command, input=json.dumps(told), env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if ended.returncode:
        raise Broken(f"the program {Path(command[1]).name} ended with {ended.returncode}: {ended.stderr[-400:]}")


def _environment(target: Target, run: Run) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH")}
    environment = target.env["DD_ENV"]
    control = {"M3CORE_SCRUBBING": "off", "M3CORE_ENVIRONMENT": f"{environment}-unscrubbed"}
    return {
        **kept,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",  # it stores nothing
        "REDIS_URL": "redis://127.0.0.1:1",
        "SENTRY_DSN": target.endpoints.sentry_dsn,
        "M3CORE_ENVIRONMENT": environment,
        **(control if run is Run.CONTROL else {}),
    }
