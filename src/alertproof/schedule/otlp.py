"""Tells an OpenTelemetry collector of each run: OTLP over HTTP, metrics with the check's name and location."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import final

import httpx
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Gauge, Metric, NumberDataPoint, Sum
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from alertproof import __version__
from alertproof.schedule.record import Gap
from alertproof.schedule.scheduler import RunTold

__all__ = ["OtlpListener"]

_TIMEOUT = timedelta(seconds=5)


@final
class OtlpListener:
    """Sends to the collector at ``endpoint``: ``alertproof.check.runs`` (a sum) and ``alertproof.check.duration`` (s).

    What it does not take is counted in ``lost``, with the last reason in ``trouble``: a run is never held up by it.
    """

    def __init__(self, endpoint: str, *, environment: str, headers: dict[str, str] | None = None) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/metrics"
        self._client = httpx.Client(timeout=_TIMEOUT.total_seconds(), headers=headers, trust_env=False)
        self._resource = Resource(
            attributes=_attributes(
                {"service.name": "alertproof", "service.version": __version__, "deployment.environment": environment}
            )
        )
        self._lock = threading.Lock()
        self.lost = 0
        self.trouble = ""

    def ran(self, run: RunTold) -> None:
        """Send the two points of a run."""
        began, ended = _nano(run.began), _nano(run.began + run.ended.wall)
        tags = _attributes(
            {
                "check": run.check.name,
                "check.kind": run.check.kind,
                "location": run.check.location,
                "network": run.network,
                "verdict": str(run.ended.verdict),
                "quarantined": str(run.quarantined).lower(),
                "degraded": "true" if run.ended.degraded else "",
            }
        )
        one = NumberDataPoint(attributes=tags, start_time_unix_nano=began, time_unix_nano=ended, as_int=1)
        metrics = [
            Metric(
                name="alertproof.check.runs",
                unit="{run}",
                sum=Sum(
                    data_points=[one],
                    aggregation_temporality=AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA,
                    is_monotonic=True,
                ),
            )
        ]
        if run.ended.took is not None:
            took = NumberDataPoint(attributes=tags, time_unix_nano=ended, as_double=run.ended.took.total_seconds())
            metrics.append(Metric(name="alertproof.check.duration", unit="s", gauge=Gauge(data_points=[took])))
        self._send(metrics)

    def missed(self, gap: Gap) -> None:
        """Say nothing: what is not there is not measured."""

    def alive(self, *, healthy: bool) -> None:
        """Say nothing: the runs are there or not."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, metrics: list[Metric]) -> None:
        request = ExportMetricsServiceRequest()
        group = request.resource_metrics.add(resource=self._resource)
        group.scope_metrics.add(metrics=metrics)
        try:
            answer = self._client.post(
                self._url,
                content=request.SerializeToString(),
                headers={"Content-Type": "application/x-protobuf"},
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            with self._lock:
                self.lost += 1
                self.trouble = f"{self._url}: {error}"


def _attributes(values: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in values.items() if value]


def _nano(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000
