"""Bodies are read up to a bound: no request of any client fills the memory."""

from __future__ import annotations

from starlette.requests import Request

__all__ = ["TooLargeError", "bounded_body"]


class TooLargeError(Exception):
    """A body is larger than ``most`` bytes; the rest of it was not read."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the body is larger than {most} bytes")
        self.most = most


async def bounded_body(request: Request, most: int) -> bytes:
    """Return the body as it came, undecoded; raises `TooLargeError` as soon as it is larger than ``most`` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLargeError(most)
        parts.append(part)
    return b"".join(parts)
