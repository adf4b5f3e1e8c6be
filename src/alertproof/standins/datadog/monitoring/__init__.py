"""Monitors, evaluated at every stack minute, and what governs them: downtimes, rules, policies, checks."""
