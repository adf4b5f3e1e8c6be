"""What a run proved, in plain words. Every writer says the same."""

from __future__ import annotations

from alertproof.report.summary.alerts import AlertRow, alert_table
from alertproof.report.summary.drills import Row, row, sentence, sorted_drills
from alertproof.report.summary.headline import Headline, Tally, headline, tallies
from alertproof.report.summary.journeys import JourneyRow, journey_row, journey_sentence, sorted_journeys
from alertproof.report.summary.loads import LoadRow, load_row, load_sentence, sorted_loads
from alertproof.report.summary.probes import ProbeGroup, probe_groups, sorted_probes
from alertproof.report.summary.proofs import ProofRow, proof_row, proof_sentence, sorted_proofs
from alertproof.report.summary.telemetry import TelemetryRow, sorted_telemetry, telemetry_row, telemetry_sentence

__all__ = [
    "AlertRow",
    "Headline",
    "JourneyRow",
    "LoadRow",
    "ProbeGroup",
    "ProofRow",
    "Row",
    "Tally",
    "TelemetryRow",
    "alert_table",
    "headline",
    "journey_row",
    "journey_sentence",
    "load_row",
    "load_sentence",
    "probe_groups",
    "proof_row",
    "proof_sentence",
    "row",
    "sentence",
    "sorted_drills",
    "sorted_journeys",
    "sorted_loads",
    "sorted_probes",
    "sorted_proofs",
    "sorted_telemetry",
    "tallies",
    "telemetry_row",
    "telemetry_sentence",
]
