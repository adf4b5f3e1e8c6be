"""What Datadog reads out of the attributes of OTLP's resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alertproof.standins.otlp import plain

if TYPE_CHECKING:
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

__all__ = ["Origin", "origin"]


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
