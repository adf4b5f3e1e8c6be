"""Synthetics: what users feel, watched by probes and by journeys in a real browser."""
