"""One of Sentry's own alerts at a target, for as long as a drill lasts: Sentry tells PagerDuty by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alertproof.drills.deploy import create_missing
from alertproof.drills.watched import Watched
from alertproof.errors import Broken, ConfigError
from alertproof.requirements import SupportingSpec
from alertproof.sync import Accounts, Action, Marks, SentryAccount, SentryAlerts, Settings

__all__ = ["sentry_alert"]


@contextmanager
def sentry_alert(watched: Watched, name: str) -> Iterator[SupportingSpec]:
    """Have a supporting alert of the specification at the target's Sentry while the block runs, and yield it.

    One of its name that is there is used as it is, and stays. The service of the PagerDuty integration stays in any
    case. Raises `ConfigError` for an alert that is none of Sentry's.
    """
    spec = watched.spec
    alert = spec.supporting.get(name)
    if alert is None or alert.monitor.parts[0] != "sentry":
        raise ConfigError(f"{spec.folder / 'spec.yaml'}: {name!r} is no supporting alert of Sentry")
    settings = Settings.of(watched.target, watched.name, origin=spec.environment, environment={})
    rule, service = ("Sentry alert", alert.monitor.stem), ("Sentry service", alert.told.pagerduty)
    only = {rule, service, ("Sentry project", settings.project)}
    with Accounts(settings, spec.folder, marks=Marks(environment=settings.environment, drill=True), only=only) as found:
        plan = found.plan()
        made = any((step.action, step.kind, step.key) == (Action.CREATE, *rule) for step in plan.steps)
        failed = create_missing(plan, found)
        if failed is not None:
            raise failed
        if rule not in found.ids.by_key:
            raise Broken(f"the alert {name!r} is not at Sentry, and was not created there")
        rule_id = found.ids.by_key[rule]
    try:
        yield alert
    finally:
        if made:
            _delete(settings, rule_id)


def _delete(settings: Settings, rule_id: str) -> None:
    account = SentryAccount(
        base_url=settings.sentry,
        token=settings.sentry_token,
        organization=settings.organization,
        ca_file=settings.ca_file,
    )
    try:
        SentryAlerts(account, settings.project).take_away(rule_id)
    finally:
        account.close()
