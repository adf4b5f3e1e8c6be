"""What every conformance test through the official client asks of an answer."""

from __future__ import annotations

from typing import TypeVar

from datadog_api_client.model_utils import ModelComposed, ModelNormal, ModelSimple

T = TypeVar("T")


def parsed(answer: T) -> T:
    """Return an answer of the client, of which every part must be what its schema says."""
    _walk(answer, "")
    return answer


def _walk(part: object, path: str) -> None:
    assert not getattr(part, "_unparsed", False), f"{path or 'the answer'} is not as the schema says: {part}"
    if isinstance(part, ModelNormal):
        for name, inner in part._data_store.items():
            _walk(inner, f"{path}.{name}")
    elif isinstance(part, ModelComposed):
        for inner in part._composed_instances:
            _walk(inner, path)
    elif isinstance(part, ModelSimple):
        _walk(part.value, path)
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            _walk(inner, f"{path}[{number}]")
