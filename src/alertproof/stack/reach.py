"""From a target's name to where it answers: an embedded stack is started here and ended again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alertproof.errors import ConfigError
from alertproof.requirements import Target, choose, load_targets, platform_at, read_stack_line
from alertproof.stack.launch import LaunchedStack

__all__ = ["VENDORS_FACTOR", "reached"]

#: How fast the clock of a stack without a platform runs: an escalation of a quarter of an hour takes 1.5 s.
VENDORS_FACTOR = 600.0


def _nothing() -> None:
    pass


@contextmanager
def reached(
    name: str,
    *,
    targets: Path,
    monitoring: Path,
    folder: Path = Path(),
    unscrubbed: bool = False,
    platform: bool = True,
    fastest: float = math.inf,
    capacity: float | None = None,
    meanwhile: Callable[[], None] = _nothing,
) -> Iterator[Target]:
    """Yield the target called ``name`` in the file ``targets``, or whose stack's line is in the file ``name``.

    A stack's file is looked for in ``folder``. ``meanwhile`` is called while an embedded stack starts; ``unscrubbed``
    asks it for a second platform whose scrubbing is off. Without ``platform`` an embedded stack is its vendors alone,
    on a clock that is ten times as fast: nothing has to be measured there. With one its clock is at most ``fastest``
    times as fast as real time, whatever the file says: for what the platform must do very often; and with a
    ``capacity`` it lets so many requests a second pass, by waiting. Raises `ConfigError` for a name or file that is
    not there, `StackError` for a stack that does not start.
    """
    entry = choose(load_targets(targets), name)
    if entry.url is not None:
        yield platform_at(entry)
    elif entry.stack is not None:
        path = folder / entry.stack
        if not path.is_file():
            raise ConfigError(f"--target {name}: no such file; start a stack: alertproof up --json > {name}")
        yield read_stack_line(path.read_text(encoding="utf-8"), source=str(path))
    else:
        factor = min(entry.factor, fastest) if platform else VENDORS_FACTOR
        stack = LaunchedStack(
            monitoring=monitoring, factor=factor, unscrubbed=unscrubbed, platform=platform, capacity=capacity
        )
        try:
            meanwhile()
            yield stack.target()
        finally:
            stack.stop()
