"""What a probe asks besides HTTP: whether a port answers, whether TLS holds, and what a name is known for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from alertproof.errors import ConfigError
from alertproof.probes.request import hidden
from alertproof.redact import Secret

__all__ = ["Ask", "Dns", "Family", "Kind", "Tcp", "Tls"]

Kind: TypeAlias = Literal["http", "tcp", "tls", "dns"]
Family: TypeAlias = Literal["", "ipv4", "ipv6"]
#: Records that are read; any other would be compared by a spelling that nobody has thought of.
_RECORDS = ("A", "AAAA", "CNAME", "MX", "NS", "TXT")
_PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379}


class Ask(Protocol):
    """One thing that is asked, as checks, complaints and journals see it.

    ``method`` and ``asked`` say it as ``GET`` and ``/api/leads?limit=5``; ``str()`` says all of it, with who asks.
    """

    @property
    def kind(self) -> Kind: ...
    @property
    def method(self) -> str: ...
    @property
    def asked(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def writes(self) -> bool: ...
    def without_secrets(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What is common to all that is asked of a host and a port."""

    address: str
    family: Family = ""
    name: str = ""

    def __post_init__(self) -> None:
        if self.family not in {"", "ipv4", "ipv6"}:
            raise ConfigError(f"{self.address}: family is 'ipv4' or 'ipv6', got {self.family!r}")
        _ = self.port

    @property
    def host(self) -> str:
        """The host of the address."""
        return _parsed(self.address, self._default)[0]

    @property
    def port(self) -> int:
        """The port of the address, or the usual one of its scheme."""
        return _parsed(self.address, self._default)[1]

    @property
    def asked(self) -> str:
        """Host and port, never the user and the password of a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def tenant(self) -> str:
        """Nobody: who asks is not known below HTTP."""
        return ""

    @property
    def _default(self) -> int:
        return 0

    @property
    def method(self) -> str:
        """How it is asked."""
        return type(self).__name__.upper()

    def __str__(self) -> str:
        said = f"{self.method} {self.asked}"
        return f"{self.name} ({said})" if self.name else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcp(_Place):
    """Whether a port takes connections, and what it says.

    ``address`` is ``host:port``, or a URL of which those are taken. ``send`` goes out first; then what comes is read:
    ``until`` so many bytes, or these bytes, have come. Without it nothing is read, unless something is sent: then until
    the first bytes. What is sent could write: say ``reads`` where it does not.
    """

    send: bytes | Secret = b""
    until: bytes | int = 0
    reads: bool = False

    def __post_init__(self) -> None:
        super(Tcp, self).__post_init__()
        if isinstance(self.until, int) and self.until < 0:
            raise ConfigError(f"{self}: until is how many bytes, or which, got {self.until}")

    @property
    def kind(self) -> Kind:
        """What it is."""
        return "tcp"

    @property
    def wire(self) -> bytes:
        """What is sent, revealed."""
        return self.send.reveal().encode() if isinstance(self.send, Secret) else self.send

    @property
    def writes(self) -> bool:
        """Whether it may leave something behind."""
        return bool(self.wire) and not self.reads

    def done(self, got: bytes) -> bool:
        """Whether all has come that is waited for."""
        if isinstance(self.until, bytes):
            return self.until in got
        return len(got) >= (self.until or bool(self.wire))

    def without_secrets(self, text: str) -> str:
        """Return ``text`` with ``***`` for the secret that is sent."""
        return hidden(text, [self.send] if isinstance(self.send, Secret) else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls(_Place):
    """Whether TLS holds at an address: trusted, in time, and the host's own.

    ``server_name`` is the host that is asked for and that the certificate must be of, where it is not the address's.
    The usual port is 443.
    """

    server_name: str = ""

    @property
    def kind(self) -> Kind:
        """What it is."""
        return "tls"

    @property
    def writes(self) -> bool:
        """A handshake leaves nothing behind."""
        return False

    @property
    def _default(self) -> int:
        return 443

    def without_secrets(self, text: str) -> str:
        """Return the text: nothing secret is sent."""
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """What a name server says of a name: its records of a kind (A, AAAA, CNAME, MX, NS, TXT).

    ``server`` is an address, with a port where it is not 53; without one the system's first is asked. It is asked once,
    by UDP, and by TCP where the answer is too long for that, or with ``tcp``.
    """

    host: str
    record: str = "A"
    server: str = ""
    tcp: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        if not self.host or self.host != self.host.strip() or "/" in self.host:
            raise ConfigError(f"no name to look up: {self.host!r}; write such as m3core.example")
        if self.record not in _RECORDS:
            raise ConfigError(f"{self.host}: no record {self.record!r} is read; known: {', '.join(_RECORDS)}")
        if self.server:
            _parsed(self.server, 53)

    @property
    def kind(self) -> Kind:
        """What it is."""
        return "dns"

    @property
    def method(self) -> str:
        """How it is asked."""
        return "DNS"

    @property
    def asked(self) -> str:
        """The record and the name, and whom."""
        return f"{self.record} {self.host}" + (f" at {self.server}" if self.server else "")

    @property
    def tenant(self) -> str:
        """Nobody."""
        return ""

    @property
    def writes(self) -> bool:
        """A question leaves nothing behind."""
        return False

    @property
    def place(self) -> tuple[str, int] | None:
        """Host and port of the server; None for the system's."""
        return _parsed(self.server, 53) if self.server else None

    def __str__(self) -> str:
        said = f"{self.method} {self.asked}"
        return f"{self.name} ({said})" if self.name else said

    def without_secrets(self, text: str) -> str:
        """Return the text: nothing secret is sent."""
        return text


def _parsed(address: str, default: int) -> tuple[str, int]:
    wrong = "is no address of a host and a port; write host:port, such as db.example:5432"
    try:
        bare = address.count(":") > 1 and "[" not in address and "://" not in address
        found = urlsplit(address if "://" in address else f"//[{address}]" if bare else f"//{address}")
        host, port = found.hostname, found.port or _PORTS.get(found.scheme, default)
    except ValueError:
        host, port = None, 0
    if not host or not port:
        # Not the address itself: a URL may hold a password.
        raise ConfigError(f"{'a URL' if '://' in address else repr(address)} {wrong}")
    return host, port
