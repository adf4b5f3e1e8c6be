"""Every exception this package raises on purpose.

* AlertproofError
  + ConfigError            the run cannot start as configured (exit code 2)
  + QuerySyntaxError       a monitor query is not in the language
  + NotModelled            a query, option or message form that is known but not evaluated
  + VendorError            a vendor (or its stand-in) could not answer
    - VendorUnavailable      no answer, or 5xx: trying again may help
    - VendorRejected         4xx: trying again will not help
      = LoginRefused           401 or 403: the key is wrong or may not do that (exit code 6)
  + StackError             a part of the embedded stack did not start or has died
  + Broken                 the run could not tell (exit code 3)
    - RunnerTrouble          by the fault of the machine that runs it: a check is attempted once more
  + FaultError             a fault could not be injected or reverted
    - BlastRadiusExceeded    refused before anything was touched
    - RevertFailed           the target may still be broken (exit code 4)

A *failed expectation* is not an error: it is a verdict in the report.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AlertproofError",
    "BlastRadiusExceeded",
    "Broken",
    "ConfigError",
    "FaultError",
    "LoginRefused",
    "NotModelled",
    "QuerySyntaxError",
    "RevertFailed",
    "RunnerTrouble",
    "StackError",
    "VendorError",
    "VendorRejected",
    "VendorUnavailable",
    "nearest",
]


# How many characters of a query's line an error shows on each side of where it points.
_AROUND = 200
#: A name in a text may be of any length, what is said of it may not.
_LONGEST = 500


class AlertproofError(Exception):
    """Base of every deliberate error of this package."""


class ConfigError(AlertproofError):
    """The run cannot start as configured; the text says what, where and what to do."""


class QuerySyntaxError(AlertproofError):
    """A monitor query is not in the language.

    Points at the offending text, so that the reader need not count columns. ``start`` and ``end`` are
    character offsets into ``query``, ``0 <= start <= end <= len(query)``.
    """

    def __init__(self, message: str, *, query: str, start: int, end: int) -> None:
        super().__init__(message, query, start, end)
        self.message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]} .."
        self.query = query
        self.start = start
        self.end = end

    def __str__(self) -> str:
        begins = self.query.rfind("\n", 0, self.start) + 1
        line = self.query[begins:].partition("\n")[0]
        column = self.start - begins
        where = f"column {column + 1}"
        if "\n" in self.query:
            where = f"line {self.query.count(chr(10), 0, begins) + 1}, {where}"
        # Of a long line only what stands around the error.
        first = max(0, column - _AROUND)
        shown = line[first : column + _AROUND]
        # A tab is as wide under the line as in it.
        margin = "".join("\t" if character == "\t" else " " for character in line[first:column])
        width = max(1, min(self.end - self.start, len(shown) - len(margin)))
        return f"{self.message} ({where})\n  {shown}\n  {margin}{'^' * width}"


class NotModelled(AlertproofError):
    """A form that is known but not evaluated; the text names it."""


class VendorError(AlertproofError):
    """A vendor could not answer."""


class VendorUnavailable(VendorError):
    """No answer, or a 5xx: trying again may help."""


class VendorRejected(VendorError):
    """A 4xx: trying again will not help."""


class LoginRefused(VendorRejected):
    """The vendor does not know the key, or does not let it do what was asked."""


class StackError(AlertproofError):
    """A part of the embedded stack did not start, or has died."""


class Broken(AlertproofError):
    """The run could not tell whether the expectation holds."""


class RunnerTrouble(Broken):
    """The machine that runs a check is at fault, such as a browser that died: another attempt may tell."""


class FaultError(AlertproofError):
    """A fault could not be injected or reverted."""


class BlastRadiusExceeded(FaultError):
    """Refused before anything was touched."""


class RevertFailed(FaultError):
    """The target may still be broken."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known name, else all the known names."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f" (known: {', '.join(names)})" if names else ""
