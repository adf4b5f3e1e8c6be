"""A load run's section: its numbers, its panels over time, its endpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alertproof.journal import EndpointSeen, LoadJournal
from alertproof.report.html.drawing import Drawing, draw_load
from alertproof.report.html.drawing.panels import Slice, slices
from alertproof.report.html.past import PastView, Recall
from alertproof.report.html.tiles import Tile
from alertproof.report.names import parse_name
from alertproof.report.summary import LoadRow, load_row, load_sentence
from alertproof.report.summary.loads import measured_ticks
from alertproof.report.summary.unmet import red_first, rest_of_reason
from alertproof.report.words import NOTHING, counted, duration, number, percent, share
from alertproof.verdict import Expectation

__all__ = ["EndpointView", "LoadView", "load_view"]

_ROWS = 60  # of the table behind the panels


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """The requests of one name in words."""

    endpoint: EndpointSeen
    slow: str
    failed: str
    spans: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadView:
    """A load run's section; ``slices`` is the table behind the panels."""

    place: str
    load: LoadJournal
    title: str
    row: LoadRow
    sentence: str
    reason: str
    tiles: tuple[Tile, ...]
    drawing: Drawing | None
    description: str
    endpoints: tuple[EndpointView, ...]
    slices: tuple[Slice, ...]
    expectations: tuple[Expectation, ...]
    past: PastView | None


def load_view(load: LoadJournal, *, place: str, recall: Recall) -> LoadView:
    """Return a load run as its section shows it; ``place`` is its anchor."""
    said = load_sentence(load)
    return LoadView(
        place=place,
        load=load,
        title=parse_name(load.check).title,
        row=load_row(load),
        sentence=said,
        reason=rest_of_reason(load, said),
        tiles=_tiles(load),
        drawing=draw_load(load) if load.ticks else None,
        description=_description(load),
        endpoints=tuple(map(_endpoint, sorted(load.endpoints, key=lambda endpoint: endpoint.name))),
        slices=slices(load.ticks, most=_ROWS),
        expectations=red_first(load.expectations),
        past=recall.of(load.check),
    )


def _tiles(load: LoadJournal) -> tuple[Tile, ...]:
    said, ticks = load_row(load), measured_ticks(load)
    sent = (
        f"{number(sum(tick.arrivals for tick in ticks) / len(ticks))}/s were sent"
        if ticks
        else "no second was measured"
    )
    dropped = sum(tick.dropped for tick in load.ticks)
    unsent = f"{dropped:,} never sent" if dropped else "none left unsent"
    warm = f"after a warm-up of {duration(load.warm_up)}" if load.warm_up else "no warm-up"
    of_all = f"of {counted(load.n, 'request')}"
    late = f"the generator was {duration(load.lag_p99)} late (p99)"
    return (
        Tile(name="Arrivals wanted", value=said.rate, lines=(sent, late)),
        Tile(name="Requests", value=said.requests, lines=(warm, unsent)),
        _rated(_p95(load), over=load.p95 is None or load.p95 > load.limit, known=bool(load.n)),
        _rated(
            Tile(
                name="Slow or failed",
                value=said.slow,
                lines=(f"{load.slow:,} {of_all}", f"{percent(load.slow_allowed)} allowed"),
            ),
            over=bool(load.n) and load.slow / load.n > load.slow_allowed,
            known=bool(load.n),
        ),
        Tile(name="Failed", value=said.failed, lines=(f"{load.failed:,} {of_all}",)),
    )


def _p95(load: LoadJournal) -> Tile:
    why = ("that request failed",) if load.p95 is None and load.n else ()
    return Tile(name="p95", value=load_row(load).p95, lines=(*why, f"limit {duration(load.limit)}"))


def _rated(tile: Tile, *, over: bool, known: bool) -> Tile:
    """Return a tile that says whether its value is within its limit; nothing is said of a run without requests."""
    if not known:
        return tile
    return replace(tile, mark="▲ over" if over else "● within", css="poor" if over else "good")


def _endpoint(endpoint: EndpointSeen) -> EndpointView:
    spans = (endpoint.p50, endpoint.p95, endpoint.p99, endpoint.longest)
    return EndpointView(
        endpoint=endpoint,
        slow=share(endpoint.slow, endpoint.n),
        failed=share(endpoint.failed, endpoint.n),
        spans=tuple(duration(span) if span is not None else NOTHING for span in spans),
    )


def _description(load: LoadJournal) -> str:
    """Return the panels in words, for those who cannot see them."""
    over = sum(1 for tick in load.ticks if tick.p95 is not None and tick.p95 > load.limit)
    peak = max((tick.p95 for tick in load.ticks if tick.p95 is not None), default=None)
    highest = f"the highest p95 of a second was {duration(peak)}" if peak is not None else "no second had a p95"
    return (
        f"{counted(len(load.ticks), 'second')} at {load_row(load).rate}: {highest}, {over:,} were above the limit of "
        f"{duration(load.limit)}; {share(load.slow, load.n)} of the requests were slow or failed, "
        f"{percent(load.slow_allowed)} allowed."
    )
