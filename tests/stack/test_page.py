"""The page that a stack serves for people, and none for those who did not ask for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from alertproof.requirements import Target, read_stack_line

ROOT = Path(__file__).parents[2]


def started(*options: str) -> tuple[subprocess.Popen[str], Target]:
    command = [sys.executable, "-m", "alertproof", "up", "--json", "--until-eof", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, read_stack_line(process.stdout.readline(), source="up")


@pytest.mark.parametrize("asked", [True, False])
def test_a_stack_serves_its_page_if_it_is_asked_to(asked: bool) -> None:
    process, target = started(*(["--page"] if asked else []))
    with process:
        if asked:
            with httpx.Client(trust_env=False, follow_redirects=True) as client:
                assert target.endpoints.sentry_dsn in client.get(target.endpoints.page).text
                bare = target.endpoints.page.partition("?")[0]
                assert httpx.get(bare, trust_env=False).status_code == 403
        else:
            assert target.endpoints.page == ""
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0
