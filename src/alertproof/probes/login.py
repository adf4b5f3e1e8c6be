"""Who a tenant's probe is: it logs in once, and its token is used from then on."""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple, Protocol, final
from urllib.parse import quote_plus

from alertproof.clock import Clock, SystemClock
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen, status
from alertproof.probes.place import find, parse_place
from alertproof.probes.request import Request
from alertproof.redact import Secret

__all__ = ["ClientCredentials", "Login", "Sessions", "SignIn", "Token"]

#: So long before its end a token is used no more: it must not end on its way.
_SPARE = timedelta(seconds=10)
_REMEMBERED = 500  # tokens that are still struck out of what is said: a scheduler runs for months
_LONGEST = 10**9  # seconds: a token that is said to live longer does not end


class Token(NamedTuple):
    """A token, and how long it lives; None where nobody said."""

    secret: Secret
    lives: timedelta | None = None


class SignIn(Protocol):
    """How a tenant gets a token, and the header in which it is sent, after ``scheme``."""

    @property
    def header(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    def request(self, tenant: str) -> Request: ...
    def expected(self) -> tuple[Expected, ...]: ...
    def found(self, answer: Answer) -> Token | None: ...


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a tenant logs in: POST ``path`` with ``body(tenant)`` as JSON, and find the token at a place of the answer.

    Passwords in the body are `Secret`. The token goes into ``header``, after ``scheme``. ``expires_in`` is the place
    of how many seconds it lives, where the platform says so: shortly before, the tenant logs in anew.
    """

    path: str
    body: Callable[[str], Mapping[str, object]]
    token: str = "$.token"  # noqa: S105 - a place
    header: str = "Authorization"
    scheme: str = "Bearer"
    expires_in: str = ""

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
        return _expected(self, self.token)

    def found(self, answer: Answer) -> Token | None:
        """Return the token of an answer, None without one."""
        return _token(answer, self.token, self.expires_in)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """How a tenant gets a token by OAuth 2.0's client credentials (RFC 6749, 4.4): ``client(tenant)`` is id and secret.

    ``path`` is the token endpoint, of ``origin`` where that is not the platform. Id and secret go into the header
    Authorization, with ``post`` into the form, for servers that know no other way.
    """

    path: str
    client: Callable[[str], tuple[str, Secret]]
    scope: str = ""
    audience: str = ""
    origin: str = ""
    post: bool = False
    header: str = "Authorization"
    scheme: str = "Bearer"

    def request(self, tenant: str) -> Request:
        """Return the request by which a tenant gets a token. It leaves nothing behind."""
        name, secret = self.client(tenant)
        form: dict[str, str | int | Secret] = {"grant_type": "client_credentials"}
        form |= {"scope": self.scope} if self.scope else {}
        form |= {"audience": self.audience} if self.audience else {}
        headers: dict[str, str | Secret] = {"Accept": "application/json"}
        if self.post:
            form |= {"client_id": name, "client_secret": secret}
        else:
            # Each is encoded first, so that a colon in one of them is not the one between them (RFC 6749, 2.3.1).
            both = f"{quote_plus(name)}:{quote_plus(secret.reveal())}"
            headers["Authorization"] = Secret(f"Basic {b64encode(both.encode()).decode()}")
        return Request(
            method="POST",
            path=self.path,
            origin=self.origin,
            name=f"token of {tenant}",
            form=form,
            headers=headers,
            reads=True,
        )

    def expected(self) -> tuple[Expected, ...]:
        """Return what is expected of its answer. What came with a 2xx is never shown: a token may be in it."""
        return _expected(self, "$.access_token")

    def found(self, answer: Answer) -> Token | None:
        """Return the token of an answer, None without one."""
        return _token(answer, "$.access_token", "$.expires_in")


def _expected(login: SignIn, place: str) -> tuple[Expected, ...]:
    def look(answer: Answer) -> Seen:
        return Seen(login.found(answer) is not None, f"{answer.status} without one")

    def let_in(answer: Answer) -> Seen:
        met, seen = allowed.look(answer)
        return Seen(met, str(answer.status) if 200 <= answer.status < 300 else seen)

    allowed = status(200, 201)
    return replace(allowed, look=let_in), Expected(Part.VALUE, lambda _: f"a token at {place}", look)


def _token(answer: Answer, place: str, expires_in: str) -> Token | None:
    token = _first(answer, place)
    if not isinstance(token, str) or not token:
        return None
    seconds = _first(answer, expires_in) if expires_in else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _LONGEST:
        return Token(Secret(token))
    return Token(Secret(token), timedelta(seconds=seconds))


def _first(answer: Answer, place: str) -> object:
    try:
        found = find(answer.json(), parse_place(place))
    except (ValueError, RecursionError):
        return None
    return found[0] if found else None


@final
@dataclass(slots=True)
class Sessions:
    """The tokens of the tenants that have logged in; a login that failed is tried again by who needs it next.

    A token is used until shortly before its end, or until the platform refuses it: who needs it next logs in anew.
    """

    login: SignIn | None = None
    clock: Clock = field(default_factory=SystemClock)
    _tokens: dict[str, Secret] = field(default_factory=dict, repr=False)
    _ends: dict[str, timedelta] = field(default_factory=dict, repr=False)
    _used: deque[Secret] = field(default_factory=lambda: deque(maxlen=_REMEMBERED), repr=False)

    def missing(self, tenant: str) -> SignIn | None:
        """Return how a tenant logs in that has no token, or one at its end; None when there is nothing to do."""
        if tenant in self._ends and self._ends[tenant] <= self.clock.monotonic():
            self.drop(tenant)
        return self.login if tenant and tenant not in self._tokens else None

    def keep(self, tenant: str, answer: Answer) -> None:
        """Keep the token of a login's answer, if one is there."""
        token = self.login.found(answer) if self.login else None
        if token is not None:
            self._tokens[tenant] = token.secret
            self._used.append(token.secret)
            if token.lives is not None:
                # One that lives shorter than is spared would be asked for before each request: half of it then.
                spare = min(_SPARE, token.lives / 2)
                self._ends[tenant] = self.clock.monotonic() + token.lives - spare

    def drop(self, tenant: str) -> None:
        """Forget a tenant's token."""
        self._tokens.pop(tenant, None)
        self._ends.pop(tenant, None)

    def refused(self, request: Request, answer: Answer) -> None:
        """Forget the token with which a request was signed, when the platform does not know it (any more)."""
        if answer.status == 401 and self._signs(request):
            self.drop(request.tenant)

    def without_secrets(self, text: str) -> str:
        """Return a text without the tokens, those too that are used no more."""
        for token in self._used:
            text = text.replace(token.reveal(), str(token))
        return text

    def signed(self, request: Request) -> Request:
        """Return the request with the token of its tenant, unless it says itself who asks."""
        if self.login is None or not self._signs(request):
            return request
        value = Secret(f"{self.login.scheme} {self._tokens[request.tenant].reveal()}".strip())
        return replace(request, headers={**request.headers, self.login.header: value})

    def _signs(self, request: Request) -> bool:
        # What is asked of another server is not the platform's to answer, and no token of its is sent there.
        if self.login is None or request.origin or request.tenant not in self._tokens:
            return False
        return self.login.header.lower() not in map(str.lower, request.headers)
