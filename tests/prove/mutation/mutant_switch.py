"""Puts a mutant in its function's place, by its code: any call costs and nests what it always does.

`making` puts this module beside the mutated code, which imports it where mutmut would have it import its trampoline.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

#: Each mutant by its name, with the function in whose place it comes.
KNOWN: dict[str, tuple[FunctionType, FunctionType]] = {}
#: The functions that have mutants, by their code's id, as mutmut names them.
FUNCTIONS: dict[int, str] = {}


class MutantDict(dict[str, Callable[..., Any]]):
    """The mutants of one function, which the module fills in once it has defined them."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[FunctionType] = []

    def __setitem__(self, key: str, made: Callable[..., Any]) -> None:
        """Remember a mutant; that which MUTANT_UNDER_TEST names is there from the module's first call on."""
        mutant = made.__func__ if isinstance(made, MethodType) else made
        assert isinstance(mutant, FunctionType)
        if key == "_mutmut_orig":
            return
        name = f"{mutant.__module__}.{key}"
        (function,) = self.places
        KNOWN[name] = (function, mutant)
        FUNCTIONS[id(function.__code__)] = name.partition("__mutmut_")[0]
        if name == os.environ.get("MUTANT_UNDER_TEST"):
            put(name)


def wrap_in_trampoline(mutants: MutantDict, **_: bool) -> Callable[[FunctionType], FunctionType]:
    """Return the function as it is: mutmut's decorator of the same name would look for the mutant at each call."""

    def known(function: FunctionType) -> FunctionType:
        mutants.places.append(function)
        return function

    return known


def put(name: str) -> None:
    """Let a mutant run wherever its function is called, in this process and in those that it starts."""
    os.environ["MUTANT_UNDER_TEST"] = name
    if name not in KNOWN:
        return
    function, mutant = KNOWN[name]
    function.__code__ = mutant.__code__
    function.__defaults__ = mutant.__defaults__
    function.__kwdefaults__ = mutant.__kwdefaults__
