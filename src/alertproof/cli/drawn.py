"""Shows a drawing of the offline rung, with its colours where there is a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from alertproof.offline.drawing import Line

__all__ = ["show_drawing"]


def show_drawing(drawing: Iterable[Line], *, indent: str = "") -> None:
    """Print the lines of a drawing."""
    for line in drawing:
        parts = (_styled(part.text, part.style) for part in line)
        click.echo(indent + "".join(parts) if line else "")


def _styled(text: str, style: str) -> str:
    if style in {"bold", "dim"}:
        return click.style(text, **{style: True})
    return click.style(text, fg=style) if style else text
