"""This machine is told from others by address, never by trying."""

from __future__ import annotations

import pytest

from alertproof.addresses import is_loopback


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/x", "https://localhost:1", "http://[::1]:2/", "http://127.8.9.1"])
def test_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://api.pagerduty.com", "http://10.0.0.1", "http://localhost.example", "", "x"])
def test_another_machine(url: str) -> None:
    assert not is_loopback(url)
