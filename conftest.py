"""Defaults of this repository for the plugin and for hypothesis, nothing else."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# ci: the same examples on every machine. dev: new examples in each run. prove: many, nightly (make prove).
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60, print_blob=True)
settings.register_profile("dev", deadline=None, max_examples=100)
settings.register_profile(
    "prove", deadline=None, max_examples=3000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
