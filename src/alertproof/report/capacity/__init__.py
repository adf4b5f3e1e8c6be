"""The page of a capacity search: its knee, its course, and what it says in words."""

from alertproof.report.capacity.page import render_capacity_page, write_capacity_page

__all__ = ["render_capacity_page", "write_capacity_page"]
