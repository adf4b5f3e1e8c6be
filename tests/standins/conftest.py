"""A stand-in in a process of its own, as a stack starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from alertproof.clock import ENVIRONMENT_KEY, Anchor


@dataclass(frozen=True)
class StandIn:
    """A running stand-in: its process and what it announced."""

    process: subprocess.Popen[str]
    endpoints: Mapping[str, str]

    def end(self) -> int:
        """Tell it to end and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=10)


def _started(stack: ExitStack, *arguments: str, anchor: Anchor | None = None) -> StandIn:
    environment = os.environ | ({ENVIRONMENT_KEY: json.dumps(anchor.encode())} if anchor else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "alertproof.standins", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    # Leaving the process's context waits for it and closes its pipes; its death comes first.
    stack.enter_context(process)
    stack.callback(process.kill)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the stand-in ended before it answered"
    return StandIn(process, json.loads(line)["endpoints"])


@pytest.fixture(scope="module")
def start_stand_in() -> Iterator[Callable[..., StandIn]]:
    """Start stand-ins that live as long as the module: ``start("sentry", "--projects", "..")``."""
    with ExitStack() as stack:

        def start(*arguments: str, anchor: Anchor | None = None) -> StandIn:
            return _started(stack, *arguments, anchor=anchor)

        yield start
