"""The page that a stack serves for people, and none for those who did not ask for one."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
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


def test_a_stack_that_listens_beyond_loopback_says_so_loudly() -> None:
    # On Linux all of 127.0.0.0/8 is this machine's; the first address beyond it, where it has one.
    address = next((each for each in addresses() if not each.startswith("127.")), None)
    if address is None:
        pytest.skip("this machine has no address beyond loopback")
    command = [sys.executable, "-m", "alertproof", "up", "--json", "--until-eof", "--host", address]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        target = read_stack_line(process.stdout.readline(), source="up")
        with httpx.Client(trust_env=False, verify=ssl.create_default_context(cafile=target.ca_file)) as client:
            assert client.get(f"{target.endpoints.pagerduty}/nowhere").status_code == 404
            assert urlsplit(target.endpoints.pagerduty).hostname == address
            assert urlsplit(target.endpoints.m3core).hostname == "127.0.0.1"
            for door in (target.endpoints.control, target.endpoints.sentry_control, target.endpoints.pagerduty_control):
                assert urlsplit(door).hostname == "127.0.0.1"
                assert client.get(door, headers=target.control_headers()).status_code == 200
        _, said = process.communicate("", timeout=20)
        assert process.returncode == 0
    assert "beyond this machine" in said
    assert address in said


def addresses() -> list[str]:
    return [each.address for found in psutil.net_if_addrs().values() for each in found if each.family == socket.AF_INET]
