"""Operators on who is told and in which words: handles, blocks, variables, the runbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertproof.quality.mutation.defect import Change, Sign
from alertproof.quality.mutation.editing import at

__all__ = ["block_turned", "handle_dropped", "handle_renamed", "runbook_dropped", "variable_broken"]

_HANDLE = re.compile(r"@[a-z]+-[\w-]+")
_BLOCK = re.compile(r"\{\{#(is_\w+)\}\}.*?\{\{/\1\}\}", re.DOTALL)
_VARIABLE = re.compile(r"\{\{(?![#/^])([\w.]+)\}\}")
_RUNBOOK = re.compile(r"Runbook: \S+\n?")
_TOLD = frozenset({Sign.MISROUTED})
_TEXTS = ("message", "name")


def handle_dropped(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Tell nobody where somebody is told."""
    for found in _HANDLE.finditer(payload["message"]):
        yield Change(
            text=f"{found[0]} dropped at {found.start()}",
            payload=at(payload, "message", found.span(), ""),
            wanted=_TOLD,
            missing=f"one that expects {found[0]} to be told of each step, the recovery too",
        )


def handle_renamed(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Tell somebody else, whom nobody knows."""
    for found in _HANDLE.finditer(payload["message"]):
        yield Change(
            text=f"{found[0]} becomes {found[0]}-x at {found.start()}",
            payload=at(payload, "message", found.span(), f"{found[0]}-x"),
            wanted=_TOLD,
            missing=f"one that expects {found[0]} to be told of each step, the recovery too",
        )


def block_turned(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Say what is for one step at another: an alert's words at its recovery, and so on."""
    for found in _BLOCK.finditer(payload["message"]):
        other = "is_alert" if found[1] == "is_recovery" else "is_recovery"
        yield Change(
            text=f"{found[1]} becomes {other}",
            payload=at(payload, "message", found.span(), found[0].replace(found[1], other)),
            wanted=frozenset({Sign.MISROUTED, Sign.UNSAID}),
            missing=f"one that expects words of the block {found[1]} at its step",
        )


def variable_broken(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Ask for a variable that is not there, which is rendered as nothing."""
    for field in _TEXTS:
        for found in _VARIABLE.finditer(payload.get(field) or ""):
            yield Change(
                text=f"{found[0]} misspelt in the {field} at {found.start()}",
                payload=at(payload, field, found.span(1), f"{found[1]}_x"),
                wanted=frozenset({Sign.UNSAID}),
                missing=f"one that expects the value of {found[0]} among the words around it",
            )


def runbook_dropped(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Leave out where it is written what to do."""
    for found in _RUNBOOK.finditer(payload["message"]):
        yield Change(
            text="no runbook",
            payload=at(payload, "message", found.span(), ""),
            wanted=frozenset({Sign.UNSAID, Sign.LINTED}),
            missing="one that expects the address of the runbook in the text",
        )
