"""The proof of scrubbing: canaries sent in by every door, searched in everything that left, beside a control."""

from __future__ import annotations

from alertproof.scrubbing.doors import Door, Side
from alertproof.scrubbing.evidence import keep_leaks
from alertproof.scrubbing.files import left_in
from alertproof.scrubbing.planting import planting
from alertproof.scrubbing.proof import Proof, Proven
from alertproof.scrubbing.record import journal_of
from alertproof.scrubbing.shapes import shapes_of
from alertproof.scrubbing.taking_apart import left_by_request
from alertproof.scrubbing.useful import Useful, load_useful, lost

__all__ = [
    "Door",
    "Proof",
    "Proven",
    "Side",
    "Useful",
    "journal_of",
    "keep_leaks",
    "left_by_request",
    "left_in",
    "load_useful",
    "lost",
    "planting",
    "shapes_of",
]
