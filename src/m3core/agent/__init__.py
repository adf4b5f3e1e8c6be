"""Watches the platform from beside it: measures its servers and its business, and ships its logs.

A process of its own, so that what it measures shows when the process that it measures does not.
"""
