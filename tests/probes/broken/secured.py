"""Servers whose TLS, redirects or HTTP/2 are wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import h2.config
import h2.connection
import h2.events
from h2.errors import ErrorCodes
from tests.probes.broken.case import BODY, Broken, asked, well
from tests.probes.conftest import Link

from alertproof.verdict import Verdict

__all__ = ["HTTP2", "REDIRECTS", "TLS", "speak_http2", "whole"]


def _secure(link: Link) -> None:
    link.handshake()
    asked(link, well())


def _plain(link: Link) -> None:
    link.send(b"220 mail.example ESMTP\r\n")
    link.request()


def _half_close(link: Link) -> None:
    link.half_close()
    link.request()


def _silent(link: Link) -> None:
    while link.request():
        pass


TLS = {
    "expired certificate": Broken(
        does="its certificate has expired",
        script=_secure,
        certificate="expired",
        said="expired: the certificate of 127.0.0.1:PORT does not hold: certificate has expired",
    ),
    "certificate of tomorrow": Broken(
        does="its certificate is not valid yet",
        script=_secure,
        certificate="early",
        said="not yet valid: the certificate of 127.0.0.1:PORT does not hold: certificate is not yet valid",
    ),
    "wrong host": Broken(
        does="its certificate is another host's",
        script=_secure,
        certificate="another",
        said="wrong host: the certificate of 127.0.0.1:PORT does not hold: "
        "IP address mismatch, certificate is not valid for '127.0.0.1'",
    ),
    "self-signed": Broken(
        does="it vouches for itself",
        script=_secure,
        certificate="self-signed",
        said="not trusted: the certificate of 127.0.0.1:PORT does not hold: self-signed certificate",
    ),
    "unknown authority": Broken(
        does="nobody trusts who vouches for it",
        script=_secure,
        certificate="untrusted",
        said="not trusted: the certificate of 127.0.0.1:PORT does not hold: unable to get local issuer certificate",
    ),
    "old TLS": Broken(
        does="it speaks TLS 1.1 at most",
        script=_secure,
        certificate="old",
        said="tls: no TLS with 127.0.0.1:PORT: TLSV1_ALERT_PROTOCOL_VERSION",
    ),
    "no TLS": Broken(
        does="it does not speak TLS at all",
        script=_plain,
        certificate="good",
        said="tls: no TLS with 127.0.0.1:PORT: WRONG_VERSION_NUMBER",
    ),
    "closed in the handshake": Broken(
        does="it closes in the handshake",
        script=_half_close,
        certificate="good",
        said="tls: 127.0.0.1:PORT closed the connection during the TLS handshake",
    ),
    "handshake hangs": Broken(
        does="it takes the connection and says nothing",
        script=_silent,
        certificate="good",
        limits={"tls": timedelta(milliseconds=300)},
        said="tls timeout: no TLS with 127.0.0.1:PORT within 300 ms",
    ),
}


def _redirect(link: Link, to: Callable[[str], str] | str, *, secured: bool = False) -> None:
    if secured:
        link.handshake()
    path = link.request().split(b" ")[1].decode()
    link.send(well(f"Location: {to if isinstance(to, str) else to(path)}", status="302 Found", body=b""))


REDIRECTS = {
    "redirect loop": Broken(
        does="/ leads to /a, /a to /b, /b to /a",
        script=partial(_redirect, to=lambda path: {"/a": "/b"}.get(path, "/a")),
        request={"follow": 10},
        said="redirects: the redirects go in a circle: "
        "http://127.0.0.1:PORT/a -> http://127.0.0.1:PORT/b -> http://127.0.0.1:PORT/a",
    ),
    "redirects without end": Broken(
        does="each redirect leads to another",
        script=partial(_redirect, to=lambda path: f"{path}x"),
        request={"follow": 3},
        said="redirects: more than 3 redirects, the next would be to http://127.0.0.1:PORT/xxxx",
    ),
    "redirect to http": Broken(
        does="it leads from https to http",
        script=partial(_redirect, to="http://127.0.0.1:9/", secured=True),
        certificate="good",
        request={"follow": 3},
        said="insecure redirect: https://127.0.0.1:PORT/ leads to http://127.0.0.1:9/, where everybody can read along",
    ),
    "redirect to nowhere": Broken(
        does="it leads to what is no address",
        script=partial(_redirect, to="mailto:ops@example.com"),
        request={"follow": 3},
        said="redirects: http://127.0.0.1:PORT/ leads to what is no address: mailto:ops@example.com",
    ),
    "redirect not followed": Broken(
        does="it redirects a probe that follows none",
        script=partial(_redirect, to="/login"),
        said="302 Found: an empty body",
    ),
}


def speak_http2(link: Link, then: Callable[[h2.connection.H2Connection, int], None], *, after: bytes = b"") -> None:
    """Speak HTTP/2 until the request is there, and then do what is given."""
    link.handshake()
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    state.initiate_connection()
    link.send(state.data_to_send())
    while data := link.read():
        for event in state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                then(state, event.stream_id)
                link.send(state.data_to_send() + after)
                if after:
                    link.half_close()
                    while link.read():  # what is unread when a connection closes takes along what was sent
                        pass
                    return
        link.send(state.data_to_send())


def _goaway(state: h2.connection.H2Connection, stream: int) -> None:
    state.close_connection(ErrorCodes.ENHANCE_YOUR_CALM, b"too many calls")


def _sent_away(state: h2.connection.H2Connection, stream: int) -> None:
    state.close_connection(ErrorCodes.NO_ERROR, last_stream_id=0)


def _reset(state: h2.connection.H2Connection, stream: int) -> None:
    state.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)


def _nothing(state: h2.connection.H2Connection, stream: int) -> None:
    pass


def _headers(state: h2.connection.H2Connection, stream: int) -> None:
    state.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])


def whole(state: h2.connection.H2Connection, stream: int) -> None:
    _headers(state, stream)
    state.send_data(stream, BODY, end_stream=True)


def _garbage(link: Link) -> None:
    link.handshake()
    link.send(b"HTTP/1.1 200 OK\r\n\r\nThis is no frame of HTTP/2, whatever was agreed.")
    link.read()
    link.wait(1)


def _close(link: Link) -> None:
    speak_http2(link, _headers, after=b"\0")


HTTP2 = {
    "HTTP/2 well": Broken(
        does="it answers over HTTP/2",
        script=partial(speak_http2, then=whole),
        verdict=Verdict.PASSED,
        said="",
        http2=True,
    ),
    "HTTP/2 goaway": Broken(
        does="it ends the connection by GOAWAY",
        script=partial(speak_http2, then=_goaway),
        said="goaway: 127.0.0.1:PORT ended the connection (HTTP/2 GOAWAY, ENHANCE_YOUR_CALM): too many calls",
        http2=True,
    ),
    "HTTP/2 sent away": Broken(
        does="it says by GOAWAY that it takes no request",
        script=partial(speak_http2, then=_sent_away),
        said="goaway: 127.0.0.1:PORT ended the connection (HTTP/2 GOAWAY, NO_ERROR)",
        http2=True,
    ),
    "HTTP/2 stream reset": Broken(
        does="it resets the stream of the request",
        script=partial(speak_http2, then=_reset),
        said="reset: 127.0.0.1:PORT reset the request's stream (HTTP/2 RST_STREAM, INTERNAL_ERROR)",
        http2=True,
    ),
    "HTTP/2 garbage": Broken(
        does="it agrees on HTTP/2 and speaks something else",
        script=_garbage,
        said="malformed: not HTTP/2: it begins with 'HTTP/1.1 '",
        http2=True,
    ),
    "HTTP/2 wrong frame": Broken(
        does="it sends data on the stream that has none",
        script=partial(speak_http2, then=_nothing, after=b"\0\0\1\0\0\0\0\0\0x"),
        said="malformed: not HTTP/2: Received frame with invalid header: Stream ID must be non-zero for DataFrame",
        http2=True,
    ),
    "HTTP/2 closed in the body": Broken(
        does="it closes after the headers of its answer",
        script=_close,
        said="closed: the connection was closed before the answer was whole; before that came status 200 and 0 bytes",
        http2=True,
    ),
}
