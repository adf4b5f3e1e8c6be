"""Alerts that warn first, and alerts that need two things to be true."""
