"""Monitors out of every usual representation, each value with its place in the file and the defaults that apply.

Pure: takes texts and values. Reading HCL needs the extra ``alertproof[terraform]``.
"""

from __future__ import annotations

from alertproof.datadog.loading.declared import AppliedDefault, Declared, Path, Representation
from alertproof.datadog.loading.decoding import decoded
from alertproof.datadog.loading.places import Extent, Place, place_at
from alertproof.datadog.loading.reading import load_live, load_text, reads

__all__ = [
    "AppliedDefault",
    "Declared",
    "Extent",
    "Path",
    "Place",
    "Representation",
    "decoded",
    "load_live",
    "load_text",
    "place_at",
    "reads",
]
