"""A platform's OpenAPI description: which operations it has, and whether an answer is as the description says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from jsonschema.exceptions import ValidationError

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen
from alertproof.probes.place import written
from alertproof.probes.wording import clipped

if TYPE_CHECKING:
    from openapi_core import OpenAPI

__all__ = ["OpenApi", "Operation", "contract", "describes", "read_openapi"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SHOWN = 5


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One method of one path; ``path`` is a template such as ``/api/leads/{id}``."""

    path: str
    method: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in their order."""
        return tuple(re.findall(r"\{([^{}]+)\}", self.path))

    def filled(self, values: Mapping[str, object]) -> str:
        """Return the path with its parameters; raises `KeyError` for one without a value."""
        return re.sub(r"\{([^{}]+)\}", lambda found: str(values[found[1]]), self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@final
class OpenApi:
    """A checked description (OpenAPI 3.0 or 3.1); raises `ConfigError` for what is none."""

    def __init__(self, document: Mapping[str, Any], *, name: str) -> None:
        self.name = name
        self.document = document
        self._api = _checked(document, name)
        paths = document.get("paths", {})
        self.operations: tuple[Operation, ...] = tuple(
            sorted(
                Operation(path, method.upper()) for path, item in paths.items() for method in _METHODS if method in item
            )
        )
        if not self.operations:
            raise ConfigError(f"{name}: it describes no operation")

    def complaints(self, answer: Answer) -> list[str]:
        """Return in what an answer differs from its description: status, content type, headers, body."""
        found = [
            clipped(one)
            for error in self._api.iter_response_errors(_Asked(answer), _Answered(answer))
            for one in _said(error)
        ]
        found = list(dict.fromkeys(found))
        rest = len(found) - _SHOWN
        return found if rest <= 0 else [*found[:_SHOWN], f"and {rest} more complaints"]

    def __repr__(self) -> str:
        return f"OpenApi({self.name!r}, {len(self.operations)} operations)"


@cache
def read_openapi(path: Path) -> OpenApi:
    """Read a description from a JSON file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: an OpenAPI description is an object")
    return OpenApi(document, name=str(path))


def contract(api: OpenApi | Path) -> Expected:
    """Expect an answer as the platform's OpenAPI description has it, for that operation and that status."""
    read = _read(api)

    def look(answer: Answer) -> Seen:
        complaints = read.complaints(answer)
        return Seen(not complaints, "\n".join(map(answer.shown, complaints)) or "an answer that fits")

    return Expected(Part.SHAPE, lambda _: f"what {Path(read.name).name} says", look, of=frozenset({"http"}))


def describes(api: OpenApi | Path) -> Expected:
    """Expect the platform's own description to be the given one: the same operations and schemas.

    A new endpoint is then seen before a probe of it is missed.
    """
    read = _read(api)

    def look(answer: Answer) -> Seen:
        try:
            other = answer.json()
            found = dict(_described(other))
        except (ValueError, LookupError, AttributeError, TypeError):
            return Seen(False, f"no OpenAPI description: {answer.excerpt()}")
        wanted = dict(_described(read.document))
        said = [f"{name}: new" for name in found.keys() - wanted]
        said += [f"{name}: gone" for name in wanted.keys() - found]
        said += [f"{name}: changed" for name in wanted.keys() & found if wanted[name] != found[name]]
        return Seen(not said, "\n".join(sorted(said)) or f"{len(found)} operations and schemas")

    return Expected(Part.SHAPE, lambda _: f"the description in {Path(read.name).name}", look, of=frozenset({"http"}))


def _described(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give each operation and each schema by its name, without what is said of it to people."""
    for path, item in document["paths"].items():
        shared = {name: value for name, value in item.items() if name not in _METHODS}
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", _untold((item[method], shared))
    for name, value in document.get("components", {}).get("schemas", {}).items():
        yield f"schema {name}", _untold(value)


def _untold(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_untold(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    texts = {name for name in ("description", "summary", "title") if isinstance(value.get(name), str)}
    return {name: _untold(inner) for name, inner in value.items() if name not in texts}


def _read(api: OpenApi | Path) -> OpenApi:
    return api if isinstance(api, OpenApi) else read_openapi(api)


def _checked(document: Mapping[str, Any], name: str) -> OpenAPI:
    try:
        from openapi_core import OpenAPI  # noqa: PLC0415 - a second of importing, and an extra
        from openapi_core.exceptions import SpecError  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        raise ConfigError("an OpenAPI description is read by openapi-core: pip install 'alertproof[openapi]'") from None
    try:
        return OpenAPI.from_dict(dict(document))
    except SpecError as error:
        raise ConfigError(f"{name}: no OpenAPI description: {clipped(str(error))}") from error
    except ValidationError as error:
        where = written(error.absolute_path)
        raise ConfigError(f"{name}: no OpenAPI description: {where}: {clipped(error.message)}") from error


@final
class _Asked:
    """A request as openapi-core looks at it."""

    def __init__(self, answer: Answer) -> None:
        from openapi_core.datatypes import RequestParameters  # noqa: PLC0415 - as above

        self.parameters = RequestParameters()
        self.method = answer.request.method.lower()
        self.body = b""
        self.content_type = "application/json"
        self.host_url = f"{answer.url.scheme}://{answer.url.netloc.decode()}"
        self.path = answer.url.raw_path.decode().partition("?")[0]


@final
class _Answered:
    """An answer as openapi-core looks at it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.content_type = answer.headers.get("content-type", "").lower()
        self.headers = dict(answer.headers)
        self.data = answer.body


def _said(error: BaseException) -> Iterator[str]:
    """Say an error of openapi-core by where in the body it lies, else by its own words."""
    inner: Iterable[Any] = (
        getattr(error.__cause__, "schema_errors", None) or getattr(error, "schema_errors", None) or ()
    )
    inner = list(inner)
    for one in inner:
        yield f"{written(one.absolute_path)}: {one.message}"
    if not inner:
        yield str(error.__cause__ or error)
