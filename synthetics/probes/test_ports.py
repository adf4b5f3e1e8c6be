"""Below HTTP: the platform's port takes connections, and who pages people can be reached by a TLS that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.probes import certificate, secured, timed, within

if TYPE_CHECKING:
    from alertproof.plugin.probes import Probe
    from alertproof.requirements import Target


def test_the_platform_takes_connections(probe: Probe, target: Target) -> None:
    probe.tcp(target.endpoints.m3core, name="the platform's port").expect(
        within("800ms", degraded={"connect": "200ms"}), timed()
    )


def test_pagerduty_is_reached_by_a_tls_that_holds(probe: Probe, target: Target) -> None:
    """Without it a page would not leave the house, and nobody would be told of that either."""
    if not target.endpoints.pagerduty:
        pytest.skip("this target has no account of PagerDuty")
    probe.tls(target.endpoints.pagerduty, name="PagerDuty").expect(
        secured("TLSv1.2"), certificate(valid_for="1d", degraded="3d"), within("2s"), timed()
    )
