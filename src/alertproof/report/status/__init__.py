"""The status page: what the history of scheduled runs says, as one self-contained HTML file."""

from alertproof.report.status.page import Period, render_status_page, write_status_page

__all__ = ["Period", "render_status_page", "write_status_page"]
