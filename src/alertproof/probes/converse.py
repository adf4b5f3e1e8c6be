"""One conversation below HTTP: a connection that is opened, secured, talked over a little, and closed."""

from __future__ import annotations

import ssl

import httpcore

from alertproof.probes.ask import Tcp, Tls
from alertproof.probes.reading import Got
from alertproof.probes.stopwatch import Stopwatch
from alertproof.probes.transport import Backend
from alertproof.probes.trouble import NoAnswer, Trouble

__all__ = ["converse"]

_PART = 65_536


def converse(ask: Tcp | Tls, backend: Backend, context: ssl.SSLContext | None, watch: Stopwatch) -> Got:
    """Open a connection, do what is asked, and return what came; the watch that runs has the phases."""
    got = bytearray()
    lost: NoAnswer | None = None
    try:
        stream = backend.connect_tcp(ask.host, ask.port)
        try:
            if isinstance(ask, Tcp):
                _talk(ask, stream, watch, got)
            else:
                assert context is not None  # noqa: S101 - the caller's
                secured = stream.start_tls(context, ask.server_name or ask.host)
                stream = secured
        finally:
            stream.close()
    except NoAnswer as error:
        lost = error
    except httpcore.NetworkError:
        lost = NoAnswer(Trouble.RESET, f"{watch.peer} reset the connection")
    if lost is not None and got:
        lost = NoAnswer(lost.trouble, f"{lost.detail}; before that came {len(got):,} bytes")
    return Got(body=bytes(got), size=len(got), lost=lost)


def _talk(ask: Tcp, stream: httpcore.NetworkStream, watch: Stopwatch, got: bytearray) -> None:
    watch.sending()  # where the server speaks first its first byte is waited for from here
    if ask.wire:
        stream.write(ask.wire)
    while not ask.done(bytes(got)):
        part = stream.read(_PART)
        if not part:
            raise NoAnswer(Trouble.CLOSED, f"{watch.peer} closed the connection before all had come")
        got += part
        if len(got) > watch.limits.body:
            raise NoAnswer(
                Trouble.TOO_LARGE, f"more than {watch.limits.body:,} bytes, and still not what is waited for"
            )
