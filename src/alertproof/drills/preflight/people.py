"""Preflight of PagerDuty: the service that is paged is there, watched by somebody, and quiet."""

from __future__ import annotations

from functools import partial

from alertproof.drills.preflight.survey import Survey
from alertproof.drills.problem import Problem
from alertproof.vendors import PagerDuty, Service

__all__ = ["people"]


def people(survey: Survey) -> list[Problem]:
    """Find what keeps a page from reaching somebody, or would mix a drill's page with a real one."""
    client = survey.pagerduty
    if client is None:
        return []
    found: list[Problem] = []
    for name in survey.services():
        where = f"PagerDuty service {name}"
        service = Survey.asked(where, partial(client.service, name), scope="services.read", found=found)
        if service is not None:
            found += _reached(survey, client, where, service)
        elif not found or found[-1].where != where:
            do = "create it, or correct its name" if survey.pushed else "create it, or name another: drills.service"
            found.append(Problem(where=where, what="it is not there", do=do))
        found += _routed(survey, name)
    return found


def _routed(survey: Survey, name: str) -> list[Problem]:
    client = survey.datadog
    if client is None:
        return []
    found: list[Problem] = []
    where = f"@pagerduty-{name}"
    routed = Survey.asked(where, lambda: client.is_routed(name), scope="manage_integrations (DD_APP_KEY)", found=found)
    if routed is False:
        do = "add the service to Datadog's PagerDuty integration with the key of its integration"
        found.append(Problem(where=where, what="Datadog knows no service of this name", do=do))
    return found


def _reached(survey: Survey, client: PagerDuty, where: str, service: Service) -> list[Problem]:
    found = []
    if service.status == "disabled":
        found.append(Problem(where=where, what="it is disabled", do="enable it"))
    if not service.keys:
        do = "add an integration of the Events API v2 to it"
        found.append(Problem(where=where, what="it has no integration that takes events", do=do))
    if not survey.pushed and service.urgency != "low":
        what = f"its urgency is {service.urgency or 'not always low'}: a drill would wake people"
        found.append(Problem(where=where, what=what, do="set it to low, or name another: drills.service"))
    levels = Survey.asked(where, lambda: client.on_call(service.policy_id), scope="oncalls.read", found=found)
    if levels is not None and not levels.get(1):
        what = f"nobody is on call at the first level of its escalation policy {service.policy}"
        found.append(Problem(where=where, what=what, do="put somebody on call"))
    for window in Survey.asked(where, lambda: client.maintenance(service.id), scope="read", found=found) or ():
        what = f"a maintenance window is open: {window}"
        found.append(Problem(where=where, what=what, do="end it, or wait for its end"))
    for incident in Survey.asked(where, lambda: client.open_incidents(service.id), scope="read", found=found) or ():
        do = "a drill's page would be mixed with it: resolve it first"
        found.append(Problem(where=where, what=f"an incident is open: {incident}", do=do))
    return found
