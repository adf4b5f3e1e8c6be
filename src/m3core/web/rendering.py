"""Templates, and the headers that every page has."""

from __future__ import annotations

from typing import Any, final

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

from m3core.context import current_work
from m3core.web.api_client import ApiTrouble

__all__ = ["Renderer"]

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
#: What a page may load and talk to: its own origin.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@final
class Renderer:
    """Makes pages of templates."""

    def __init__(self) -> None:
        loader = PackageLoader("m3core.web")
        self._templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._headers = {**_HEADERS, "Content-Security-Policy": _POLICY}

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page made of a template."""
        text = self._templates.get_template(name).render(tenant=current_work().tenant, **values)
        return HTMLResponse(text, status, headers=self._headers)

    def trouble(self, error: ApiTrouble) -> HTMLResponse:
        """Return the page that says what went wrong, and the number to tell where somebody should be told."""
        told = current_work().correlation_id if error.status >= 500 else ""
        page = self.page("error.html", status=error.status, title=error.title, correlation_id=told)
        if error.retry_after:
            page.headers["Retry-After"] = error.retry_after
        return page
