"""Pages that come and do not work."""

from __future__ import annotations

from tests.journeys.broken.case import Broken, go, html, sees, uses
from tests.journeys.conftest import Answer

from alertproof.journeys import Journey
from alertproof.verdict import Verdict

__all__ = ["LOADING", "SCRIPTS", "USING"]

_SEEN = "; last seen: step 'open', "
_UNCAUGHT = f"not met: no JavaScript error stays uncaught{_SEEN}"
_CONSOLE = f"not met: no error is in the console{_SEEN}"
_REQUEST = f"not met: no request to the site fails{_SEEN}"
_OPEN = "not met: step 'open' ends within 1 s; last seen: {} (case.py:N)"
_SAVE = "not met: step 'save' ends within 1 s; last seen: {} (case.py:N)"
_SAVES = "onclick=\"document.querySelector('h1').textContent = 'Saved'\""
_ROWS = """<h1>Rows</h1><script>
fetch('/api/rows').then((answer) => answer.json())
  .then(() => document.body.insertAdjacentHTML('beforeend', '<h2>7 rows</h2>')).catch(() => 0);
</script>"""


def _settled(journey: Journey) -> None:
    """Open a page and wait until it has asked for all it wants."""
    with journey.step("open"):
        journey.page.goto("/", wait_until="networkidle")


SCRIPTS = {
    "error": Broken(
        does="its script uses what is not there",
        pages={"/": html("<h1>Home</h1><script>cart.show()</script>")},
        take=go,
        said=_UNCAUGHT + "/: ReferenceError: cart is not defined (/:1)",
    ),
    "rejected": Broken(
        does="nobody looks at a promise that was not kept",
        pages={"/": html("<h1>Home</h1><script>Promise.reject(new Error('no cart'))</script>")},
        take=go,
        said=_UNCAUGHT + "/: Error: no cart (/:1)",
    ),
    "syntax": Broken(
        does="its script is no JavaScript",
        pages={"/": html("<h1>Home</h1><script src='/a.js'></script>"), "/a.js": Answer(body="<html>Not found</html>")},
        take=go,
        said=_UNCAUGHT + "/: SyntaxError: Unexpected token '<'",
    ),
    "console": Broken(
        does="it writes an error into the console",
        pages={"/": html("<h1>Home</h1><script>console.error('the cart is empty')</script>")},
        take=go,
        said=_CONSOLE + "the cart is empty (/:1)",
    ),
    "script missing": Broken(
        does="its script is answered 404, and it stays as it was sent",
        pages={"/": html("<h1>Loading</h1><script src='/app.js'></script>")},
        take=sees("Home"),
        impatient=True,
        said=_OPEN.format("no heading 'Home' on / within N s; headings there: 'Loading'"),
    ),
    "script hangs": Broken(
        does="its script is never sent, and the page waits for it",
        pages={"/": html("<h1>Loading</h1><script src='/app.js'></script>"), "/app.js": Answer(delay=6)},
        take=go,
        impatient=True,
        said=_OPEN.format(
            "http://127.0.0.1:PORT/ was not there within N s; the page is /; GET /app.js has had no answer for N s"
        ),
    ),
    "endless script": Broken(
        does="a button's script never ends",
        pages={"/": html("<h1>Home</h1><button onclick='setTimeout(() => { while (true); }, 50)'>Save</button>")},
        take=uses(),
        impatient=True,
        said=_SAVE.format("no heading 'Saved' on / within N s"),
    ),
    "forbidden script": Broken(
        does="its own policy forbids its script",
        pages={
            "/": html(
                "<h1>Home</h1><script>window.there = true</script>",
                headers=(("Content-Security-Policy", "script-src 'self'"),),
            )
        },
        take=_settled,
        said=_CONSOLE + "Executing inline script violates the following Content Security Policy directive ...",
    ),
    "mixed content": Broken(
        does="it comes by https and asks for a script by http",
        tls=True,
        pages={"/": html("<h1>Home</h1><script src='http://other.invalid/a.js'></script>")},
        take=_settled,
        said=_CONSOLE + "Mixed Content: The page at 'https://127.0.0.1:PORT/' was loaded over HTTPS, but requested an "
        "insecure script 'http://other.invalid/a.js'. This request has been blocked; ...",
    ),
    "frame refused": Broken(
        does="a page that it shows in a frame does not want to be in one",
        pages={
            "/": html("<h1>Home</h1><iframe src='/map' title='map'></iframe>"),
            "/map": html("<h1>Map</h1>", headers=(("X-Frame-Options", "DENY"),)),
        },
        take=_settled,
        said=_CONSOLE + "Refused to display 'http://127.0.0.1:PORT/' in a frame because it set 'X-Frame-Options' to "
        "'deny'. ..." + "\n" + _REQUEST + "GET /map was not answered: ERR_BLOCKED_BY_RESPONSE",
    ),
}

LOADING = {
    "API 500": Broken(
        does="it asks an API that answers 500",
        pages={"/": html(_ROWS), "/api/rows": Answer(body="{}", status=500)},
        take=_settled,
        said=_REQUEST + "GET /api/rows was answered 500",
    ),
    "API cut off": Broken(
        does="it asks an API that closes the connection",
        pages={"/": html(_ROWS), "/api/rows": Answer(status=0)},
        take=_settled,
        said=_REQUEST + "GET /api/rows was not answered: ERR_EMPTY_RESPONSE",
    ),
    "API hangs": Broken(
        does="it asks an API that never answers",
        pages={"/": html(_ROWS), "/api/rows": Answer(delay=6)},
        take=sees("7 rows"),
        impatient=True,
        said=_OPEN.format(
            "no heading '7 rows' on / within N s; headings there: 'Rows'; GET /api/rows has had no answer for N s"
        ),
    ),
    "API 403": Broken(
        does="it asks an API that forbids it, and says so",
        pages={
            "/": html("<h1>Rows</h1><p role=alert>You may not see these rows</p><script>fetch('/api/rows')</script>"),
            "/api/rows": Answer(body="{}", status=403),
        },
        take=sees("7 rows"),
        impatient=True,
        said=_OPEN.format(
            "no heading '7 rows' on / within N s; headings there: 'Rows'; the page says: 'You may not see these rows'"
        ),
    ),
    "another site forbids": Broken(
        does="it asks another site, which does not allow it to read the answer",
        pages={"/": html("<h1>Home</h1><script>fetch('http://localhost:PORT/rows').catch(() => 0)</script>")},
        take=_settled,
        said=_CONSOLE + "Access to fetch at 'http://localhost:PORT/rows' from origin 'http://127.0.0.1:PORT' has been "
        "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource. (/:1)",
    ),
    "WebSocket": Broken(
        does="its WebSocket is answered 404",
        pages={"/": html("<h1>Home</h1><script>new WebSocket(`ws://${location.host}/live`)</script>")},
        take=_settled,
        said=_CONSOLE + "WebSocket connection to 'ws://127.0.0.1:PORT/live' failed: Error during WebSocket handshake: "
        "Unexpected response code: 404 (/:1)",
    ),
    "picture missing": Broken(
        does="a picture is answered 404, which is the page's own business",
        pages={"/": html("<h1>Home</h1><img src='/gone.png' alt='a map'>")},
        take=_settled,
        verdict=Verdict.PASSED,
        said="",
    ),
}


USING = {
    "button missing": Broken(
        does="the button has another name",
        pages={"/": html("<h1>Home</h1><button>Store</button>")},
        take=uses(),
        impatient=True,
        said=_SAVE.format("no button 'Save' on / within N s; buttons there: 'Store'"),
    ),
    "button disabled": Broken(
        does="the button cannot be used",
        pages={"/": html(f"<h1>Home</h1><button disabled {_SAVES}>Save</button>")},
        take=uses(),
        impatient=True,
        said=_SAVE.format("button 'Save' is on /, but was not ready within N s: element is not enabled"),
    ),
    "button covered": Broken(
        does="a banner lies over the button",
        pages={
            "/": html(
                f"<h1>Home</h1><button {_SAVES}>Save</button>"
                "<div id=banner style='position: fixed; inset: 0; background: white'>We use cookies</div>"
            )
        },
        take=uses(),
        impatient=True,
        said=_SAVE.format(
            "button 'Save' is on /, but was not ready within N s: "
            '<div id="banner">We use cookies</div> intercepts pointer events'
        ),
    ),
    "button twice": Broken(
        does="two buttons have the same name",
        pages={"/": html("<h1>Home</h1><button>Save</button><button>Save</button>")},
        take=uses(),
        impatient=True,
        said=_SAVE.format("2 elements on / are button 'Save', where one was meant"),
    ),
    "button dead": Broken(
        does="nothing happens when the button is used",
        pages={"/": html("<h1>Home</h1><button>Save</button>")},
        take=uses(),
        impatient=True,
        said=_SAVE.format("no heading 'Saved' on / within N s; headings there: 'Home'"),
    ),
    "refused input": Broken(
        does="it does not take what it is given, and says why",
        pages={
            "/": html(
                "<h1>Home</h1><p role=alert></p><button onclick=\"document.querySelector('p').textContent = "
                "'The card was refused'\">Save</button>"
            )
        },
        take=uses(),
        impatient=True,
        said=_SAVE.format(
            "no heading 'Saved' on / within N s; headings there: 'Home'; the page says: 'The card was refused'"
        ),
    ),
    "dialog": Broken(
        does="it asks in a dialog, which a journey that does not expect one says no to",
        pages={
            "/": html(f"<h1>Home</h1><button {_SAVES.replace('document', 'if (confirm(1)) document')}>Save</button>")
        },
        take=uses(),
        impatient=True,
        said=_SAVE.format("no heading 'Saved' on / within N s; headings there: 'Home'"),
    ),
    "another window": Broken(
        does="it goes on in a window of its own",
        pages={
            "/": html("<h1>Home</h1><button onclick=\"window.open('/saved')\">Save</button>"),
            "/saved": html("<h1>Saved</h1>"),
        },
        take=uses(),
        impatient=True,
        said=_SAVE.format("no heading 'Saved' on / within N s; headings there: 'Home'; another page is open: /saved"),
    ),
    "slow script": Broken(
        does="the button's script keeps the page busy for longer than a step may take",
        pages={
            "/": html(
                '<h1>Home</h1><button onclick="const until = performance.now() + 1100; while (performance.now() < '
                "until); document.querySelector('h1').textContent = 'Saved'\">Save</button>"
            )
        },
        take=uses(),
        impatient=True,
        said="not met: step 'save' ends within 1 s; last seen: it took N ms",
    ),
}
