"""Probes and journeys on a schedule: when, where, what came of it, and who is told."""
