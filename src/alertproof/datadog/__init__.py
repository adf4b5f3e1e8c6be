"""What Datadog decides, purely: queries, monitors, messages, SLOs and the pages that follow.

Everything here takes values and an instant and returns values. A form that is known but not evaluated raises
`alertproof.errors.NotModelled`, naming it; what Datadog does not document is an option of `Assumptions`.
"""

from __future__ import annotations

from alertproof.datadog.evaluation.operand import percentile_of
from alertproof.datadog.message import handles
from alertproof.datadog.monitor import (
    Assumptions,
    Definition,
    DefinitionError,
    GroupStatus,
    MissingData,
    Notification,
    Observations,
    Options,
    Routing,
    State,
    Step,
    Thresholds,
    Timeline,
    Transition,
    advance,
    evaluation_period,
    evaluation_window,
    load_definition,
    observe_timeline,
    queries_of,
    require_modelled,
    retarget,
    run_timeline,
)
from alertproof.datadog.query import parse_expression, parse_query, render_expression, render_query
from alertproof.datadog.query.retarget import retarget_text
from alertproof.datadog.query.tree import Query
from alertproof.datadog.rules import NotificationRule, load_rule
from alertproof.datadog.scalars import ScalarQuery, formula_values
from alertproof.datadog.slo import Slo, Slos, highest_burn_rate, load_slo
from alertproof.datadog.timeseries import formula_points, interval_of, query_points

__all__ = [
    "Assumptions",
    "Definition",
    "DefinitionError",
    "GroupStatus",
    "MissingData",
    "Notification",
    "NotificationRule",
    "Observations",
    "Options",
    "Query",
    "Routing",
    "ScalarQuery",
    "Slo",
    "Slos",
    "State",
    "Step",
    "Thresholds",
    "Timeline",
    "Transition",
    "advance",
    "evaluation_period",
    "evaluation_window",
    "formula_points",
    "formula_values",
    "handles",
    "highest_burn_rate",
    "interval_of",
    "load_definition",
    "load_rule",
    "load_slo",
    "observe_timeline",
    "parse_expression",
    "parse_query",
    "percentile_of",
    "queries_of",
    "query_points",
    "render_expression",
    "render_query",
    "require_modelled",
    "retarget",
    "retarget_text",
    "run_timeline",
]
