"""Options that several commands have, each written once: what is watched, and how much load may be sent to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["limit_options", "load_options", "monitoring_option", "target_option"]

_F = TypeVar("_F", bound=Callable[..., Any])
_TARGET = "A name in alertproof.toml, or a file that holds a stack's line (alertproof up --json)."


def target_option(command: _F) -> _F:
    """Add ``--target``, as ``target_name``; the embedded stack where it is left out."""
    return click.option("--target", "target_name", metavar="NAME", default="local", show_default=True, help=_TARGET)(
        command
    )


def monitoring_option(command: _F) -> _F:
    """Add ``--monitoring``."""
    return click.option("--monitoring", type=click.Path(path_type=Path), default=Path("monitoring"), show_default=True)(
        command
    )


def limit_options(of: str) -> Callable[[_F], _F]:
    """Return what adds ``--max-rate`` and ``--max-duration`` of a run, a search, a block."""

    def add(command: _F) -> _F:
        return _all(
            command,
            click.option(
                "--max-rate", default=500.0, show_default=True, help="The most arrivals per second to agree to."
            ),
            click.option("--max-duration", default="15m", show_default=True, help=f"The longest {of} to agree to."),
        )

    return add


def load_options(of: str) -> Callable[[_F], _F]:
    """Return what adds ``--monitoring``, ``--profiles``, the limits and ``--kill-switch`` to what sends load."""

    def add(command: _F) -> _F:
        return _all(
            command,
            monitoring_option,
            click.option(
                "--profiles", type=click.Path(path_type=Path), default=Path("load/profiles"), show_default=True
            ),
            limit_options(of),
            click.option(
                "--kill-switch",
                type=click.Path(path_type=Path),
                default=Path("load.stop"),
                show_default=True,
                help="Where this file is, nothing is sent; when it appears, it ends at once.",
            ),
        )

    return add


def _all(command: _F, *options: Callable[[_F], _F]) -> _F:
    """Add options so that help shows them in this order."""
    for option in reversed(options):
        command = option(command)
    return command
