"""The Datadog stand-in: DogStatsD, the trace agent's intake, monitors that are evaluated, and the API.

What a monitor decides is :mod:`alertproof.datadog`'s; here is what speaks the wire, keeps and tells.
Everything that comes in is stamped with real instants and mapped to stack time at the edge; everything read
or managed speaks stack time.
"""

from __future__ import annotations

__all__: list[str] = []
