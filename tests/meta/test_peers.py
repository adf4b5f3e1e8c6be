"""What a benchmark measures against is there, or the benchmark fails and says how to get it."""

from __future__ import annotations

import pytest
from tests.benchmarks.servers import tool


def test_a_benchmark_whose_peer_is_missing_fails_and_says_what_to_run() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"server is missing; run: \.ci/tools\.sh blackbox peers wrk"):
        tool("no-such-server")


def test_what_is_installed_is_found() -> None:
    assert tool("sh").endswith("/sh")
