"""Attributes of OTLP, and what Datadog reads out of a resource's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

__all__ = ["Origin", "origin", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where telemetry comes from, by the resource's attributes [docs.datadoghq.com/opentelemetry/mapping]."""

    service: str
    environment: str
    version: str
    host: str
    rest: Mapping[str, Any]

    @property
    def tags(self) -> list[str]:
        """The tags that a resource gives to all that comes from it."""
        found = {"env": self.environment, "service": self.service, "version": self.version, "host": self.host}
        return [f"{key}:{value}" for key, value in found.items() if value]


def origin(resource: Resource) -> Origin:
    """Read a resource; the older name of the environment counts where the newer is not there."""
    given = plain(resource.attributes)
    environment = given.pop("deployment.environment.name", "") or given.pop("deployment.environment", "")
    return Origin(
        service=str(given.pop("service.name", "unnamed-otlp-service")),
        environment=str(environment),
        version=str(given.pop("service.version", "")),
        host=str(given.pop("host.name", "")),
        rest=given,
    )


def plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Return attributes as Python has them."""
    return {each.key: value(each.value) for each in attributes}


def value(given: AnyValue) -> Any:
    """Return one value: a text, a number, a truth, bytes in hexadecimal, a list or a mapping; None for none."""
    kind = given.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [value(each) for each in given.array_value.values]
    if kind == "kvlist_value":
        return plain(given.kvlist_value.values)
    found = getattr(given, kind)
    return found.hex() if isinstance(found, bytes) else found
