"""Preflight of monitors: each is there, as committed, OK and not muted, and no SLO's budget is used up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from alertproof.drills.preflight.survey import Survey
from alertproof.drills.problem import Problem
from alertproof.errors import AlertproofError
from alertproof.sync import Accounts, Action, SentryAlerts, Settings, Step, alerts_of_sentry, in_words

__all__ = ["budgets", "monitors"]

_SENTRY = (SentryAlerts.name, "Sentry service")


def monitors(survey: Survey) -> list[Problem]:
    """Find what is wrong with the monitors that are there; a drill that brings its own has none yet."""
    if survey.datadog is None or not survey.pushed:
        return []
    found = list(_differing(survey))
    ids = Survey.asked("Datadog", survey.monitor_ids, scope="the scope monitors_read", found=found) or {}
    for name, monitor_id in ids.items():
        found += _standing(survey, name, monitor_id)
    return found


def _differing(survey: Survey) -> Iterator[Problem]:
    """Yield what the accounts have otherwise than ``monitoring/`` says, of what the alerts need."""
    alerts = survey.chosen()
    only = {("monitor", alert.monitor.stem) for alert in alerts.values()}
    only |= {("SLO", alert.slo.stem) for alert in alerts.values() if alert.slo is not None}
    told = {alert.told.pagerduty for alert in alerts.values()}
    try:
        if survey.sentry is not None:
            only |= alerts_of_sentry(survey.spec.folder)
        settings = Settings.of(survey.target, survey.name, origin=survey.spec.environment, environment={})
        with Accounts(settings, survey.spec.folder, only=only) as accounts:
            steps = accounts.plan().steps
            off = _switched_off(accounts)
    except AlertproofError as error:
        yield Problem(where="monitoring", what=str(error), do="the definitions could not be compared")
        return
    for step in steps:
        if step.kind in ("monitor", "SLO", *_SENTRY) or (step.kind in ("service", "route") and step.name in told):
            yield _of_step(step, survey)
    for name in off:
        where = f"{SentryAlerts.name} {name}"
        yield Problem(where=where, what="it is switched off or muted", do="switch it on in Sentry")


def _switched_off(accounts: Accounts) -> list[str]:
    kind = accounts.kinds.get(SentryAlerts.name)
    wanted = [each for each in accounts.wanted if each.kind == SentryAlerts.name]
    names = {each.name for each in wanted}
    there = kind.read(wanted) if kind is not None else ()
    return sorted(
        each.name
        for each in there
        if each.name in names and (each.payload.get("status", "active") != "active" or each.payload.get("snooze"))
    )


def _of_step(step: Step, survey: Survey) -> Problem:
    where = f"{step.kind} {step.name}"
    push = f"alertproof monitors push --target {survey.name}"
    if step.action is Action.CREATE:
        return Problem(where=where, what="it is not there", do=f"create it: {push}")
    changes = "; ".join(line for change in step.changes for line in in_words(change))
    return Problem(where=where, what=f"it is not as committed: {changes or step.reason}", do=f"bring it there: {push}")


def _standing(survey: Survey, name: str, monitor_id: int) -> list[Problem]:
    client = survey.datadog
    assert client is not None  # noqa: S101 - the caller has looked
    where, found = f"monitor {monitor_id} ({name})", list[Problem]()
    muted = Survey.asked(
        where, lambda: client.downtimes(monitor_id), scope="the scope monitors_downtime (DD_APP_KEY)", found=found
    )
    if muted:
        found.append(Problem(where=where, what=f"it is muted: {', '.join(muted)}", do="end that, or wait for its end"))
    states = Survey.asked(where, lambda: client.group_states(monitor_id), scope="monitors_read", found=found) or {}
    bad = [f"{group} is {state}" for group, state in sorted(states.items()) if state != "OK"]
    if bad:
        found.append(Problem(where=where, what=f"it is not OK: {', '.join(bad)}", do="look into that before a drill"))
    return found


def budgets(survey: Survey) -> list[Problem]:
    """Find an SLO of the alerts whose error budget is nearly used up: a drill on purpose would use the rest."""
    client, limits = survey.datadog, survey.limits
    if client is None or limits is None or not survey.pushed:
        return []
    found: list[Problem] = []
    now = survey.target.stack_clock().now()
    for alert in survey.spec.alerts.values():
        if alert.slo is None:
            continue
        marks = ("managed_by:alertproof", f"alertproof_env:{survey.environment}", f"alertproof_key:{alert.slo.stem}")
        where = f"SLO {alert.slo.stem}"
        ids = Survey.asked(where, partial(client.slos_tagged, *marks), scope="slos_read", found=found) or []
        for slo_id in ids:
            left = Survey.asked(where, partial(client.budget_left, slo_id, until=now), scope="slos_read", found=found)
            if left is not None and left < limits.budget:
                what = f"{left:.1f} % of its error budget is left, {limits.budget:g} % must be"
                found.append(Problem(where=where, what=what, do="drill when it has recovered, or lower drills.budget"))
    return found
