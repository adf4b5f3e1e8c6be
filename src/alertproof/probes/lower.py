"""What may be expected below HTTP: of a secured connection, and of what a name server says."""

from __future__ import annotations

import re

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen
from alertproof.probes.wording import clipped

__all__ = ["records", "secured"]

_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def secured(least: str = "TLSv1.2", *, cipher: str = "") -> Expected:
    """Expect a connection secured by at least this version of TLS, with a cipher that holds the pattern.

    Versions and ciphers are written as OpenSSL does: ``secured("TLSv1.3", cipher="AES_256|CHACHA20")``.
    """
    if least not in _VERSIONS:
        raise ConfigError(f"secured() knows no version {least!r} (known: {', '.join(_VERSIONS)})")
    try:
        pattern = re.compile(cipher)
    except re.error as error:
        raise ConfigError(f"secured(cipher={cipher!r}): no pattern: {error}") from error
    text = f"{least} or newer" + (f" with a cipher of {cipher!r}" if cipher else "")

    def look(answer: Answer) -> Seen:
        if not answer.tls:
            return Seen(False, f"no TLS: {answer.url.scheme} has none")
        new = answer.tls in _VERSIONS and _VERSIONS.index(answer.tls) >= _VERSIONS.index(least)
        return Seen(new and pattern.search(answer.cipher) is not None, f"{answer.tls}, {answer.cipher}")

    return Expected(Part.HEADER, lambda _: text, look, of=frozenset({"http", "tls"}))


def records(*wanted: str) -> Expected:
    """Expect exactly these records, in any order; without any, that there is one.

    They are written as people do: ``records("192.0.2.7")``, ``records("10 mail.example")``, a text without quotes.
    """
    text = f"records {', '.join(sorted(wanted))}" if wanted else "a record"

    def look(answer: Answer) -> Seen:
        found = ", ".join(answer.records) or "no such record"
        if not wanted:
            return Seen(bool(answer.records), clipped(found))
        missing, more = sorted({*wanted} - {*answer.records}), sorted({*answer.records} - {*wanted})
        said = [f"missing: {', '.join(missing)}"] if missing else []
        said += [f"not expected: {', '.join(more)}"] if more else []
        return Seen(not said, "\n".join([clipped(found), *map(clipped, said)]))

    return Expected(Part.VALUE, lambda _: text, look, of=frozenset({"dns"}))
