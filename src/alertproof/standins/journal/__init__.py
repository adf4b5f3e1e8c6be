"""What a stand-in acknowledged outlives it: its inputs are written down before they act, and done again at the start.

A stand-in is a function of what it was told and of time: the same inputs at the same instants give the same ids, the
same states and the same pages. So not its structures are written for each change, but what changed them (`journal`):
requests (`requests`), and what its own clockwork did. What is drawn by lot within one is drawn from its record's seed
(`drawn`). When doing it all again would take long, the state is written as a whole and the records before it go
(`snapshot`). `folder` is the store on disk: whose it is, its clock and its ports.
"""

from __future__ import annotations

__all__: list[str] = []
