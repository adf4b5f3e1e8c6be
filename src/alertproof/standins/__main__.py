"""``python -m alertproof.standins NAME [options]`` starts one stand-in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import cast

from alertproof.errors import AlertproofError, nearest

__all__ = ["NAMES", "main"]

NAMES = ("datadog", "page", "pagerduty", "sentry")
_USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """Run the stand-in that the first argument names; returns the exit code, 2 for a wrong call."""
    if not arguments:
        return _refuse(f"which stand-in? One of: {', '.join(NAMES)}")
    name, *rest = arguments
    if name not in NAMES:
        return _refuse(f"there is no stand-in named {name!r}{nearest(name, NAMES)}; one of: {', '.join(NAMES)}")
    # Imported here: one stand-in must not pay for, or fail on, what only another one needs.
    serve = importlib.import_module(f"alertproof.standins.{name}.serve")
    run = cast("Callable[[Sequence[str]], int]", serve.main)
    try:
        return run(rest)
    except AlertproofError as error:
        return _refuse(str(error))


def _refuse(reason: str) -> int:
    sys.stderr.write(f"alertproof.standins: {reason}\n")
    return _USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
