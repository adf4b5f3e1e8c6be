"""The proof of scrubbing: canaries sent in by every door, searched in everything that left, beside a control."""

from __future__ import annotations

from alertproof.scrubbing.doors import Door, Side
from alertproof.scrubbing.planting import planting
from alertproof.scrubbing.proof import Proof, Proven
from alertproof.scrubbing.record import journal_of
from alertproof.scrubbing.taking_apart import left_by_request

__all__ = ["Door", "Proof", "Proven", "Side", "journal_of", "left_by_request", "planting"]
