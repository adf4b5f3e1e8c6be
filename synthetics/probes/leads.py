"""What M3CoreCRM's leads look like to a probe."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

_SCHEMAS = Path(__file__).parent / "schemas"
LEAD = _SCHEMAS / "lead.json"
LEAD_PAGE = _SCHEMAS / "lead-page.json"
PROBLEM = _SCHEMAS / "problem.json"


def new_lead() -> dict[str, str]:
    """Return a lead that people recognise as a probe's."""
    unique = uuid4().hex[:8]
    return {
        "name": f"Synthetic Lead {unique}",
        "company": "Synthetic Company",
        "email": f"lead.{unique}@synthetic.example",
    }
