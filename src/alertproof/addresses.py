"""What an address says about where it is."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from urllib.parse import urlsplit

from alertproof.errors import ConfigError

__all__ = ["is_loopback", "own_address"]


def is_loopback(url: str) -> bool:
    """Return whether a URL names this machine: such a host is never reached through a proxy."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def own_address(text: str) -> str:
    """Read an address to listen on; raises `ConfigError` for a name, for all of them at once, and for IPv6."""
    try:
        address = IPv4Address(text)
    except ValueError:
        address = IPv4Address(0)
    if address.is_unspecified or address.is_multicast:
        raise ConfigError(f"--host {text}: give one IPv4 address of this machine, such as 127.0.0.1 or 172.17.0.1")
    return str(address)
