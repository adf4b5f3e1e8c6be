"""Probes: single requests to a platform, each with its status, shape, latency and where its time went."""

from __future__ import annotations

from alertproof.probes.answer import Answer
from alertproof.probes.ask import Ask, Dns, Tcp, Tls
from alertproof.probes.certificate import Certificate, certificate, fetch_certificate, read_certificate
from alertproof.probes.check import Check
from alertproof.probes.complaint import complaint
from alertproof.probes.expect import (
    Expected,
    Part,
    Seen,
    body,
    header,
    holds,
    judge,
    satisfies,
    schema,
    size,
    status,
    value,
)
from alertproof.probes.graphql import graphql, has_data
from alertproof.probes.isolation import Case, Owned, Resource, isolation
from alertproof.probes.latency import timed, within
from alertproof.probes.login import ClientCredentials, Login, Sessions, SignIn
from alertproof.probes.lower import records, secured
from alertproof.probes.openapi import OpenApi, Operation, contract, describes, read_openapi
from alertproof.probes.prober import CORRELATION_HEADER, Prober
from alertproof.probes.request import File, Request
from alertproof.probes.schema import Schema, read_schema
from alertproof.probes.stopwatch import Limits
from alertproof.probes.transport import Resolver, resolve_by_system
from alertproof.probes.trouble import Trouble

__all__ = [
    "CORRELATION_HEADER",
    "Answer",
    "Ask",
    "Case",
    "Certificate",
    "Check",
    "ClientCredentials",
    "Dns",
    "Expected",
    "File",
    "Limits",
    "Login",
    "OpenApi",
    "Operation",
    "Owned",
    "Part",
    "Prober",
    "Request",
    "Resolver",
    "Resource",
    "Schema",
    "Seen",
    "Sessions",
    "SignIn",
    "Tcp",
    "Tls",
    "Trouble",
    "body",
    "certificate",
    "complaint",
    "contract",
    "describes",
    "fetch_certificate",
    "graphql",
    "has_data",
    "header",
    "holds",
    "isolation",
    "judge",
    "read_certificate",
    "read_openapi",
    "read_schema",
    "records",
    "resolve_by_system",
    "satisfies",
    "schema",
    "secured",
    "size",
    "status",
    "timed",
    "value",
    "within",
]
