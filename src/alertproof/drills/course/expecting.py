"""The expectations of a course: what two steps say alike is told apart, so that neither hides the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from alertproof.drills.checklist import Checklist

__all__ = ["Expecting"]


class Expecting:
    """Decides expectations on a checklist, for one step after the other.

    ``said`` is what each step says beforehand. What was said before gets a number: ``... (2)``.
    """

    def __init__(self, checklist: Checklist, said: Iterable[Sequence[str]]) -> None:
        self._checklist = checklist
        self._names: list[dict[str, str]] = []
        self._step = -1
        times: Counter[str] = Counter()
        for texts in said:
            times.update(texts)
            self._names.append({text: _numbered(text, times[text]) for text in texts})
            checklist.announce(*self._names[-1].values())

    def next(self) -> None:
        """Go on to the next step."""
        self._step += 1

    def expect(self, text: str, met: bool, last_seen: str) -> bool:
        """Decide an expectation of the step, and return whether it was met."""
        names = self._names[self._step] if 0 <= self._step < len(self._names) else {}
        return self._checklist.expect(names.get(text, text), met, last_seen)


def _numbered(text: str, number: int) -> str:
    return text if number == 1 else f"{text} ({number})"
