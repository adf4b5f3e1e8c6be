"""Templates, and the headers that every page has."""

from __future__ import annotations

import time
from typing import Any, final

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

from m3core.context import current_work
from m3core.settings import Settings
from m3core.web.api_client import ApiTrouble
from m3core.web.assets import Assets
from m3core.web.browser import instructions, reported_to, trace_id

__all__ = ["Renderer"]

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
#: What a page may load and talk to: its own origin, and whom the browser's instruments report to.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'{more}; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@final
class Renderer:
    """Makes pages of templates."""

    def __init__(self, settings: Settings, assets: Assets) -> None:
        self._settings = settings
        self._assets = assets
        loader = PackageLoader("m3core.web")
        self._templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._templates.globals.update(style=assets.address("m3core.css"), watch=assets.address("watch.js"))
        self._templates.filters.update(money=_money, minute=_minute)
        more = "".join(f" {origin}" for origin in reported_to(settings))
        self._headers = {**_HEADERS, "Content-Security-Policy": _POLICY.format(more=more)}

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page made of a template."""
        work = current_work()
        told = instructions(self._settings, work) if self._assets.instruments else None
        text = self._templates.get_template(name).render(
            tenant=work.tenant,
            instruments=self._assets.instruments,
            instructions=told,
            trace_id=trace_id() if told else "",
            trace_time=int(time.time() * 1000),
            **values,
        )
        return HTMLResponse(text, status, headers=self._headers)

    def trouble(self, error: ApiTrouble, **known: Any) -> HTMLResponse:
        """Return the page that says what went wrong, and the number to tell where somebody should be told."""
        told = current_work().correlation_id if error.status >= 500 else ""
        values = {"title": error.title, "correlation_id": told, "retry_after": error.retry_after, **known}
        page = self.page("error.html", status=error.status, **values)
        if error.retry_after:
            page.headers["Retry-After"] = error.retry_after
        return page


def _money(cents: int) -> str:
    """Return an amount in whole dollars; half of one is rounded up."""
    return f"${(cents + 50) // 100:,}"


def _minute(moment: str) -> str:
    """Return a moment of the API's, such as 2026-11-26T20:19:08Z, to the minute."""
    return moment[:16].replace("T", " ")
