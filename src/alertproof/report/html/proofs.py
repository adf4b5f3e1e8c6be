"""A proof of scrubbing's section: the table of doors and classes, what leaked, and what was searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alertproof.journal import CanaryCell, ScrubbingJournal
from alertproof.report.html.journeys import relative_link
from alertproof.report.html.past import PastView, Recall
from alertproof.report.names import parse_name
from alertproof.report.summary import proof_sentence
from alertproof.report.summary.unmet import red_first, rest_of_reason
from alertproof.report.words import NOTHING
from alertproof.verdict import Expectation

__all__ = ["ProofView", "proof_view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One kind of thing that was searched, in words."""

    name: str
    items: str
    size: str
    canaries: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """A proof's section; ``doors`` are the rows of its table, each with what it says of every class.

    ``links`` are the files with what leaked, each with its address, empty for one that leads elsewhere;
    ``stored``: it is known what Sentry would store.
    """

    place: str
    proof: ScrubbingJournal
    title: str
    sentence: str
    reason: str
    classes: tuple[str, ...]
    doors: tuple[tuple[str, tuple[str, ...]], ...]
    leaks: tuple[tuple[str, str, str], ...]
    links: tuple[tuple[str, str], ...]
    stored: bool
    sources: tuple[SourceView, ...]
    expectations: tuple[Expectation, ...]
    past: PastView | None


def proof_view(proof: ScrubbingJournal, *, place: str, recall: Recall) -> ProofView:
    """Return a proof as its section shows it; ``place`` is its anchor."""
    said = proof_sentence(proof)
    classes = tuple(sorted({cell.kind for cell in proof.cells}))
    return ProofView(
        place=place,
        proof=proof,
        title=parse_name(proof.check).title,
        sentence=said,
        reason=rest_of_reason(proof, said),
        classes=classes,
        doors=tuple(_doors(proof, classes)),
        leaks=tuple((cell.kind, cell.door, where) for cell in proof.cells for where in cell.leaked),
        links=tuple((path, relative_link(path)) for path in proof.kept),
        stored=any(cell.stored is not None for cell in proof.cells),
        sources=tuple(
            SourceView(
                name=source.name,
                items=f"{source.items:,}",
                size=f"{source.octets / 1000:,.0f} kB",
                canaries=f"{source.canaries:,}",
            )
            for source in proof.sources
        ),
        expectations=red_first(proof.expectations),
        past=recall.of(proof.check),
    )


def _doors(proof: ScrubbingJournal, classes: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    cells = {(cell.door, cell.kind): cell for cell in proof.cells}
    for door in sorted({cell.door for cell in proof.cells}):
        yield door, tuple(_said(cells.get((door, kind))) for kind in classes)


def _said(cell: CanaryCell | None) -> str:
    """Return where a canary was seen without scrubbing and where it leaked, with an S where Sentry would keep it."""
    if cell is None:
        return NOTHING
    stored = " S" if cell.stored else ""
    return f"{len(cell.control)}{stored} / {f'▲ {len(cell.leaked)}' if cell.leaked else '0'}"
