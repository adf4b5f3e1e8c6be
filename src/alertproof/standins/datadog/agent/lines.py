"""The lines of DogStatsD that come again and again: read once, and from then on only their values.

A client sends the same name, type and tags thousands of times with other values. What all of a line but its values
means is remembered by its bytes; a line that was never seen, and whatever is no plain metric, takes the full parser.
Both ways come to the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import msgspec

from alertproof.standins.datadog.agent.datagram import Item, Kind, Sample, parse_datagram
from alertproof.tags import Tags

__all__ = ["Lines"]

#: Types whose values are numbers that add up, or of which the last counts.
_PLAIN = frozenset({Kind.COUNT, Kind.GAUGE, Kind.HISTOGRAM, Kind.TIMER, Kind.DISTRIBUTION})
#: All that a number is written with, and the colon between two: Python's own reading takes more than the Agent's.
_NUMERIC = b"0123456789.-+eE:"
_READ_NUMBERS = msgspec.json.Decoder(tuple[float, ...])


class _Pending(list[bytes]):
    """The values of lines of one form as they came, in their order."""

    __slots__ = ("first", "name", "tail")

    def __init__(self, name: bytes, tail: bytes, first: Sample) -> None:
        super().__init__()
        self.name = name
        self.tail = tail
        self.first = first

    def given(self) -> Iterator[tuple[Item, int]]:
        """Give up what came, if anything did, as one sample of all values if each of them is a number."""
        if not self:
            return
        values, lines = b":".join(self), list(self)
        self.clear()
        first = self.first
        numbers = _numbers(values)
        if numbers:
            yield Sample(name=first.name, kind=first.kind, values=numbers, rate=first.rate, tags=first.tags), len(lines)
            return
        for value in lines:
            yield parse_datagram(b"%b:%b|%b" % (self.name, value, self.tail))[0], 1


class Lines:
    """Reads lines; remembers so many of their forms, of together so many bytes."""

    KNOWN = 50_000
    SIZE = 16 * 1024 * 1024

    def __init__(self) -> None:
        self._weight = 0
        self._known: dict[tuple[bytes, bytes], _Pending] = {}
        self._gauges: dict[tuple[str, Tags], _Pending] = {}
        self._held: list[_Pending] = []

    def __reduce__(self) -> tuple[type[Lines], tuple[()]]:
        # What is remembered is no state: it is read again when it comes again.
        return Lines, ()

    def read(self, data: bytes) -> Iterator[tuple[Item, int]]:
        """Yield items of datagrams with line feeds between them, and of how many lines each is made.

        What is of a known form is held back until `held` is asked for it. Samples of one gauge are in the order of
        their lines; other items may be.
        """
        held, find = self._held, self._known.get
        for line in data.split(b"\n"):
            name, _, rest = line.partition(b":")
            value, _, tail = rest.partition(b"|")
            pending = find((name, tail))
            if pending is not None:
                if not pending:
                    held.append(pending)
                pending.append(value)
            elif line:
                yield from self._unknown(line, name, tail)

    def held(self) -> Iterator[tuple[Item, int]]:
        """Give up what is held back: all values of one form at once."""
        held = self._held.copy()
        self._held.clear()
        for pending in held:
            yield from pending.given()

    def _unknown(self, line: bytes, name: bytes, tail: bytes) -> Iterator[tuple[Item, int]]:
        (item,) = parse_datagram(line)
        if isinstance(item, Sample) and item.at is None and item.kind in _PLAIN:
            other = self._gauges.get((item.name, item.tags)) if item.kind is Kind.GAUGE else None
            if other is None:
                if len(self._known) >= self.KNOWN or self._weight >= self.SIZE:
                    # What is forgotten gives up what it holds first: of a gauge the last value counts.
                    yield from self.held()
                    self._forget()
                self._remember(name, tail, item)
            elif other:
                # The same gauge, written otherwise: of its values the last counts.
                yield from other.given()
        yield item, 1

    def _forget(self) -> None:
        self._known.clear()
        self._gauges.clear()
        self._weight = 0

    def _remember(self, name: bytes, tail: bytes, sample: Sample) -> None:
        pending = _Pending(name, tail, sample)
        self._known[name, tail] = pending
        self._weight += len(name) + len(tail)
        if sample.kind is Kind.GAUGE:
            self._gauges[sample.name, sample.tags] = pending


def _numbers(values: bytes) -> tuple[float, ...]:
    """Return the numbers that the values are; nothing unless each is one that is finite."""
    if values.translate(None, _NUMERIC):
        return ()
    try:
        # Most clients write numbers as JSON does, whose reader takes a fifth of the time. It reads -0 without the sign.
        if b"-0" not in values:
            return _READ_NUMBERS.decode(b"[%b]" % values.replace(b":", b","))
    except msgspec.MsgspecError:
        pass
    try:
        numbers = tuple(map(float, values.split(b":")))
    except ValueError:
        return ()
    return numbers if all(map(isfinite, numbers)) else ()
