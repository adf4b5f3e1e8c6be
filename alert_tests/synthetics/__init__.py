"""Alerts on what the synthetics see, proven end to end: real checks of a real platform, monitors, pages, recovery."""
