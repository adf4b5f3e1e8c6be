"""The pytest plugin: targets, drills as a fixture, ``*.alert.yaml`` as tests, and the report of a run.

Inert in a project that uses none of it: nothing starts before a fixture asks for it, and reports are written
only where the ini option ``alertproof_reports`` or ``--reports`` names a folder.
"""

from __future__ import annotations

from alertproof.plugin.course import course, signalled, vendors
from alertproof.plugin.fixtures import alertproof_targets, drill, platform, specification, target
from alertproof.plugin.journeys import (
    journey,
    journey_browser,
    journey_budget,
    journey_conditions,
    journey_context_args,
    journey_settings,
    pytest_fixture_setup,
    pytest_pyfunc_call,
)
from alertproof.plugin.load import load
from alertproof.plugin.offline import pytest_collect_file
from alertproof.plugin.options import pytest_addoption
from alertproof.plugin.probes import (
    probe,
    probe_budget,
    probe_limits,
    probe_login,
    probe_sessions,
    prober,
    pytest_runtest_call,
    pytest_runtest_setup,
)
from alertproof.plugin.recording import (
    pytest_configure,
    pytest_report_teststatus,
    pytest_runtest_makereport,
)
from alertproof.plugin.retrying import pytest_runtest_protocol
from alertproof.plugin.scrubbing import canary_run, scrubbing
from alertproof.plugin.sentry import (
    pytest_configure_sentry,
    pytest_runtest_call_sentry,
    sentry,
    sentry_client,
    sentry_contract,
)
from alertproof.plugin.telemetry import telemetry

__all__ = [
    "alertproof_targets",
    "canary_run",
    "course",
    "drill",
    "journey",
    "journey_browser",
    "journey_budget",
    "journey_conditions",
    "journey_context_args",
    "journey_settings",
    "load",
    "platform",
    "probe",
    "probe_budget",
    "probe_limits",
    "probe_login",
    "probe_sessions",
    "prober",
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_configure_sentry",
    "pytest_fixture_setup",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_runtest_call",
    "pytest_runtest_call_sentry",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "scrubbing",
    "sentry",
    "sentry_client",
    "sentry_contract",
    "signalled",
    "specification",
    "target",
    "telemetry",
    "vendors",
]
