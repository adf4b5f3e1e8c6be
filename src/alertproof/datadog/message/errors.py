"""The error of a message that is no template."""

from __future__ import annotations

from alertproof.errors import NotModelled

__all__ = ["TemplateError"]

#: A line of the template longer than that is shown around the place only.
_WIDEST = 100
#: A name of the template may be of any length, what is said of it may not.
_LONGEST = 500


class TemplateError(NotModelled):
    """A message that is malformed, or asks for a form that is not rendered.

    Datadog refuses malformed messages when the monitor is saved [ISSUE-2]. Points at the offending text;
    ``start`` and ``end`` are character offsets into ``template``, ``0 <= start <= end <= len(template)``.
    """

    def __init__(self, message: str, *, template: str, start: int, end: int) -> None:
        super().__init__(message, template, start, end)
        self.message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]} .."
        self.template = template
        self.start = start
        self.end = end

    def __str__(self) -> str:
        before = self.template[: self.start]
        line = before.count("\n") + 1
        first = before.rfind("\n") + 1
        last = self.template.find("\n", self.start)
        text = self.template[first : len(self.template) if last < 0 else last].rstrip("\r")
        column = self.start - first
        cut = max(0, column - _WIDEST // 2)
        shown = text[cut : cut + _WIDEST]
        width = max(1, min(self.end - self.start, len(shown) - (column - cut)))
        place = f"(line {line}, column {column + 1} of the message)"
        return f"{self.message} {place}\n  {shown}\n  {' ' * (column - cut)}{'^' * width}"
