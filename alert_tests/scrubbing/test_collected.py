"""What leaves with scrubbing on is what was looked at before: nothing besides is collected, and the useful survives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.scrubbing import load_useful, lost, shapes_of

if TYPE_CHECKING:
    from alertproof.canaries import Left
    from alertproof.scrubbing import Proven

HERE = Path(__file__).parent
#: The shape of what is collected. What is new is read, and added here when it should be collected.
RECORD = HERE / "collected.txt"
USEFUL = HERE / "useful.jsonl"
#: Of transactions those of the doors, which are all sent: of any other one in ten is, and they differ from run to run.
TRANSACTIONS = "Sentry transaction"
SHAPED = (
    "Datadog logs, as shown",
    "Sentry event of javascript",
    "Sentry event of node",
    "Sentry event of python",
    "Sentry log",
    "Sentry span",
    "Sentry trace_metric",
    TRANSACTIONS,
)
OPEN = ("_meta", "attributes", "data", "extra", "features", "form", "headers", "integrations", "modules", "packages")
OPEN_TOO = ("tags", "vars")
#: How the environment of the control ends, by which its items are told from those of the platform.
CONTROL = b"-unscrubbed"
#: How each door's correlation id begins.
MARK = "canary-"


@pytest.fixture(scope="module")
def scrubbed(proven: Proven) -> list[Left]:
    return [left for left in proven.left if CONTROL not in left.octets]


def shape(left: list[Left]) -> frozenset[str]:
    # Of the lines of libraries, which say what they please when they please, the texts are not told.
    logs = shapes_of(filter(_our_own, left), SHAPED[:1], open_keys=("tags",), texts=("message",))
    return logs | shapes_of(filter(_of_a_door, left), SHAPED[1:], open_keys=(*OPEN, *OPEN_TOO))


def _our_own(left: Left) -> bool:
    """Whether it is a line of the platform's own log, or no line at all."""
    return left.source != SHAPED[0] or str(json.loads(left.octets)["attributes"].get("logger")).startswith("m3core")


def _of_a_door(left: Left) -> bool:
    """Whether it is a transaction that a door began, or none at all."""
    if left.source != TRANSACTIONS:
        return True
    return str(json.loads(left.octets).get("tags", {}).get("correlation_id")).startswith(MARK)


def test_nothing_is_collected_that_nobody_has_looked_at(scrubbed: list[Left]) -> None:
    known = set(RECORD.read_text(encoding="utf-8").splitlines())

    new = sorted(shape(scrubbed) - known)

    assert not new, (
        f"{len(new)} kinds of fields leave that {RECORD.name} does not know. Look at what is in them; if it may "
        "leave, add the lines:\n" + "\n".join(new)
    )


def test_no_variables_of_libraries_leave(scrubbed: list[Left]) -> None:
    events = [json.loads(left.octets) for left in scrubbed if left.source == "Sentry event of python"]
    errors = [error for event in events for error in event.get("exception", {}).get("values", ())]
    frames = [frame for error in errors for frame in (error.get("stacktrace") or {}).get("frames", ())]
    told = {in_app: [frame for frame in frames if bool(frame.get("in_app")) is in_app] for in_app in (True, False)}
    assert told[False], "no frame of a library was looked at"
    assert any("vars" in frame for frame in told[True]), "our own frames hold no variables either"

    found = sorted({str(frame.get("module")) for frame in told[False] if "vars" in frame})

    assert not found, f"the variables of frames of libraries leave, which hold whole requests: {', '.join(found)}"


def test_the_record_would_notice_what_the_control_collects_besides(proven: Proven) -> None:
    known = set(RECORD.read_text(encoding="utf-8").splitlines())
    control = [left for left in proven.left if CONTROL in left.octets]

    assert any("request.cookies" in path for path in shape(control) - known)


def test_two_hundred_useful_fields_survive(scrubbed: list[Left]) -> None:
    fields = load_useful(USEFUL)
    assert len(fields) >= 200

    gone = lost(scrubbed, fields)

    assert not gone, f"{len(gone)} of {len(fields)} useful fields were lost:\n" + "\n".join(gone)


def test_the_log_stays_readable(scrubbed: list[Left]) -> None:
    shown = [json.loads(left.octets) for left in scrubbed if left.source == SHAPED[0]]
    # Libraries print statements with their parameters and errors with their texts: of those something has to go.
    lines = [line for line in shown if str(line["attributes"].get("logger")).startswith("m3core")]
    assert len(lines) > 20

    unreadable = [line["message"] for line in lines if not line["message"] or "[Filtered]" in line["message"]]

    assert not unreadable, "something was taken out of what our own log lines say:\n" + "\n".join(unreadable)
    assert {"request answered", "request failed"} <= {line["message"] for line in lines}
