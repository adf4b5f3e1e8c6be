"""Proofs of scrubbing in words: one row each, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from alertproof.journal import ScrubbingJournal
from alertproof.report.model import Report, badness
from alertproof.report.names import parse_name
from alertproof.report.summary.unmet import judgement
from alertproof.report.words import as_sentence, counted, duration
from alertproof.verdict import Verdict

__all__ = ["ProofRow", "proof_row", "proof_sentence", "sorted_proofs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """One proof of scrubbing as the summary tables say it."""

    title: str
    classes: str
    doors: str
    seen: str
    leaked: str
    searched: str
    took: str
    verdict: Verdict


def sorted_proofs(report: Report) -> tuple[ScrubbingJournal, ...]:
    """Return the proofs, those that did not pass first, then by name."""
    return tuple(sorted(report.proofs, key=lambda proof: (badness(proof.verdict), proof.check, proof.began)))


def proof_row(proof: ScrubbingJournal) -> ProofRow:
    """Return a proof in the words of the summary table."""
    return ProofRow(
        title=parse_name(proof.check).title,
        classes=str(len({cell.kind for cell in proof.cells})),
        doors=str(len({cell.door for cell in proof.cells})),
        seen=f"{sum(len(cell.control) for cell in proof.cells):,}",
        leaked=f"{sum(len(cell.leaked) for cell in proof.cells):,}",
        searched=f"{sum(source.octets for source in proof.sources) / 1e6:,.1f} MB",
        took=duration(proof.wall),
        verdict=proof.verdict,
    )


def proof_sentence(proof: ScrubbingJournal) -> str:
    """Return what a proof showed, in one sentence."""
    if proof.verdict is not Verdict.PASSED:
        return judgement(proof)
    said, secrets = proof_row(proof), counted(len(proof.cells), "secret")
    return as_sentence(
        f"{secrets} of {said.classes} classes by {said.doors} doors: with scrubbing off they came out at {said.seen} "
        "places, with scrubbing on at none"
    )
