"""The plugin's options: the command line outranks the ini file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.errors import ConfigError, nearest

if TYPE_CHECKING:
    from alertproof.journeys.evidence import TraceMode

__all__ = [
    "drill_repeats",
    "engine",
    "monitoring_folder",
    "pytest_addoption",
    "reports_folder",
    "target_name",
    "traced",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--target``, ``--monitoring`` and ``--reports`` with their ini options."""
    group = parser.getgroup("alertproof", "alert verification, synthetics and load")
    group.addoption(
        "--target",
        metavar="NAME",
        help="the platform to verify: a name in alertproof.toml, or a file that holds a stack's line "
        "(alertproof up --json); default: local, an embedded stack",
    )
    group.addoption("--production", action="store_true", help="the target is production, and drills there are meant")
    group.addoption(
        "--drill-repeats", metavar="N", type=_times, default=1, help="drill each side N times; every time has to pass"
    )
    group.addoption("--monitoring", metavar="DIR", help="the folder with spec.yaml and the monitoring definitions")
    group.addoption("--reports", metavar="DIR", help="write the report and the ledger of faults into this folder")
    group.addoption("--engine", metavar="NAME", help="the browser of journeys: chromium (default), firefox or webkit")
    parser.addini("alertproof_target", "default of --target", default="local")
    parser.addini("alertproof_monitoring", "default of --monitoring, relative to the ini file", default="monitoring")
    parser.addini("alertproof_reports", "default of --reports, relative to the ini file", default="")
    parser.addini(
        "alertproof_trace",
        "what is recorded of journeys and kept of those that fail: on (snapshots and sources), film (also a picture of "
        "each change, which slows the pages that are measured), off",
        default="on",
    )
    parser.addini("alertproof_engine", "default of --engine: chromium, firefox or webkit", default="chromium")
    parser.addini(
        "alertproof_video", "record a video of journeys where Playwright has an encoder", "bool", default=True
    )
    parser.addini(
        "alertproof_profiles", "the folder of load profiles, relative to the ini file", default="load/profiles"
    )
    parser.addini(
        "alertproof_sentry_strict", "every event at Sentry must be waited for or allowed", "bool", default=False
    )
    parser.addini(
        "alertproof_sentry_within", "the longest that an event may take to Sentry, in real time", default="30s"
    )
    parser.addini(
        "alertproof_sentry_settle", "how long a strict test waits for what nobody expects, in real time", default="1s"
    )
    parser.addini(
        "alertproof_sentry_behind",
        "how far the platform's clock may be behind in a strict test, in real time",
        default="60s",
    )
    parser.addini("alertproof_load_max_rate", "the most arrivals per second that a profile may ask for", default="500")
    parser.addini("alertproof_load_kill_switch", "where this file is, no load is sent", default="load.stop")
    parser.addini("alertproof_load_max_duration", "the longest that a profile may last", default="15m")


def target_name(config: pytest.Config) -> str:
    """Return the name of the target of this run."""
    return str(config.getoption("--target") or config.getini("alertproof_target"))


def drill_repeats(config: pytest.Config) -> int:
    """Return how often each side of a drill is drilled."""
    return int(config.getoption("--drill-repeats"))


def _times(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of drills: give 1 or more")
    return int(text)


def monitoring_folder(config: pytest.Config) -> Path:
    """Return the folder of the specification."""
    given = config.getoption("--monitoring")
    return Path(given).resolve() if given else config.rootpath / str(config.getini("alertproof_monitoring"))


def reports_folder(config: pytest.Config) -> Path | None:
    """Return the folder for reports, None when this run writes none."""
    given = config.getoption("--reports")
    if given:
        return Path(given).resolve()
    named = str(config.getini("alertproof_reports"))
    return config.rootpath / named if named else None


def engine(config: pytest.Config) -> str:
    """Return the engine of the browser in which journeys are taken; who finds the browser says whether there is one."""
    return str(config.getoption("--engine") or config.getini("alertproof_engine"))


def traced(config: pytest.Config) -> TraceMode:
    """Return what is recorded of journeys; raises `ConfigError` for a word that is none of the three."""
    said = str(config.getini("alertproof_trace"))
    known: dict[str, TraceMode] = {"on": "on", "film": "film", "off": "off"}
    if said not in known:
        raise ConfigError(f"alertproof_trace = {said}{nearest(said, known)}")
    return known[said]
