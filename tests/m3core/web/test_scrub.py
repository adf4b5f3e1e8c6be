"""The browser's scrubber by itself, run by Node: what the SDK makes of an error whose message has several lines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRUB = Path(__file__).parents[3] / "src/m3core/frontend/scrub.js"
LINE = "Ab/cdefKEYKEYKEYKEYKEYghijk"
SAID = f"cannot save -----BEGIN PRIVATE KEY-----\n{LINE}\n-----END PRIVATE KEY-----"
OWN = {"filename": "http://crm.example/leads", "function": "save", "lineno": 3}


def scrubbed(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    code = (
        f"import {{scrubError}} from {json.dumps(SCRUB.as_uri())};"
        f"console.log(JSON.stringify(scrubError({json.dumps(event)}, {json.dumps(hint)})));"
    )
    command = ["node", "--input-type=module", "--eval", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.needs("npm")
@pytest.mark.parametrize("value", [SAID, "cannot save -----BEGIN..."], ids=["whole", "cut short by the SDK"])
def test_a_line_of_the_message_is_no_frame_and_the_others_stay(value: str) -> None:
    frames = [OWN, {"filename": LINE[2:], "function": LINE[:2]}]
    event = {"exception": {"values": [{"value": value, "stacktrace": {"frames": frames}}]}}

    clean = scrubbed(event, {"originalException": {"message": SAID}})

    assert "KEYKEY" not in json.dumps(clean)
    assert clean["exception"]["values"][0]["stacktrace"]["frames"] == [OWN]
