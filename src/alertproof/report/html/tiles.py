"""A number to be read from across the room."""

from __future__ import annotations

from dataclasses import dataclass

from alertproof.report.html.drawing import Drawing

__all__ = ["Tile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What, how much, and what belongs to it; ``mark`` is a rating, with ``css`` as its class."""

    name: str
    value: str
    lines: tuple[str, ...] = ()
    mark: str = ""
    css: str = ""
    drawing: Drawing | None = None
