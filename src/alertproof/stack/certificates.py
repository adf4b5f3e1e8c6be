"""A certificate authority for one stack: PagerDuty's client refuses plain HTTP, also on loopback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import trustme

__all__ = ["Certificates", "make_certificates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """PEM files: the authority to trust, and a loopback server's certificate chain and key."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path, *, hosts: Iterable[str] = ()) -> Certificates:
    """Make a new authority and a certificate for 127.0.0.1, localhost and ``hosts`` in ``folder``."""
    authority = trustme.CA()
    server = authority.issue_cert(*dict.fromkeys(("127.0.0.1", "localhost", *hosts)))
    files = Certificates(
        authority=folder / "authority.pem", certificate=folder / "server.pem", key=folder / "server-key.pem"
    )
    authority.cert_pem.write_to_path(str(files.authority))
    for part in server.cert_chain_pems:
        part.write_to_path(str(files.certificate), append=True)
    files.key.touch(mode=0o600)
    server.private_key_pem.write_to_path(str(files.key))
    return files
