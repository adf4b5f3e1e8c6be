"""Where a command finds its target: an embedded stack is started and ended with the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alertproof.errors import ConfigError
from alertproof.requirements import Target, choose, load_targets, platform_at, read_stack_line
from alertproof.stack import LaunchedStack

__all__ = ["reached"]


@contextmanager
def reached(name: str, *, monitoring: Path) -> Iterator[Target]:
    """Yield the target called ``name`` in ``alertproof.toml``, or whose stack's line is in the file ``name``."""
    entry = choose(load_targets(Path("alertproof.toml")), name)
    if entry.url is not None:
        yield platform_at(entry)
    elif entry.stack is not None:
        if not entry.stack.is_file():
            raise ConfigError(f"--target {name}: no such file; start a stack: alertproof up --json > {name}")
        yield read_stack_line(entry.stack.read_text(encoding="utf-8"), source=str(entry.stack))
    else:
        stack = LaunchedStack(monitoring=monitoring, factor=entry.factor)
        try:
            yield stack.target()
        finally:
            stack.stop()
