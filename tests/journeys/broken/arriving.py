"""Pages that do not come as they should."""

from __future__ import annotations

from tests.journeys.broken.case import Broken, go, html, sees
from tests.journeys.conftest import Answer

from alertproof.journeys import Journey
from alertproof.verdict import Verdict

__all__ = ["ARRIVING"]

HOME = html("<h1>Home</h1>")
_OPEN = "not met: step 'open' ends within 15 s; last seen: {} (case.py:N)"
_SOON = "not met: step 'open' ends within 1 s; last seen: {} (case.py:N)"
_REQUEST = "not met: no request to the site fails; last seen: step 'open', {}"


def _crash(journey: Journey) -> None:
    with journey.step("crash"):
        journey.page.goto("/")
        journey.page.goto("chrome://crash")


ARRIVING = {
    "hang": Broken(
        does="it takes the request and never answers",
        pages={"/": html("", delay=6)},
        take=go,
        impatient=True,
        said=_SOON.format(
            "http://127.0.0.1:PORT/ was not there within N s; the page is about:blank; GET / has had no answer for N s"
        ),
    ),
    "slow": Broken(
        does="it answers, but later than a step may take",
        pages={"/": html("<h1>Home</h1>", delay=1.1)},
        take=go,
        impatient=True,
        said="not met: step 'open' ends within 1 s; last seen: it took N ms",
    ),
    "refused": Broken(
        does="nothing listens at its port",
        take=go,
        url="http://127.0.0.1:1025",
        said=_OPEN.format("http://127.0.0.1:1025/ was not answered: ERR_CONNECTION_REFUSED")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_CONNECTION_REFUSED"),
    ),
    "no name": Broken(
        does="its name has no address",
        take=go,
        url="http://platform.invalid",
        said=_OPEN.format("http://platform.invalid/ was not answered: ERR_NAME_NOT_RESOLVED")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_NAME_NOT_RESOLVED"),
    ),
    "closed": Broken(
        does="it closes the connection without a word",
        pages={"/": Answer(status=0)},
        take=go,
        said=_OPEN.format("http://127.0.0.1:PORT/ was not answered: ERR_EMPTY_RESPONSE")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_EMPTY_RESPONSE"),
    ),
    "cut off": Broken(
        does="it closes the connection in the middle of the page",
        pages={"/": html("<h1>Home</h1>" + "<p>more</p>" * 200, cut=True)},
        take=go,
        impatient=True,  # to the browser it loads on
        said=_SOON.format("http://127.0.0.1:PORT/ was not there within N s; the page is /")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_CONTENT_LENGTH_MISMATCH"),
    ),
    "bad gzip": Broken(
        does="it says gzip and sends none",
        pages={"/": html("<h1>Home</h1>", headers=(("Content-Encoding", "gzip"),))},
        take=go,
        impatient=True,
        said=_SOON.format("http://127.0.0.1:PORT/ was not there within N s; the page is /")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_CONTENT_DECODING_FAILED"),
    ),
    "status 500": Broken(
        does="it is answered 500, with a page that says sorry",
        pages={"/": html("<h1>Sorry</h1>", status=500)},
        take=go,
        said=_REQUEST.format("GET / was answered 500"),
    ),
    "status 404": Broken(
        does="it is answered 404, with another page than was asked for",
        pages={"/": html("<h1>Not here</h1>", status=404)},
        take=sees("Home"),
        impatient=True,
        said=_SOON.format("no heading 'Home' on / within N s; headings there: 'Not here'"),
    ),
    "redirect loop": Broken(
        does="/ leads to /a, and /a to /",
        pages={
            "/": Answer(status=302, headers=(("Location", "/a"),)),
            "/a": Answer(status=302, headers=(("Location", "/"),)),
        },
        take=go,
        said=_OPEN.format("http://127.0.0.1:PORT/ was not answered: ERR_TOO_MANY_REDIRECTS")
        + "\n"
        + _REQUEST.format("GET /a was not answered: ERR_TOO_MANY_REDIRECTS"),
    ),
    "sent to the login": Broken(
        does="the session is over, and it leads to the login",
        pages={"/": Answer(status=302, headers=(("Location", "/login"),)), "/login": html("<h1>Log in</h1>")},
        take=sees("Home"),
        impatient=True,
        said=_SOON.format("no heading 'Home' on /login within N s; headings there: 'Log in'"),
    ),
    "certificate": Broken(
        does="nobody vouches for its certificate",
        tls=True,
        trusted=False,
        pages={"/": HOME},
        take=go,
        said=_OPEN.format("https://127.0.0.1:PORT/ was not answered: ERR_CERT_AUTHORITY_INVALID")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_CERT_AUTHORITY_INVALID"),
    ),
    "no TLS": Broken(
        does="it is asked for by https and does not speak TLS",
        pages={"/": HOME},
        take=go,
        url="https://127.0.0.1:PORT",
        said=_OPEN.format("https://127.0.0.1:PORT/ was not answered: ERR_SSL_PROTOCOL_ERROR")
        + "\n"
        + _REQUEST.format("GET / was not answered: ERR_SSL_PROTOCOL_ERROR"),
    ),
    "download": Broken(
        does="it is a file to download and no page",
        pages={"/": Answer(body="id,name", content_type="text/csv", headers=(("Content-Disposition", "attachment"),))},
        take=go,
        said=_OPEN.format("http://127.0.0.1:PORT/ is a download and no page"),
    ),
    "JSON": Broken(
        does="it is JSON and no page",
        pages={"/": Answer(body='{"ok": true}', content_type="application/json")},
        take=sees("Home"),
        impatient=True,
        said=_SOON.format("no heading 'Home' on / within N s; there are no headings"),
    ),
    "blank": Broken(
        does="it has nothing in it",
        pages={"/": html("")},
        take=go,
        verdict=Verdict.BROKEN,
        said="never reached: some page paints something; last seen: no samples: /",
    ),
    "crash": Broken(
        does="its process dies",
        pages={"/": HOME},
        take=_crash,
        verdict=Verdict.BROKEN,
        said="the browser was lost in step 'crash': the page's process crashed (chromium N)",
    ),
}
