"""Mutants of the code, as mutmut makes them: each function beside its mutants, and a switch that puts one in its place.

Mutmut mutates functions and methods, and leaves alone what a decorator other than staticmethod or classmethod wraps.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from mutmut.mutation.data import LineSpan
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).parents[3]
MUTATED = Path("src/alertproof/datadog")
SWITCH = Path(__file__).with_name("mutant_switch.py")
#: What the tests of the mutated code read.
COPIED = ("src", "tests", "docs", "monitoring", "alert_tests", "conftest.py", "pyproject.toml", "alertproof.toml")


@dataclass(frozen=True)
class Mutant:
    """One change in one function; `change` is the difference, in lines."""

    name: str
    path: Path
    change: str

    @property
    def function(self) -> str:
        """The function's name as mutmut writes it."""
        return self.name.partition("__mutmut_")[0]

    @property
    def lines(self) -> str:
        """The lines that went and came, without those around them."""
        return "\n".join(line for line in self.change.splitlines() if line.startswith(("-", "+")))


def copy_with_mutants(to: Path) -> list[Mutant]:
    """Copy the tree to a folder, mutated; return the mutants, sorted by name."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to / name)
    shutil.copy(SWITCH, to / "src" / SWITCH.name)
    found = []
    for source in sorted((ROOT / MUTATED).rglob("*.py")):
        path = source.relative_to(ROOT)
        made = mutate_file_contents(str(path), source.read_text(encoding="utf-8"))
        (to / path).write_text(_switched(made.code), encoding="utf-8")
        found += _mutants(path, made.code, made.mutant_names, made.line_span_by_function_name)
    return sorted(found, key=lambda mutant: mutant.name)


def _switched(code: str) -> str:
    code = code.replace("from mutmut.mutation.trampoline import", f"from {SWITCH.stem} import")
    return code.replace(": MutantDict = {}", " = MutantDict()")


def _mutants(path: Path, code: str, names: Sequence[str], spans: Mapping[str, LineSpan]) -> list[Mutant]:
    lines = code.splitlines()

    def text(name: str) -> list[str]:
        """The function's own lines below its first, which has the mutant's name."""
        return lines[spans[name].start - 1 : spans[name].end]

    found = []
    for name in names:
        original = f"{name.rpartition('_')[0]}_orig"
        before = [line.replace(original, name) for line in text(original)]
        change = "\n".join(list(unified_diff(before, text(name), lineterm="", n=1))[2:])
        found.append(Mutant(get_mutant_name(path, name), path, change))
    return found


def drawn(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """Some of them, sorted by name; after a change of the code those of other lines are drawn, or not, as before."""

    def lot(mutant: Mutant) -> bytes:
        return sha256(f"{seed}\n{mutant.function}\n{mutant.lines}".encode()).digest()

    return sorted(sorted(mutants, key=lot)[:count], key=lambda mutant: mutant.name)
