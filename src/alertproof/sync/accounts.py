"""The accounts of a target, with every kind of thing that is kept there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from alertproof.requirements import load_specification
from alertproof.sync.dashboards import Dashboards
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.declared import Declared, read_datadog
from alertproof.sync.declared_people import read_pagerduty
from alertproof.sync.declared_sentry import read_sentry
from alertproof.sync.declared_webhooks import read_datadog_webhooks, read_pagerduty_webhooks
from alertproof.sync.downtimes import Downtimes
from alertproof.sync.kind import Kind
from alertproof.sync.log_archives import LogArchives
from alertproof.sync.log_indexes import IndexOrder, LogIndexes
from alertproof.sync.log_pipelines import LogPipelines
from alertproof.sync.monitors import Monitors
from alertproof.sync.notification_rules import NotificationRules
from alertproof.sync.pagerduty_account import PagerDutyAccount
from alertproof.sync.pagerduty_kinds import Policies, Schedules, Services, Users
from alertproof.sync.plan import Plan, make_plan
from alertproof.sync.routes import Routes
from alertproof.sync.sensitive_data import ScanningGroups, ScanningRules
from alertproof.sync.sentry_account import SentryAccount
from alertproof.sync.sentry_alerts import SentryAlerts
from alertproof.sync.sentry_projects import SentryProjects
from alertproof.sync.sentry_services import SentryServices
from alertproof.sync.settings import Settings
from alertproof.sync.slos import Slos
from alertproof.sync.things import Existing, Ids, Marks, Reference, Wanted
from alertproof.sync.webhooks import DatadogWebhooks, Subscriptions, WebhookTokens

__all__ = ["Accounts"]

#: The folders that are compared, as far as there are kinds.
_VENDORS = frozenset({"datadog", "pagerduty", "sentry"})


@dataclass(frozen=True, slots=True)
class _Part:
    """What is declared for a vendor, its kinds, and why there are none where there are none."""

    declared: Declared
    kinds: Sequence[Kind]
    why: str

    def reason(self, folder: Path) -> str:
        """Return which folder is left out and why."""
        (first, *_) = self.declared.wanted
        return f"{folder / first.written.file.relative_to(folder).parts[0]}: {self.why}"


def _pagerduty(settings: Settings, stack: ExitStack) -> PagerDutyAccount | None:
    if not settings.pagerduty:
        return None
    account = PagerDutyAccount(
        base_url=settings.pagerduty, token=settings.token, sender=settings.sender, ca_file=settings.ca_file
    )
    stack.callback(account.close)
    return account


def _pagerduty_kinds(settings: Settings, datadog: DatadogAccount, account: PagerDutyAccount | None) -> list[Kind]:
    if account is None:
        return []
    people: list[Kind] = [Users(account), Schedules(account), Policies(account)]
    called = Subscriptions(account, settings.receivers.secret)
    return [*people, Services(account), Routes(datadog, account), called]


def _sentry_kinds(settings: Settings, pagerduty: PagerDutyAccount | None, project: str, stack: ExitStack) -> list[Kind]:
    if not settings.sentry:
        return []
    account = SentryAccount(
        base_url=settings.sentry,
        token=settings.sentry_token,
        organization=settings.organization,
        ca_file=settings.ca_file,
    )
    stack.callback(account.close)
    return [SentryProjects(account), SentryServices(account, pagerduty), SentryAlerts(account, project)]


def _datadog_kinds(settings: Settings, account: DatadogAccount, marks: Marks) -> list[Kind]:
    """Return Datadog's kinds in the order of creation."""
    everywhere = Marks()
    return [
        Slos(account, marks),
        Monitors(account, marks),
        Dashboards(account, marks),
        WebhookTokens(account, settings.receivers.token),
        DatadogWebhooks(account),
        NotificationRules(account, everywhere),
        Downtimes(account, marks),
        LogPipelines(account, everywhere),
        ScanningGroups(account, everywhere),
        ScanningRules(account, everywhere),
        LogIndexes(account, everywhere),
        IndexOrder(account),
        LogArchives(account, everywhere),
    ]


class Accounts:
    """The accounts that a folder of definitions is compared with.

    ``marks`` are those of a push where nothing else is said. With ``only``, of Datadog's and of Sentry's things these
    alone are declared, and no other kinds are looked at.
    """

    def __init__(
        self, settings: Settings, folder: Path, *, marks: Marks | None = None, only: Collection[Reference] = ()
    ) -> None:
        origin = load_specification(folder).environment
        marks = marks or Marks(environment=settings.environment)
        people, datadog = read_pagerduty(folder), read_datadog(folder, origin=origin, marks=marks)
        people = read_pagerduty_webhooks(folder, settings.receivers, people=people)
        datadog = read_datadog_webhooks(folder, settings.receivers, others=datadog)
        slug, sentry = read_sentry(folder, origin=origin, environment=settings.environment, project=settings.project)
        if only:
            datadog, sentry = (
                Declared(wanted=tuple(each for each in declared.wanted if each.reference in only))
                for declared in (datadog, sentry)
            )
        self.settings = settings
        self.ids = Ids()
        self._stack = ExitStack()
        account = DatadogAccount(
            host=settings.datadog, api_key=settings.api_key, app_key=settings.app_key, ca_file=settings.ca_file
        )
        self._stack.callback(account.close)
        pagerduty = _pagerduty(settings, self._stack)
        parts = [
            _Part(people, _pagerduty_kinds(settings, account, pagerduty), "PAGERDUTY_API_TOKEN is not set"),
            _Part(datadog, _datadog_kinds(settings, account, marks), ""),
            _Part(sentry, _sentry_kinds(settings, pagerduty, slug, self._stack), "SENTRY_AUTH_TOKEN is not set"),
        ]
        there = [part for part in parts if part.kinds]
        wanted = [each for part in there for each in part.declared.wanted]
        # Archives last: they need leave of another account, and a push stops at what is refused.
        self.wanted: Sequence[Wanted] = sorted(wanted, key=lambda each: each.kind == LogArchives.name)
        asked = {each.kind for each in wanted}
        self.kinds: Mapping[str, Kind] = {
            kind.name: kind for part in there for kind in part.kinds if not only or kind.name in asked
        }
        others = sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in _VENDORS)
        self.left_out = [
            *(text for part in parts for text in part.declared.left_out),
            *map(str, others),
            *(part.reason(folder) for part in parts if part.declared.wanted and not part.kinds),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def plan(self, *, adopt: Collection[str] = (), delete: bool = False) -> Plan:
        """Read the accounts and return what is to be done."""
        raw = {
            name: kind.read([each for each in self.wanted if each.kind == name]) for name, kind in self.kinds.items()
        }
        self.ids = self._known(raw)
        there = {name: [kind.named(each, self.ids) for each in raw[name]] for name, kind in self.kinds.items()}
        return make_plan(self.wanted, there, self.kinds, adopt=adopt, delete=delete)

    def _known(self, raw: Mapping[str, Sequence[Existing]]) -> Ids:
        """Return the ids of what is ours, and of what is not but is called as ours would be."""
        ids = Ids()
        for kind, things in raw.items():
            for one in things:
                if one.key is not None and (kind, one.key) not in ids.by_key:
                    ids.know(kind, one.key, one.id)
        for each in self.wanted:
            namesakes = (one.id for one in raw[each.kind] if one.key is None and one.name == each.name)
            found = next(namesakes, None)
            if each.reference not in ids.by_key and found is not None:
                ids.know(each.kind, each.key, found)
        return ids
