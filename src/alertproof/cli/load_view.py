"""The live view of a capacity search: where it stands, what the platform does, and the estimate closing in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from alertproof.loadgen import CapacityProfile, CapacityTick
from alertproof.loadgen.capacity import Estimate, Search

__all__ = ["SearchView"]

_ESTIMATED = 10  # ticks between two estimates: each costs some milliseconds
_LATELY = 60  # ticks of the small curve
_WIDE = 60  # letters of the scale
_BARS = "▁▂▃▄▅▆▇"
_REMEMBERED = 8  # widths of the interval


class SearchView(AbstractContextManager["SearchView"]):
    """Shows a search while the block runs, in a few lines that are written anew; nothing where nobody looks.

    ``required`` is the rate that must be taken, headroom included.
    """

    def __init__(self, profile: CapacityProfile, console: Console, *, required: float) -> None:
        self._profile, self._required = profile, required
        self._lately = deque[CapacityTick](maxlen=_LATELY)
        self._estimate: Estimate | None = None
        self._widths: list[float] = []
        self._highest = required
        self._live = None if console.quiet else Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def see(self, tick: CapacityTick, search: Search) -> None:
        """Take in a second that is final, and show how things stand."""
        self._lately.append(tick)
        self._highest = max(self._highest, tick.rate)
        if tick.phase == "track" and tick.second % _ESTIMATED == 0:
            self._estimate = search.estimate()
            if self._estimate is not None:
                self._widths.append(self._estimate.half_width)
        if self._live is not None:
            self._live.update(self.frame(tick, search), refresh=True)

    def frame(self, tick: CapacityTick, search: Search) -> Group:
        """Return the lines."""
        return Group(*(line for line in self._lines(tick, search)))

    def _lines(self, tick: CapacityTick, search: Search) -> Sequence[Text]:
        length = self._profile.tick.total_seconds()
        share, allowed = (tick.slow / tick.n if tick.n else 0.0), search.plan.share
        p95 = "-" if not tick.n else f"> {_ms(self._profile.limit)}" if tick.p95 is None else _ms(tick.p95)
        return (
            Text.assemble(
                (f"{self._profile.name}  ", "bold"),
                f"{tick.phase:<7}  {_clock(tick.second * length)} of about {_clock(search.plan.seconds * length)}",
            ),
            Text.assemble(
                f"offered   {tick.rate:.4g}/s   p95 {p95}   ",
                (f"{share:.0%} slow", "green" if share <= allowed else "yellow"),
                f"   {tick.in_flight} under way",
            ),
            Text.assemble("p95       ", *self._curve(), f"  of {_ms(self._profile.limit)}"),
            Text(f"estimate  {self._estimated()}"),
            Text(f"          {self._scale(tick)}", no_wrap=True, overflow="ellipsis"),  # its end may be missing
        )

    def _estimated(self) -> str:
        found = self._estimate
        if found is None:
            return "comes when the platform was overloaded twice, and 100 s after"
        widths = self._widths[-_REMEMBERED:]
        closing = " → ".join(f"±{width:.0%}" for width in widths)
        return f"{found.rate:.3g}/s (95 % interval {found.low:.3g} to {found.high:.3g})  {closing}"

    def _curve(self) -> Sequence[tuple[str, str]]:
        """Return a letter for each of the last seconds: its p95 as a part of the limit, red above."""
        letters = []
        for tick in self._lately:
            if not tick.n:
                letters.append((" ", ""))
            elif tick.p95 is None or tick.p95 > self._profile.limit:
                letters.append(("█", "red"))
            else:
                part = tick.p95 / self._profile.limit
                letters.append((_BARS[min(len(_BARS) - 1, int(part * len(_BARS)))], "green"))
        return letters

    def _scale(self, tick: CapacityTick) -> str:
        """Return the rates from 0 on as a line: the interval, the estimate, the rate offered and the one needed."""
        found, most = self._estimate, 1.15 * self._highest
        if found is not None:
            most = max(most, 1.05 * min(found.high, 3 * found.rate))

        def place(rate: float) -> int:
            return min(_WIDE - 1, max(0, round(rate / most * (_WIDE - 1))))

        letters = ["·"] * _WIDE
        if found is not None:
            letters[place(found.low) : place(found.high) + 1] = "━" * (place(found.high) + 1 - place(found.low))
        letters[place(tick.rate)] = "o"
        letters[place(self._required)] = "◆"
        if found is not None:
            letters[place(found.rate)] = "┃"
        return f"0 {''.join(letters)} {most:.3g}/s   ◆ needed {self._required:.4g}  o offered  ┃ estimate"


def _ms(span: timedelta) -> str:
    return f"{span / timedelta(milliseconds=1):.0f} ms"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
