"""A journey as a waterfall: its steps as spans, and below each step the pages it opened with their marks."""

from __future__ import annotations

from datetime import timedelta

from alertproof.journal import JourneyJournal, PageSeen
from alertproof.report.html.drawing.shapes import Box, Dot, Drawing, Label, Rule, shortened
from alertproof.report.html.labels import text_width
from alertproof.report.html.scale import TimeScale, time_ticks
from alertproof.report.ratings import vitals_of
from alertproof.report.summary.journeys import over_budget
from alertproof.report.words import duration, of_budget

__all__ = ["LEFT", "RIGHT", "WIDTH", "draw_journey", "pages_of_steps"]

WIDTH, LEFT, RIGHT = 1040.0, 236.0, 904.0
_STEP_HEIGHT, _PAGE_HEIGHT = 28.0, 22.0
_SMALL = 11.0
_MARKED = ("TTFB", "FCP", "LCP")


def draw_journey(journey: JourneyJournal) -> Drawing:
    """Return the waterfall of a journey that took at least one step; times count from its beginning."""
    drawing = Drawing(WIDTH)
    end = max([timedelta(milliseconds=1), *_ends(journey)])
    scale = TimeScale(journey.began, journey.began + end, LEFT, RIGHT)
    pages = pages_of_steps(journey)
    y = 8.0
    for place in range(len(journey.steps)):
        drawing.boxes.append(Box(0, y, WIDTH, _STEP_HEIGHT, "row"))
        _draw_step(drawing, journey, place, scale, y)
        y += _STEP_HEIGHT
        for page in pages[place]:
            y = _draw_page(drawing, journey, page, scale, y)
        y += 6
    _draw_axis(drawing, journey, scale, y)
    return drawing


def pages_of_steps(journey: JourneyJournal) -> list[list[PageSeen]]:
    """Return the pages of each step, in the order in which they were opened.

    A page belongs to the last step of its name that had begun; to the last step at all when none has its name.
    """
    found: list[list[PageSeen]] = [[] for _ in journey.steps]
    for page in sorted(journey.pages, key=lambda page: page.began):
        named = [place for place, step in enumerate(journey.steps) if step.name == page.step]
        begun = [place for place in named if journey.steps[place].began <= page.began]
        if found:
            found[(begun or named or [len(found) - 1])[-1]].append(page)
    return found


def _loaded(page: PageSeen) -> timedelta:
    """Return how long a page loaded, as far as the browser said."""
    return max((span for span in (page.load_event, page.lcp, page.fcp, page.ttfb) if span), default=timedelta(0))


def _ends(journey: JourneyJournal) -> list[timedelta]:
    return [
        *(step.began + step.duration for step in journey.steps),
        *(page.began + _loaded(page) for page in journey.pages),
    ]


def _draw_step(drawing: Drawing, journey: JourneyJournal, place: int, scale: TimeScale, top: float) -> None:
    step = journey.steps[place]
    began, ended = journey.began + step.began, journey.began + step.began + step.duration
    x, right, middle = scale.x(began), scale.x(ended), top + 18
    late, name = over_budget(step), f"{place + 1}. {step.name}"
    title = f"{step.name}: {of_budget(step.duration, step.budget)}" + (f", {step.trouble}" if step.trouble else "")
    drawing.labels.append(Label(8, middle, shortened(name, LEFT - 24), "step-name", title=step.name))
    css = "span-bad" if step.trouble else "span"
    drawing.boxes.append(Box(x, top + 7, round(max(2.0, right - x), 2), 14, css, title, hatched=bool(step.trouble)))
    if step.budget is not None:
        limit = began + step.budget
        if scale.holds(limit):
            drawing.rules.append(
                Rule(scale.x(limit), top + 3, scale.x(limit), top + 25, "limit late" if late else "limit")
            )
        if late and not step.trouble:
            width = round(max(1.0, right - scale.x(limit)), 2)
            drawing.boxes.append(Box(scale.x(limit), top + 7, width, 14, "excess", title, hatched=True))
    mark = "✗ " if step.trouble or late else ""
    took = duration(step.duration)
    drawing.labels.append(Label(WIDTH - 70, middle, f"{mark}{took}", "bad strong" if mark else "strong", "end"))
    if step.budget is not None:
        drawing.labels.append(Label(WIDTH - 64, middle, f"of {duration(step.budget)}", "tick"))


def _draw_page(drawing: Drawing, journey: JourneyJournal, page: PageSeen, scale: TimeScale, top: float) -> float:
    """Draw a page load and return where the next row begins."""
    began = journey.began + page.began
    x, right = scale.x(began), scale.x(began + _loaded(page))
    drawing.labels.append(Label(26, top + 14, shortened(page.path, LEFT - 42, _SMALL), "page-name", title=page.path))
    title = f"{page.path}: {'shown' if page.soft else 'loaded'} in {duration(_loaded(page))}"
    drawing.boxes.append(Box(x, top + 7, round(max(2.0, right - x), 2), 7, "load", title))
    if page.ttfb is not None:
        wait = round(max(1.0, scale.x(began + page.ttfb) - x), 2)
        drawing.boxes.append(Box(x, top + 7, wait, 7, "wait", f"TTFB {duration(page.ttfb)}"))
    for span, css, name, radius in ((page.fcp, "m-fcp", "FCP", 5.0), (page.lcp, "m-lcp", "LCP", 2.5)):
        if span is not None:
            drawing.dots.append(Dot(scale.x(began + span), top + 10.5, css, f"{name} {duration(span)}", r=radius))
    text = " · ".join(f"{seen.vital.short} {seen.words}" for seen in vitals_of(page) if seen.vital.short in _MARKED)
    return _draw_marks(drawing, text, x - 9, right + 9, top)


def _draw_marks(drawing: Drawing, text: str, left: float, right: float, top: float) -> float:
    """Write a page's marks beside its bar, or below it where there is no room; return where the next row begins."""
    width = text_width(text, _SMALL)
    if right + width <= RIGHT:
        drawing.labels.append(Label(right, top + 14, text, "marks"))
    elif left - width >= LEFT:
        drawing.labels.append(Label(left, top + 14, text, "marks", "end"))
    else:
        drawing.labels.append(Label(LEFT, top + 28, text, "marks"))
        return top + _PAGE_HEIGHT + 14
    return top + _PAGE_HEIGHT


def _draw_axis(drawing: Drawing, journey: JourneyJournal, scale: TimeScale, bottom: float) -> None:
    for tick in time_ticks(scale.start, scale.end, journey.began, most=10):
        x = scale.x(journey.began + tick)
        drawing.grid.append(Rule(x, 2, x, bottom, "grid zero" if not tick else "grid"))
        drawing.labels.append(Label(x, bottom + 18, duration(tick), "tick", "middle"))
    drawing.rules.append(Rule(LEFT, bottom, RIGHT, bottom, "axis"))
    drawing.height = round(bottom + 28, 2)
