"""Drills: each alert of the specification, both sides."""
