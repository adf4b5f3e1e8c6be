"""One Datadog account: its parts, wired. They share one event loop, and no lock."""

from __future__ import annotations

from collections.abc import Mapping

from alertproof.clock import ScaledClock
from alertproof.standins.control.later import Later
from alertproof.standins.datadog.agent.client_stats import ClientStats
from alertproof.standins.datadog.agent.counting import Counting
from alertproof.standins.datadog.agent.receiver import Receiver
from alertproof.standins.datadog.agent.trace_metrics import TraceMetrics
from alertproof.standins.datadog.agent.traces import SpanLog
from alertproof.standins.datadog.dashboards import DashboardBook
from alertproof.standins.datadog.eventplatform.event_stream import KIND as EVENTS
from alertproof.standins.datadog.eventplatform.event_stream import EventRecords
from alertproof.standins.datadog.eventplatform.events import EventLog
from alertproof.standins.datadog.eventplatform.logs import LogIntake
from alertproof.standins.datadog.eventplatform.rum import RumIntake
from alertproof.standins.datadog.eventplatform.spans import KIND as SPANS
from alertproof.standins.datadog.eventplatform.spans import SpanRecords
from alertproof.standins.datadog.eventplatform.store import RecordLog
from alertproof.standins.datadog.logconfig.archives import ArchiveBook
from alertproof.standins.datadog.logconfig.indexes import IndexBook
from alertproof.standins.datadog.logconfig.pipelines import PipelineBook
from alertproof.standins.datadog.logconfig.scanning import ScanningBook
from alertproof.standins.datadog.metrics.catalog import MetricCatalog
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.monitoring.checks import CheckBook
from alertproof.standins.datadog.monitoring.clockwork import Clockwork
from alertproof.standins.datadog.monitoring.downtimes import DowntimeBook
from alertproof.standins.datadog.monitoring.governance import PolicyBook, RuleBook, TemplateBook
from alertproof.standins.datadog.monitoring.monitors import MonitorBook
from alertproof.standins.datadog.notify.delivery import Outbox
from alertproof.standins.datadog.notify.services import ServiceBook
from alertproof.standins.datadog.notify.webhooks import WebhookBook
from alertproof.standins.datadog.otlp.metrics import OtlpMetrics
from alertproof.standins.datadog.slo.book import SloBook
from alertproof.standins.journal.journal import Journal

__all__ = ["Account"]


#: Parts that are no state.
_OF_THE_PROCESS = frozenset({"clock", "later", "receiver"})
#: Of the others, the attributes that are none.
_NO_STATE: Mapping[str, tuple[str, ...]] = {
    "client_stats": ("_to_stack",),
    "outbox": ("_arrived", "_ca_file", "_url"),
    "policies": ("kind",),
    "records": ("_made",),
    "rules": ("kind",),
    "spans": ("_to_stack", "_told"),
    "templates": ("kind",),
}


class Account:
    """Everything that the routes read and write.

    Args:
        clock: stack time.
        pagerduty_url: where PagerDuty's Events API answers; without it every page is undelivered.
        ca_file: PEM file that PagerDuty's certificate is checked against.
        journal: where inputs are written down.
    """

    def __init__(
        self,
        clock: ScaledClock,
        *,
        pagerduty_url: str | None = None,
        ca_file: str | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.clock = clock
        journal = journal or Journal(clock)
        self.later = Later(clock.anchor.factor)
        self.receiver = Receiver(clock)
        self.ingest = Ingest(clock, self.later)
        self.catalog = MetricCatalog(self.ingest)
        self.monitors = MonitorBook()
        self.slos = SloBook()
        self.downtimes = DowntimeBook()
        self.rules = RuleBook()
        self.policies = PolicyBook()
        self.templates = TemplateBook()
        self.dashboards = DashboardBook()
        self.pipelines = PipelineBook()
        self.indexes = IndexBook()
        self.archives = ArchiveBook()
        self.scanning = ScanningBook()
        self.services = ServiceBook()
        self.events = EventLog(self.later)
        self.checks = CheckBook(self.later)
        self.records = RecordLog()
        self.logs = LogIntake(self.records, clock, self.later)
        self.rum = RumIntake(self.records, clock, self.later)
        self.counting = Counting(self.ingest)
        self.spans = SpanLog(self.ingest.to_stack, told=TraceMetrics(self.counting).take, later=self.later)
        self.client_stats = ClientStats(self.counting, self.ingest.to_stack)
        self.otlp_metrics = OtlpMetrics()
        self._search_events_and_spans()
        self.webhooks = WebhookBook()
        self.outbox = Outbox(self.services, self.webhooks, clock, url=pagerduty_url, ca_file=ca_file, journal=journal)
        self.clockwork = self._clockwork(journal)
        self._keep_in(journal)

    def _search_events_and_spans(self) -> None:
        """Let what is kept elsewhere be searched as records, too."""
        self.records.made_of(EVENTS, EventRecords(self.events))
        self.records.made_of(SPANS, SpanRecords(self.spans))

    def _clockwork(self, journal: Journal) -> Clockwork:
        return Clockwork(
            clock=self.clock,
            receiver=self.receiver,
            ingest=self.ingest,
            counting=self.counting,
            monitors=self.monitors,
            slos=self.slos,
            downtimes=self.downtimes,
            rules=self.rules,
            checks=self.checks,
            records=self.records,
            events=self.events,
            outbox=self.outbox,
            journal=journal,
        )

    def _keep_in(self, journal: Journal) -> None:
        """Say what the state is made of."""
        for name, part in vars(self).items():
            if name in _OF_THE_PROCESS:
                journal.know(name, part)
            else:
                journal.keep(name, part, without=_NO_STATE.get(name, ()))
        journal.not_while(lambda: self.later.waiting > 0)
