"""What "printed as it was written" means: equal up to white space outside quotes."""

from __future__ import annotations

import re

# A quoted text with its escapes, or one of the characters outside.
_PARTS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.""", re.DOTALL)


def without_space(text: str) -> str:
    """Drop white space outside quotes, and nothing else."""
    return "".join(part for part in _PARTS.findall(text) if not part.isspace())
