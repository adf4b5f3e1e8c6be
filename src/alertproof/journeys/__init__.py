"""Journeys in a real browser; so far the one resolver that finds it."""

from alertproof.journeys.browser import find_browser

__all__ = ["find_browser"]
