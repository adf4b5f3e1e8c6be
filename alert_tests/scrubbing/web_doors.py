"""The doors of M3CoreCRM's pages: forms, a search, an upload, and an error in the browser itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from alert_tests.scrubbing.api_doors import headers_of, need
from alertproof.scrubbing import Door, Side

if TYPE_CHECKING:
    from alertproof.journeys import BrowserHost

__all__ = ["web_doors"]

#: Milliseconds in which a busy browser has noticed what failed, and sent it after its page is gone.
_SENT_WITHIN = 1000
#: Where each canary comes out with scrubbing off.
_REQUEST = ("Sentry transaction, request",)
_JOB = (
    "Datadog logs, as shown",
    "Datadog logs, message",
    "Datadog spans",
    "Datadog spans, as shown",
    "Sentry event of python, exception",
)
_BROWSER = (
    "Datadog RUM, error",
    "Datadog rum, as shown",
    "Sentry event of javascript, breadcrumbs",
    "Sentry event of javascript, exception",
)
#: Fails in the page as a program fails that repeats what it was given, in every way that the browser's SDKs see.
_FAILS = """words => {
  console.error('could not save', words);
  const button = document.createElement('button');
  button.textContent = words.join(' ');
  document.body.append(button);
  button.click();
  fetch('/leads?' + new URLSearchParams({q: words.join(' ')})).catch(() => {});
  setTimeout(() => { throw new Error('cannot save ' + words.join(', ')); });
}"""


def web_doors(tenant: str, password: str, browsers: BrowserHost) -> list[Door]:
    """Return the doors; ``password`` is that of the seeded users."""
    who = {"tenant": tenant, "email": f"agent@{tenant}.example", "password": password}

    def to_pages(send: Callable[[httpx.Client, Side], None]) -> Callable[[Side], None]:
        def sent(side: Side) -> None:
            with httpx.Client(base_url=side.pages, timeout=20.0, trust_env=False) as pages:
                need(pages.post("/login", data=who), 303)
                pages.headers.update(headers_of(side))
                send(pages, side)

        return sent

    def browse(side: Side) -> None:
        with browsers.browser() as browser:
            context = browser.new_context(base_url=side.pages)
            sent = headers_of(side)
            # Not with what the SDKs send elsewhere: a browser would first ask there whether it may.
            context.route(f"{side.pages}/**", lambda route: route.continue_(headers={**route.request.headers, **sent}))
            page = context.new_page()
            page.goto("/login")
            for label, text in zip(("Tenant", "E-mail", "Password"), who.values(), strict=True):
                page.get_by_label(label).fill(text)
            page.get_by_role("button", name="Log in").click()
            page.wait_for_load_state("networkidle")
            words = [canary.text for canary in side.canaries.values()]
            page.goto(f"/leads?q={quote(' '.join(words)[:90])}")
            page.wait_for_load_state("networkidle")
            page.evaluate(_FAILS, words)
            page.wait_for_timeout(_SENT_WITHIN)
            context.unroute_all()  # what a page sends as it is left is lost while its requests are looked at
            page.goto("about:blank")  # the browser's SDKs send what they hold when a page is left
            page.wait_for_timeout(_SENT_WITHIN)
            context.close()

    return [
        Door(name="web form", send=to_pages(_form), shows=_REQUEST),
        Door(name="web login", kinds=("e-mail", "password"), send=to_pages(_login), shows=_REQUEST),
        Door(name="web search", kinds=("e-mail", "phone", "payment card"), send=to_pages(_search), shows=_REQUEST),
        Door(name="web upload", fault="jobs_read_only", without_keys=True, send=to_pages(_upload), shows=_JOB),
        Door(name="browser", without_keys=True, send=browse, shows=_BROWSER),
    ]


def _form(pages: httpx.Client, side: Side) -> None:
    need(pages.post("/leads", data=side.fields()), 422)


def _login(pages: httpx.Client, side: Side) -> None:
    need(pages.post("/login", data={"tenant": "acme", **side.fields()}), 401)


def _search(pages: httpx.Client, side: Side) -> None:
    need(pages.get("/leads", params={"q": side.in_words()}), 200)


def _upload(pages: httpx.Client, side: Side) -> None:
    rows = "".join(f"{json.dumps(text)},Canaries,c@canary.example\n" for text in side.fields().values())
    file = ("leads.csv", f"name,company,email\n{rows}", "text/csv")
    need(pages.post("/imports", files={"file": file}), 303)
