"""Probes: single requests of a tenant, each with its status, schema, latency and the phases of its time."""
