"""Preflight of the platform's fault doors: do they open, and does anything stand already?"""

from __future__ import annotations

from alertproof.drills.connections import doors_of
from alertproof.drills.preflight.survey import Survey
from alertproof.drills.problem import Problem
from alertproof.errors import FaultError

__all__ = ["fault_doors"]


def fault_doors(survey: Survey) -> list[Problem]:
    """Find a door that does not open, and faults that stand: another run's, or one that was left behind."""
    if not survey.target.env.get("M3CORE_FAULT_TOKEN"):
        return []
    found: list[Problem] = []
    for name, door in doors_of(survey.target).items():
        try:
            standing = door.active()
        except FaultError as error:
            do = "look at M3CORE_FAULT_TOKEN, and whether the platform has a fault door"
            found.append(Problem(where=f"the platform's {name}", what=str(error), do=do))
            continue
        finally:
            door.close()
        for state in standing:
            what = f"the fault {state.kind} ({state.id}) stands, for {state.lease_left_seconds:.0f} s more at most"
            do = "wait for the run that injected it, or run: alertproof faults revert"
            found.append(Problem(where=f"the platform's {name}", what=what, do=do))
    return found
