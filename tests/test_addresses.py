"""This machine is told from others by address, never by trying."""

from __future__ import annotations

import pytest

from alertproof.addresses import is_loopback, own_address
from alertproof.errors import ConfigError


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/x", "https://localhost:1", "http://[::1]:2/", "http://127.8.9.1"])
def test_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://api.pagerduty.com", "http://10.0.0.1", "http://localhost.example", "", "x"])
def test_another_machine(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.2", "172.17.0.1"])
def test_one_ipv4_address_may_be_listened_on(text: str) -> None:
    assert own_address(text) == text


@pytest.mark.parametrize("text", ["0.0.0.0", "::1", "localhost", "224.0.0.1", "127.0.0.1:80", "", "1.2.3"])  # noqa: S104 - refused
def test_a_name_and_all_addresses_at_once_may_not_be_listened_on(text: str) -> None:
    with pytest.raises(ConfigError, match="give one IPv4 address"):
        own_address(text)
