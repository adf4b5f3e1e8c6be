"""Runs hostile input in a child process that may use so much memory and processor time and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: What a child may use: generous, for numpy alone reserves much; ten times less would do.
MEMORY, SECONDS = 3 * 2**30, 120
PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
sys.path.insert(0, {root!r})
from tests.datadog.adversarial import readers
found = [readers.refusal(readers.{reader}, text) for text in json.load(sys.stdin)]
json.dump([f"{{type(error).__name__}}: {{error}}" if error else "" for error in found], sys.stdout)
"""

Bounded = Callable[[str, list[str]], list[str]]


@pytest.fixture
def bounded() -> Bounded:
    """Give texts to a reader by its name; the errors told come back, empty for a text that it takes."""

    def run(reader: str, texts: list[str]) -> list[str]:
        program = PROGRAM.format(memory=MEMORY, seconds=SECONDS, root=str(ROOT), reader=reader)
        done = subprocess.run(
            [sys.executable, "-c", program], input=json.dumps(texts), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        said: list[str] = json.loads(done.stdout)
        assert len(said) == len(texts)
        assert max(map(len, said)) < 2000
        return said

    return run
