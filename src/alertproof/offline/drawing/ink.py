"""Lines of text in which each part knows how it is coloured, for whoever has a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["WIDTH", "Drawing", "Line", "Part", "Style", "cut", "line", "tinted"]

#: No line is longer, in columns.
WIDTH = 100
Style = Literal["", "bold", "dim", "green", "red", "yellow"]


class Part(NamedTuple):
    """A text in one style."""

    text: str
    style: Style = ""


Line = tuple[Part, ...]
Drawing = tuple[Line, ...]


def line(*parts: str | Part) -> Line:
    """Return a line of parts, cut to the width."""
    left = WIDTH
    kept: list[Part] = []
    for part in (each if isinstance(each, Part) else Part(each) for each in parts):
        text = cut(part.text, left)
        left -= len(text)
        kept.append(part._replace(text=text))
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[-1] = kept[-1]._replace(text=kept[-1].text.rstrip())
    return tuple(part for part in kept if part.text)


def cut(text: str, width: int) -> str:
    """Return a text in one line of at most this many columns; what is left out is an ellipsis."""
    text = " ".join(text.splitlines())
    if len(text) <= width:
        return text
    return text[: width - 1] + "…" if width > 0 else ""


def tinted(texts: Iterable[str], styles: Iterable[Style]) -> Line:
    """Return a line of characters, those of one style after another as one part."""
    parts: list[Part] = []
    for text, style in zip(texts, styles, strict=True):
        if parts and (parts[-1].style == style or not text.strip()):
            parts[-1] = parts[-1]._replace(text=parts[-1].text + text)
        else:
            parts.append(Part(text, style))
    return tuple(parts)
