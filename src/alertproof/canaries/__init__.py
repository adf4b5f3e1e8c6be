"""Canaries: secrets that are planted to see where they come out, and the search for them in bytes."""

from __future__ import annotations

from alertproof.canaries.judging import Cell, Judgement, judge
from alertproof.canaries.kinds import KINDS, Kind, Made, kind_named
from alertproof.canaries.left import Left, Place, Places, places_in
from alertproof.canaries.planted import Canary, Flock, Run
from alertproof.canaries.search import Search, Sighting, find_canary

__all__ = [
    "KINDS",
    "Canary",
    "Cell",
    "Flock",
    "Judgement",
    "Kind",
    "Left",
    "Made",
    "Place",
    "Places",
    "Run",
    "Search",
    "Sighting",
    "find_canary",
    "judge",
    "kind_named",
    "places_in",
]
