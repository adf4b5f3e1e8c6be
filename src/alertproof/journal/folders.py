"""Where a check's artifacts are kept."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

__all__ = ["folder_name"]


def folder_name(check: str) -> str:
    """Return a name for a check's folder that people know it by, every file system takes and no other check has."""
    file, _, test = check.partition("::")
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{Path(file).stem}-{test}").strip("-.")
    return f"{plain[:80].rstrip('-.')}-{sha256(check.encode()).hexdigest()[:8]}"
