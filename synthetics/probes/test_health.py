"""The platform answers, and so do the parts it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.probes import schema, status, timed, within

if TYPE_CHECKING:
    from alertproof.plugin.probes import Probe


def parts(**answers: str) -> dict[str, object]:
    """Return the schema of an object that holds exactly these words."""
    return {
        "title": "health",
        "type": "object",
        "additionalProperties": False,
        "required": [*answers],
        "properties": {name: {"const": word} for name, word in answers.items()},
    }


def test_the_platform_answers(probe: Probe) -> None:
    probe.get("/healthz").expect(status(200), schema(parts(status="ok")), within(), timed())


def test_the_platform_is_ready(probe: Probe) -> None:
    well = parts(database="ok", cache="ok", errors="reported")
    probe.get("/readyz").expect(status(200), schema(well), within(), timed())
