"""The jar that looks first, beside Python's own that does not: what goes out and what is kept is the same."""

from __future__ import annotations

from email.message import Message
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import cast
from urllib.request import Request

import pytest

from alertproof.loadgen.bridge.cookies import Cookies

URL = "http://127.0.0.1:8000/thing"


class Said:
    """An answer with headers."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        self._message = Message()
        for name, value in headers:
            self._message[name] = value

    def info(self) -> Message:
        return self._message


def sent_after(jar: CookieJar, *answers: Said) -> list[str | None]:
    """Return the cookies that are sent before the answers, and after each of them."""
    found = []
    for answer in (None, *answers):
        if answer is not None:
            jar.extract_cookies(cast("HTTPResponse", answer), Request(URL))
        request = Request(URL)
        jar.add_cookie_header(request)
        found.append(request.get_header("Cookie"))
    return found


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ([], [None]),
        ([Said(("Content-Length", "2"))], [None, None]),
        ([Said(("Set-Cookie", "session=1; Path=/"))], [None, "session=1"]),
        ([Said(("set-cookie", "session=1; Path=/"))], [None, "session=1"]),
        ([Said(("Set-Cookie", "session=1; Path=/")), Said()], [None, "session=1", "session=1"]),
        ([Said(("Set-Cookie", "a=1; Path=/")), Said(("Set-Cookie", "a=2; Path=/"))], [None, "a=1", "a=2"]),
        ([Said(("Set-Cookie", "a=1; Path=/")), Said(("Set-Cookie", "a=; Path=/; Max-Age=0"))], [None, "a=1", None]),
        ([Said(("Set-Cookie", "a=1; Path=/elsewhere"))], [None, None]),
        ([Said(("Set-Cookie2", 'a="1"; Version="1"; Path="/"'))], [None, None]),
    ],
)
def test_a_user_sends_what_pythons_own_jar_would(answers: list[Said], sent: list[str | None]) -> None:
    assert sent_after(Cookies(), *answers) == sent_after(CookieJar(), *answers) == sent


def test_a_cookie_that_the_scenario_puts_in_is_sent() -> None:
    other, jar = CookieJar(), Cookies()
    sent_after(other, Said(("Set-Cookie", "tenant=acme; Path=/")))

    for cookie in other:
        jar.set_cookie(cookie)

    assert sent_after(jar) == ["tenant=acme"]
