"""What a page can use, put together once per process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, final

from fastapi import Request

from m3core.web.api_client import Api
from m3core.web.assets import Assets
from m3core.web.rendering import Renderer

if TYPE_CHECKING:
    from m3core.web.visitor import KnownSessions

__all__ = ["Parts", "parts_of"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of the running web service."""

    api: Api
    assets: Assets
    draw: Renderer
    sessions: KnownSessions


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that took this request."""
    return cast("Parts", request.app.state.parts)
