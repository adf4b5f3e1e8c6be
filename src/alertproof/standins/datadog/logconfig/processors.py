"""What a pipeline's processors must say, by their type.

Source: the published types of the API's v1 (LogsProcessor), docs.datadoghq.com/logs/log_configuration/processors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alertproof.errors import nearest
from alertproof.standins.datadog.wire import ApiError

__all__ = ["require_processors"]

#: Besides ``type``; what has a default is not in it.
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "arithmetic-processor": ("expression", "target"),
    "array-map-processor": ("processors", "source", "target"),
    "array-processor": ("operation",),
    "attribute-remapper": ("sources", "target"),
    "category-processor": ("categories", "target"),
    "date-remapper": ("sources",),
    "decoder-processor": ("binary_to_text_encoding", "input_representation", "source", "target"),
    "exclude-attribute": ("attribute_to_exclude",),
    "geo-ip-parser": ("sources", "target"),
    "grok-parser": ("grok", "source"),
    "lookup-processor": ("lookup_table", "source", "target"),
    "message-remapper": ("sources",),
    "pipeline": ("name", "filter", "processors"),
    "reference-table-lookup-processor": ("lookup_enrichment_table", "source", "target"),
    "schema-processor": ("mappers", "name", "schema"),
    "service-remapper": ("sources",),
    "span-id-remapper": ("sources",),
    "status-remapper": ("sources",),
    "string-builder-processor": ("target", "template"),
    "threat-intel-processor": ("sources", "target"),
    "trace-id-remapper": ("sources",),
    "url-parser": ("sources", "target"),
    "user-agent-parser": ("sources", "target"),
}
#: A pipeline holds pipelines, and these hold none. [docs.datadoghq.com/logs/log_configuration/pipelines]
_DEEPEST = 1


def require_processors(processors: Sequence[Any], *, above: str = "processors", depth: int = 0) -> None:
    """Raise `ApiError` 400 for a processor of an unknown type, or one that says too little."""
    for number, each in enumerate(processors):
        place = f"{above}[{number}]"
        if not isinstance(each, Mapping) or not isinstance(each.get("type"), str):
            raise ApiError(400, f"{place}: a processor is an object with a type")
        kind = str(each["type"])
        if kind not in _REQUIRED:
            raise ApiError(400, f"{place}: Invalid processor type {kind!r}{nearest(kind, _REQUIRED)}")
        for name in _REQUIRED[kind]:
            if each.get(name) in (None, ""):
                raise ApiError(400, f"{place}: {kind} misses the required field {name!r}")
        if kind == "pipeline":
            if depth >= _DEEPEST or not isinstance(each["processors"], list):
                raise ApiError(400, f"{place}: a pipeline in a pipeline holds a list of processors, and no pipeline")
            require_processors(each["processors"], above=f"{place}.processors", depth=depth + 1)
