"""The embedded stack: Postgres, cache, M3CoreCRM, its worker and the stand-ins, started, watched and ended.

The supervisor itself is imported from its module: it needs the extra ``[embedded]``, the launch does not.
"""

from alertproof.stack.launch import LaunchedStack
from alertproof.stack.reach import reached

__all__ = ["LaunchedStack", "reached"]
