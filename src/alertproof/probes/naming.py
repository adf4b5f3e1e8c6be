"""Asks a name server one question, and reads what it says."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

from alertproof.errors import ConfigError
from alertproof.probes.ask import Dns
from alertproof.probes.stopwatch import Stopwatch
from alertproof.probes.transport import is_address
from alertproof.probes.trouble import NoAnswer, Trouble
from alertproof.probes.wording import clipped

if TYPE_CHECKING:
    from dns.message import Message, QueryMessage
    from dns.rdata import Rdata

__all__ = ["Named", "Question", "look_up", "prepare"]


class Question(NamedTuple):
    """All that is needed to ask: what is prepared takes no part in what is measured."""

    ask: Dns
    host: str
    port: int
    message: QueryMessage


class Named(NamedTuple):
    """The records of a name, sorted, or what kept them away; ``size`` is that of the answer in bytes."""

    records: tuple[str, ...] = ()
    size: int = 0
    lost: NoAnswer | None = None


def prepare(ask: Dns) -> Question:
    """Read whom to ask, and write the question; raises `ConfigError` for what cannot be asked."""
    try:
        from dns.exception import DNSException  # noqa: PLC0415 - an extra; and 100 ms, which are not the name server's
        from dns.message import make_query  # noqa: PLC0415 - as above
        from dns.resolver import NoResolverConfiguration, Resolver  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        raise ConfigError("DNS is asked by dnspython: pip install 'alertproof[dns]'") from None
    if ask.place is not None:
        host, port = ask.place
        if not is_address(host):
            raise ConfigError(f"{ask}: a name server is given by its address, such as 127.0.0.1:53, not by a name")
    else:
        try:
            servers = Resolver().nameservers
        except NoResolverConfiguration:
            servers = []
        host, port = next((one for one in servers if isinstance(one, str)), ""), 53
        if not host:
            raise ConfigError(f"{ask}: this machine names no name server; say one: server='192.0.2.53'")
    try:
        return Question(ask, host, port, make_query(ask.host, ask.record))
    except DNSException as error:
        raise ConfigError(f"{ask.host!r} is no name that could be looked up: {error}") from error


def look_up(question: Question, watch: Stopwatch) -> Named:
    """Ask once. A name that is there without such records is an answer of none; one that is not there is a trouble."""
    ask, host, port, _ = question
    watch.peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    watch.opened = True
    began = watch.now()
    try:
        answer = _asked(question, watch)
    except NoAnswer as error:
        return Named(lost=error)
    watch.dns = watch.now() - began
    size = len(answer.wire or b"")
    if (trouble := _refused(ask, answer, watch.peer)) is not None:
        return Named(size=size, lost=trouble)
    return Named(records=_records(ask, answer), size=size)


def _asked(question: Question, watch: Stopwatch) -> Message:
    import dns.exception  # noqa: PLC0415 - as above
    import dns.query  # noqa: PLC0415 - as above

    ask, host, port, message = question
    seconds, over = watch.left(watch.limits.dns, Trouble.DNS_TIMEOUT, f"{watch.peer} does not answer")
    try:
        if ask.tcp:
            return dns.query.tcp(message, host, timeout=seconds, port=port)
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as packets:
            packets.setblocking(False)
            packets.connect((host, port))  # so that it is told where nobody listens, instead of waiting
            answer, _ = dns.query.udp_with_fallback(message, host, timeout=seconds, port=port, udp_sock=packets)
    except dns.exception.Timeout:
        raise over from None
    except ConnectionRefusedError as error:
        raise NoAnswer(Trouble.REFUSED, f"nothing listens at {watch.peer}") from error
    except (dns.exception.DNSException, EOFError) as error:
        said = f"{watch.peer} says what is no answer: {clipped(str(error) or type(error).__name__)}"
        raise NoAnswer(Trouble.MALFORMED, said) from error
    except OSError as error:
        raise NoAnswer(Trouble.UNREACHABLE, f"{watch.peer}: {error.strerror or error}") from error
    return answer


def _refused(ask: Dns, answer: Message, server: str) -> NoAnswer | None:
    from dns import rcode  # noqa: PLC0415 - as above

    said = rcode.to_text(answer.rcode())
    match said:
        case "NOERROR":
            return None
        case "NXDOMAIN":
            return NoAnswer(Trouble.NXDOMAIN, f"{server} knows no {ask.host}")
        case "SERVFAIL":
            return NoAnswer(Trouble.SERVFAIL, f"{server} could not find out about {ask.host}")
        case _:
            return NoAnswer(Trouble.DNS, f"{server} answers {said} for {ask.host}")


def _records(ask: Dns, answer: Message) -> tuple[str, ...]:
    from dns.rdatatype import RdataType  # noqa: PLC0415 - as above

    kind = RdataType[ask.record]
    return tuple(sorted(_written(one, ask.record) for found in answer.answer if found.rdtype == kind for one in found))


def _written(record: Rdata, kind: str) -> str:
    """Write a record as people do: names without the last dot, a text without its quotes."""
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
    text = record.to_text()
    return text.rstrip(".") if kind in {"CNAME", "MX", "NS"} else text
