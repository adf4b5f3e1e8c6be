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


@pytest.mark.needs("npm")
@pytest.mark.parametrize(
    ("line", "frame"),
    [
        # What Node's parser makes of a line of a message with "at" in it: undone escapes, or a function and no file.
        ("look at vault/zQ7%20plant9Kx", {"filename": "vault/zQ7 plant9Kx", "function": "?"}),
        ("    at zQ7plant9Kx (native)", {"function": "zQ7plant9Kx"}),
        ("    at <zQ7 plant/9Kx>", {"filename": "<zQ7 plant/9Kx>", "function": "?"}),
    ],
)
def test_what_node_takes_for_a_frame_in_a_message_or_in_that_of_a_cause_is_none(line: str, frame: Any) -> None:
    said = {"message": f"no\n{line}"}
    for original in (said, {"message": "failed", "cause": said}, {"message": "all failed", "errors": [said]}):
        event = {"exception": {"values": [{"value": "no ...", "stacktrace": {"frames": [OWN, frame]}}]}}

        clean = scrubbed(event, {"originalException": original})

        assert clean["exception"]["values"][0]["stacktrace"]["frames"] == [OWN]


@pytest.mark.needs("npm")
def test_frames_of_code_stay_where_the_message_has_lines() -> None:
    frames = [OWN, {"filename": "<anonymous>", "function": "map"}, {"function": "?"}, {"function": "Array.map"}]
    event = {"exception": {"values": [{"value": "one\ntwo", "stacktrace": {"frames": frames}}]}}

    clean = scrubbed(event, {"originalException": {"message": "one\ntwo"}})

    assert clean["exception"]["values"][0]["stacktrace"]["frames"] == frames
