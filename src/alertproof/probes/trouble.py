"""What can keep a request from getting its answer, each with a name of its own."""

from __future__ import annotations

from enum import StrEnum
from typing import final

__all__ = ["NoAnswer", "Trouble"]


class Trouble(StrEnum):
    """Why there was no whole answer; the value is what journals say."""

    DNS = "dns"
    DNS_TIMEOUT = "dns timeout"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect timeout"
    TLS = "tls"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    NOT_TRUSTED = "not trusted"
    WRONG_HOST = "wrong host"
    TLS_TIMEOUT = "tls timeout"
    WRITE_TIMEOUT = "write timeout"
    READ_TIMEOUT = "read timeout"
    TOTAL_TIMEOUT = "total timeout"
    RESET = "reset"
    CLOSED = "closed"
    GOAWAY = "goaway"
    MALFORMED = "malformed"
    CHARSET = "charset"
    TOO_LARGE = "too large"
    REDIRECTS = "redirects"
    INSECURE = "insecure redirect"


@final
class NoAnswer(Exception):
    """A request ended without a whole answer; never leaves this package."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(trouble, detail)
        self.trouble = trouble
        self.detail = detail
