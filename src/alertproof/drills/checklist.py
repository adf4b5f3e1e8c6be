"""The expectations of one drill, each met, not met or never reached, with what was last seen."""

from __future__ import annotations

from alertproof.verdict import Expectation, Verdict

__all__ = ["Checklist"]


class Checklist:
    """Collects expectations in order. What is announced and never decided counts as never reached."""

    def __init__(self) -> None:
        self._found: dict[str, Expectation] = {}

    def announce(self, *texts: str) -> None:
        """Say beforehand what is going to be expected, so that nothing drops out unseen."""
        for text in texts:
            self._found.setdefault(text, Expectation(text=text, met=None, last_seen="never reached"))

    def expect(self, text: str, met: bool, last_seen: str) -> bool:
        """Decide an expectation and return whether it was met."""
        self._found[text] = Expectation(text=text, met=met, last_seen=last_seen)
        return met

    def all(self) -> tuple[Expectation, ...]:
        """Return the expectations in the order in which they were announced or decided."""
        return tuple(self._found.values())

    def verdict(self) -> Verdict:
        """Failed if one was not met, else broken if one was never reached or there are none, else passed."""
        found = self.all()
        if any(one.met is False for one in found):
            return Verdict.FAILED
        return Verdict.PASSED if found and all(one.met for one in found) else Verdict.BROKEN

    def reason(self) -> str:
        """Return what was not met or not reached, a line each, with what was last seen; empty when all was met."""
        return "\n".join(filter(None, (one.complaint() for one in self.all())))
