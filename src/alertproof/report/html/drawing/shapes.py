"""What a drawing is made of. The template turns the shapes into SVG; a drawing knows no markup."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertproof.report.html.labels import text_width

__all__ = ["Box", "Dot", "Drawing", "Label", "Rule", "Stroke", "shortened"]

_NARROWEST = 0.3  # of a letter, in em


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; ``css`` is its class, ``title`` what a pointer over it shows."""

    x: float
    y: float
    width: float
    height: float
    css: str
    title: str = ""
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    css: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A path, as SVG's ``d`` takes it."""

    d: str
    css: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with what a pointer over it shows."""

    x: float
    y: float
    css: str
    title: str
    r: float = 4.5


@dataclass(frozen=True, slots=True)
class Label:
    """A text; ``rest`` follows it in a quieter voice. ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    css: str
    anchor: str = "start"
    rest: str = ""
    title: str = ""


@dataclass(slots=True)
class Drawing:
    """All shapes of a drawing, ``width`` by ``height`` pixels; later kinds are painted over earlier ones."""

    width: float
    height: float = 0.0
    grid: list[Rule] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    @property
    def hatched(self) -> bool:
        """Whether the drawing needs the pattern of hatched boxes."""
        return any(box.hatched for box in self.boxes)


def shortened(text: str, width: float, size: float = 12.0) -> str:
    """Return a text cut to a width in pixels, with an ellipsis where something is missing."""
    if text_width(text, size) <= width:
        return text
    kept = min(len(text), int(width / (_NARROWEST * size)) + 1)
    while kept and text_width(f"{text[:kept].rstrip()}…", size) > width:
        kept -= 1
    return f"{text[:kept].rstrip()}…"
