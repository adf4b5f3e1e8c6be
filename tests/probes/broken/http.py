"""Servers that answer with something that is wrong."""

from __future__ import annotations

import gzip
from datetime import timedelta
from functools import partial

from tests.probes.broken.case import BODY, Broken, asked, well
from tests.probes.conftest import Link

from alertproof.verdict import Verdict

__all__ = ["HTTP"]

_SOON = timedelta(milliseconds=300)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CHUNKED = well("Transfer-Encoding: chunked", body=b"")
_PACKED = gzip.compress(BODY)


def _headers_without_end(link: Link) -> None:
    link.request()
    link.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        link.send(b"X-More: " + b"x" * 10_000 + b"\r\n")


def _many_headers(link: Link) -> None:
    link.request()
    link.send(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 20_000 + b"\r\n")
    link.request()


def _continue_and_wait(link: Link) -> None:
    link.request()
    link.send(_CONTINUE)
    link.request()


def _continue_without_end(link: Link) -> None:
    link.request()
    while True:
        link.send(_CONTINUE)
        link.wait(0.02)


def _body_without_end(link: Link) -> None:
    link.request()
    link.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        link.send(b"x" * 10_000)


def _reading(link: Link, data: bytes) -> None:
    asked(link, data)
    link.request()  # it does not close: what is wrong is seen before


HTTP = {
    "status 503": Broken(
        does="it answers 503",
        script=partial(asked, data=well(status="503 Service Unavailable", body=b"down")),
        said="503 Service Unavailable: down",
    ),
    "garbage": Broken(
        does="it sends random bytes",
        script=partial(_reading, data=b"\x80\x81\xfe\xff\r\n\r\n"),
        said="malformed: not HTTP: illegal status line: '\\x80\\x81\\xfe\\xff'",
    ),
    "another protocol": Broken(
        does="it greets as an SSH server does",
        script=partial(_reading, data=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        said="malformed: not HTTP: illegal status line: 'SSH-2.0-OpenSSH_9.2'",
    ),
    "no headers": Broken(
        does="it sends a page and no headers",
        script=partial(_reading, data=b"<html>\r\n\r\n</html>"),
        said="malformed: not HTTP: illegal status line: '<html>'",
    ),
    "no status": Broken(
        does="its status is no number",
        script=partial(_reading, data=b"HTTP/1.1 banana\r\n\r\n"),
        said="malformed: not HTTP: illegal status line: 'HTTP/1.1 banana'",
    ),
    "headers without end": Broken(
        does="it sends headers without end",
        script=_headers_without_end,
        said="malformed: not HTTP: Receive buffer too long",
    ),
    "header flood": Broken(
        does="it sends 20,000 headers",
        script=_many_headers,
        said="malformed: not HTTP: Receive buffer too long",
    ),
    "1xx and silence": Broken(
        does="it says 100 Continue and nothing more",
        script=_continue_and_wait,
        limits={"read": timedelta(seconds=1)},
        said="read timeout: nothing more of the answer within 1.00 s",
    ),
    "1xx without end": Broken(
        does="it says 100 Continue again and again",
        script=_continue_without_end,
        limits={"total": timedelta(seconds=1)},
        said="total timeout: the answer still trickles in, not done within 1.00 s",
    ),
    "1xx and close": Broken(
        does="it says 100 Continue and closes",
        script=partial(asked, data=_CONTINUE),
        said="closed: the connection was closed before the answer was whole",
    ),
    "1xx and an answer": Broken(
        does="it says 100 Continue and then answers",
        script=partial(asked, data=_CONTINUE + well()),
        verdict=Verdict.PASSED,
        said="",
    ),
    "two lengths": Broken(
        does="it announces two lengths",
        script=partial(_reading, data=well("Content-Length: 3")),
        said="malformed: not HTTP: conflicting Content-Length headers",
    ),
    "a length below 0": Broken(
        does="it announces a length of -1",
        script=partial(_reading, data=well(length=-1)),
        said="malformed: not HTTP: bad Content-Length",
    ),
    "length too short": Broken(
        does="it announces 5 bytes and sends 12",
        script=partial(asked, data=well(length=5)),
        said='a body that is not JSON: {"ok"',
    ),
    "chunk without a size": Broken(
        does="the size of a chunk is no number",
        script=partial(_reading, data=_CHUNKED + b"xyz\r\n"),
        said="malformed: not HTTP: illegal chunk header: 'xyz\\r\\n'; before that came status 200 and 0 bytes",
    ),
    "chunk longer than its size": Broken(
        does="a chunk is longer than it says",
        script=partial(_reading, data=_CHUNKED + b"4\r\n" + BODY + b"\r\n0\r\n\r\n"),
        said="malformed: not HTTP: malformed chunk footer: '\":' (expected '\\r\\n'); "
        "before that came status 200 and 4 bytes",
    ),
    "chunk cut": Broken(
        does="it closes in a chunk",
        script=partial(asked, data=_CHUNKED + b"40\r\n" + BODY),
        said="closed: the connection was closed before the answer was whole; before that came status 200 and 12 bytes",
    ),
    "no last chunk": Broken(
        does="it closes without the chunk that ends a body",
        script=partial(asked, data=_CHUNKED + b"c\r\n" + BODY + b"\r\n"),
        said="closed: the connection was closed before the answer was whole; before that came status 200 and 12 bytes",
    ),
    "bad gzip": Broken(
        does="it says gzip and sends none",
        script=partial(asked, data=well("Content-Encoding: gzip")),
        said="malformed: the body is not in its own encoding gzip: Error -3 while decompressing data: "
        "incorrect header check; before that came status 200 and 12 bytes",
    ),
    "gzip cut": Broken(
        does="its gzip lacks the last bytes",
        script=partial(asked, data=well("Content-Encoding: gzip", body=_PACKED[:-12])),
        said="malformed: the body is not in its own encoding gzip: it ends too early; "
        "before that came status 200 and 20 bytes",
    ),
    "gzip bomb": Broken(
        does="50 MB are packed into 50 kB",
        script=partial(asked, data=well("Content-Encoding: gzip", body=gzip.compress(b"0" * 50_000_000))),
        said="too large: the body is larger than 10,000,000 bytes; before that came status 200 and N bytes",
    ),
    "huge": Broken(
        does="its body is larger than allowed",
        script=partial(asked, data=well(body=b"x" * 100_001)),
        limits={"body": 100_000},
        said="too large: the body is larger than 100,000 bytes; before that came status 200 and N bytes",
    ),
    "without end": Broken(
        does="its body never ends",
        script=_body_without_end,
        limits={"body": 100_000},
        said="too large: the body is larger than 100,000 bytes; before that came status 200 and N bytes",
    ),
    "wrong charset": Broken(
        does="it says UTF-8 and sends Latin-1",
        script=partial(
            asked,
            data=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\nZ\xfcrich",
        ),
        said="charset: the body is not in its charset utf-8: byte 0xfc at 1; before that came status 200 and 6 bytes",
    ),
    "unknown charset": Broken(
        does="it names a charset that nobody knows",
        script=partial(
            asked, data=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=klingon\r\nContent-Length: 2\r\n\r\nok"
        ),
        said="charset: no charset is called 'klingon'; before that came status 200 and 2 bytes",
    ),
    "a page instead": Broken(
        does="it answers 200 with a page of HTML",
        script=partial(asked, data=well(body=b"<html>Be right back</html>")),
        said="a body that is not JSON: <html>Be right back</html>",
    ),
    "nothing": Broken(
        does="it answers 200 with an empty body",
        script=partial(asked, data=well(body=b"")),
        said="a body that is not JSON: an empty body",
    ),
}
