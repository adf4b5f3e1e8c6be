"""M3CoreCRM: a small multi-tenant CRM, the platform that the suite watches when it is given no other.

It is an application like any other: it knows nothing of the suite. Its API, pages and worker run on Postgres
and Valkey and report to Sentry (errors), Datadog (metrics, traces) and standard error (logs). The one
unusual part is the fault door (:mod:`m3core.faults`), which is shut unless a token opens it, and never
opens in production.
"""
