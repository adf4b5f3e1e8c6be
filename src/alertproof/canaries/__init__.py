"""Canaries: secrets that are planted to see where they come out, and the search for them in bytes."""

from __future__ import annotations

from alertproof.canaries.search import Search, Sighting, find_canary

__all__ = ["Search", "Sighting", "find_canary"]
