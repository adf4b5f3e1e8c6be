"""Reads one answer to its end, and says what kept it away."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

import httpcore
import httpx

from alertproof.errors import ConfigError
from alertproof.probes.charset import misread
from alertproof.probes.decoding import Decoder
from alertproof.probes.stopwatch import Stopwatch
from alertproof.probes.trouble import NoAnswer, Trouble
from alertproof.probes.wording import clipped

__all__ = ["Got", "get"]

_QUOTED = r"""('.*?'|".*?")"""
_BYTES = re.compile(rf"bytearray\(b{_QUOTED}\)|\bb{_QUOTED}")
_Lost: TypeAlias = NoAnswer | httpcore.NetworkError | httpcore.ProtocolError


class Got(NamedTuple):
    """What came: all of it, or what came before it was ``lost``."""

    status: int = 0
    headers: httpx.Headers = httpx.Headers()
    body: bytes = b""
    size: int = 0
    version: str = ""
    lost: NoAnswer | None = None


def get(transport: httpx.BaseTransport, wire: httpx.Request, watch: Stopwatch) -> Got:
    """Send and read to the end, within the watch's limits."""
    got = Got()
    try:
        answer = transport.handle_request(wire)
        got = Got(status=answer.status_code, headers=answer.headers, version=answer.http_version)
        body = bytearray()
        try:
            decoder = Decoder(answer.headers.get("Content-Encoding", ""), limit=watch.limits.body)
            body = decoder.body
            for part in answer.iter_raw():
                decoder.feed(part)
            decoder.end()
        finally:
            got = got._replace(body=bytes(body), size=answer.num_bytes_downloaded)
            answer.close()
        if wrong := misread(got.headers, got.body):
            raise NoAnswer(Trouble.CHARSET, wrong)
    except (NoAnswer, httpcore.NetworkError, httpcore.ProtocolError) as error:
        lost = _named(error, watch)
        after = f"; before that came status {got.status} and {got.size:,} bytes" if got.status else ""
        got = got._replace(lost=NoAnswer(lost.trouble, lost.detail + after))
    return got


def _named(error: _Lost, watch: Stopwatch) -> NoAnswer:
    """Say what kept the answer away. What happened at the socket tells more than the error's words."""
    match error:
        case NoAnswer():
            return error
        case httpcore.ProtocolError() if (framed := _framed(error, watch)) is not None:
            return framed
        case httpcore.LocalProtocolError():
            raise ConfigError(f"the request cannot be sent: {error}") from error
        case httpcore.NetworkError():
            return NoAnswer(Trouble.RESET, f"{watch.peer or 'the platform'} reset the connection")
        case httpcore.ProtocolError() if watch.ended:
            return NoAnswer(Trouble.CLOSED, "the connection was closed before the answer was whole")
        case _:
            said = _BYTES.sub(lambda found: found[1] or found[2], str(error))
            return NoAnswer(Trouble.MALFORMED, f"not HTTP: {clipped(said)}")


def _framed(error: httpcore.ProtocolError, watch: Stopwatch) -> NoAnswer | None:
    """Say what HTTP/2 ended with; None for an error of another version."""
    cause = error.args[0] if error.args else None
    kind, module = type(cause).__name__, type(cause).__module__
    if not module.startswith("h2."):
        return None
    code = getattr(cause, "error_code", None)
    word = getattr(code, "name", code)
    if kind == "ConnectionTerminated":
        more = getattr(cause, "additional_data", None) or b""
        said = f": {clipped(more.decode('utf-8', 'replace'))}" if more else ""
        return NoAnswer(Trouble.GOAWAY, f"{watch.peer} ended the connection (HTTP/2 GOAWAY, {word}){said}")
    if kind == "StreamReset":
        return NoAnswer(Trouble.RESET, f"{watch.peer} reset the request's stream (HTTP/2 RST_STREAM, {word})")
    return NoAnswer(Trouble.MALFORMED, f"not HTTP/2: {clipped(str(cause)) or kind}")
