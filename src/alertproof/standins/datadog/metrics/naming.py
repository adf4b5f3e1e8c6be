"""How the intake spells metric names and tags, whatever the client sent.

Queries see only these spellings, so a monitor on `endpoint:/api/leads/{id}` must be written for
``endpoint:/api/leads/_id_``: the stand-in would hide that trap if it kept the client's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from alertproof.tags import Tags, parse_tags

__all__ = ["metric_name", "tag_set"]

_LIMIT = 200
_OTHER_IN_NAME = re.compile(r"[^A-Za-z0-9_.]")
_OTHER_IN_TAG = re.compile(r"[^\w\-:./,]")


def metric_name(text: str) -> str | None:
    """Return the name as it is stored, or None for one that does not start with a letter.

    Everything but ASCII letters, digits, underscores and periods becomes an underscore; 200 characters are
    kept. [docs.datadoghq.com/metrics/custom_metrics, "Naming custom metrics"]
    """
    if not (text[:1].isascii() and text[:1].isalpha()):
        return None
    return _OTHER_IN_NAME.sub("_", text[:_LIMIT])


def tag_set(texts: str | Iterable[str]) -> Tags:
    """Return the tags as they are stored; ``texts`` is a list, or one comma-separated text.

    Lower case; everything but letters, digits, underscores, minuses, colons, periods and slashes becomes an
    underscore; 200 characters are kept. [docs.datadoghq.com/getting_started/tagging, "Define tags"]
    """
    return _cached(texts if isinstance(texts, str) else ",".join(text.replace(",", "_") for text in texts))


# A client sends the same few tag sets again and again: parsing them once is a third of the receiving cost.
@lru_cache(maxsize=8192)
def _cached(text: str) -> Tags:
    return parse_tags(part.strip()[:_LIMIT].rstrip(":") for part in _OTHER_IN_TAG.sub("_", text.lower()).split(","))
