"""Who a tenant's probe is: it logs in once, and its token is used from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, final

from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen, status
from alertproof.probes.place import find, parse_place
from alertproof.probes.request import Request
from alertproof.redact import Secret

__all__ = ["Login", "Sessions"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a tenant logs in: POST ``path`` with ``body(tenant)`` as JSON, and find the token at a place of the answer.

    Passwords in the body are `Secret`. The token goes into ``header``, after ``scheme``.
    """

    path: str
    body: Callable[[str], Mapping[str, object]]
    token: str = "$.token"  # noqa: S105 - a place
    header: str = "Authorization"
    scheme: str = "Bearer"

    def request(self, tenant: str) -> Request:
        """Return the request by which a tenant logs in. It leaves nothing behind."""
        return Request(
            method="POST",
            path=self.path,
            name=f"login of {tenant}",
            json=self.body(tenant),
            reads=True,
        )

    def expected(self) -> tuple[Expected, ...]:
        """Return what is expected of its answer. What came with a 2xx is never shown: a token may be in it."""

        def look(answer: Answer) -> Seen:
            return Seen(self.found(answer) is not None, f"{answer.status} without one")

        def let_in(answer: Answer) -> Seen:
            met, seen = allowed.look(answer)
            return Seen(met, str(answer.status) if 200 <= answer.status < 300 else seen)

        allowed = status(200, 201)
        return replace(allowed, look=let_in), Expected(Part.VALUE, lambda _: f"a token at {self.token}", look)

    def found(self, answer: Answer) -> Secret | None:
        """Return the token of an answer, None without one."""
        try:
            document: Any = answer.json()
        except (ValueError, RecursionError):
            return None
        tokens = find(document, parse_place(self.token))
        return Secret(tokens[0]) if tokens and isinstance(tokens[0], str) and tokens[0] else None


@final
@dataclass(slots=True)
class Sessions:
    """The tokens of the tenants that have logged in; a login that failed is tried again by who needs it next."""

    login: Login | None = None
    _tokens: dict[str, Secret] = field(default_factory=dict, repr=False)

    def missing(self, tenant: str) -> Login | None:
        """Return how a tenant that has no token yet logs in; None when there is nothing to do."""
        return self.login if tenant and tenant not in self._tokens else None

    def keep(self, tenant: str, answer: Answer) -> None:
        """Keep the token of a login's answer, if one is there."""
        token = self.login.found(answer) if self.login else None
        if token is not None:
            self._tokens[tenant] = token

    def without_secrets(self, text: str) -> str:
        """Return a text without the tokens."""
        for token in self._tokens.values():
            text = text.replace(token.reveal(), str(token))
        return text

    def signed(self, request: Request) -> Request:
        """Return the request with the token of its tenant, unless it says itself who asks."""
        token = self._tokens.get(request.tenant)
        if self.login is None or token is None:
            return request
        if self.login.header.lower() in map(str.lower, request.headers):
            return request
        value = Secret(f"{self.login.scheme} {token.reveal()}".strip())
        return replace(request, headers={**request.headers, self.login.header: value})
