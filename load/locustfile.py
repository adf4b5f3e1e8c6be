"""Every scenario for Locust's own page: ``locust -f load/locustfile.py --host http://127.0.0.1:8000``.

There the users wait for their answers (closed loop), which is good for trying a scenario out and no way to measure:
see README.md.
"""

from __future__ import annotations

from load.scenarios.leads import Leads

__all__ = ["Leads"]
