"""Cards, accounts, national numbers, e-mail, phone and IP addresses in a text, told by check digits and form.

Sources: ISO/IEC 7812, ISO 13616; ITU-T E.164 and the North American Numbering Plan; RFC 5321 and 5322, RFC 4291; the
issuing authorities for national numbers: SSA (US), HMRC (UK NINO), INSEE (FR), Agencia Tributaria (ES), Agenzia delle
Entrate (IT), Receita Federal (BR), UIDAI and the Income Tax Department (IN), Skatteverket (SE), GUS (PL), GB 11643
(CN), MOIS (KR), CRA (CA), RENAPO (MX), DVV (FI), CPR (DK), ZAS (CH), Rijksregister (BE), NHS (UK), ICA (SG), DRV
(DE), SII (CL), AFIP (AR), MV (CZ), PFR (RU), DOPA (TH), JPN
(MY), Skatteetaten (NO), NVI (TR), DEPABD (RO), ICAO 9303; EMV book 3 (tag 5A).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from m3core.scrubbing.checks import (
    digits_of,
    iban_length,
    is_card,
    is_cpf,
    is_dni,
    is_hetu,
    is_iban,
    is_luhn,
    is_nir,
    is_nric,
    is_pesel,
    is_resident_id,
    is_rut,
    is_snils,
    is_ssn,
    is_thai,
    is_verhoeff,
    is_weighted,
)
from m3core.scrubbing.clues import has_digits
from m3core.scrubbing.fields import VERSIONED
from m3core.scrubbing.policy import Finding, Policy

__all__ = ["find_numbers"]

# What is many digits and nothing of anybody: UUIDs, instants, hashes.
_KEPT = re.compile(
    r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b(?:19|20)\d\d-\d\d-\d\d(?:[T _]\d\d[:\-.]?\d\d(?:[:\-.]?\d\d)?(?:[.,]\d{1,9})?)?"
    r"|(?<![0-9a-zA-Z])(?=[0-9]{0,31}[a-f])[0-9a-f]{16,128}(?![0-9a-zA-Z])"
    r"|(?<![0-9a-zA-Z])(?=(?:[0-9]{0,16}[A-F]){5})(?:[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64})(?![0-9a-zA-Z])"
    # An identifier of a run, an offset, after the word for it.
    r"|(?<=/job/)\d{11}(?!\d)|(?<=/runs/)\d{11}(?!\d)|\bbytes \d{1,20}-\d{1,20}/\d{1,20}"
)
_CARD = re.compile(r"(?<!\d)(?<!\d[.])[2-9](?:(?:[ \-._/\n+]{0,2}?|, | - )\d){12,18}(?![.]?\d)")
#: A number with a fraction, as a measured time.
_FRACTION = re.compile(r"\d{1,12}\.\d{5,17}")
_GROUPS = re.compile(r"\d+")
# The lengths that numbers of other things have as well.
_SAID_CARD = re.compile(
    r"(?:card|carte|karte|visa|tarjeta|maestro|pan|paid (?:with|by)|pay(?:ment)? (?:with|by)|charged|mastercard|amex"
    r"|discover)"
    r"(?: (?:number|no\.?|nr\.?))?[ :=#]{1,3}(?P<card>\d{12,19})(?!\d)",
    re.IGNORECASE,
)
_PAYMENTS = ("car", "kart", "visa", "tarjeta", "maestro", "pan", "paid", "pay", "charged", "amex", "discover")
# A card in a record of a terminal (EMV): its tag, its length, itself.
_TAGGED = re.compile(r"(?:5A0[78]|57(?:0[89A-F]|1[0-3]))(?P<card>[2-9]\d{13,15})(?=F?[^\d]|D|$)", re.IGNORECASE)
_IBAN = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=IBAN)|(?<=iban)|(?<=[a-z])(?=[A-Z]{2}\d))[A-Za-z]{2}\d{2}(?:[ \-.]?[A-Za-z0-9]){11,30}"
)
# One with fewer digits than letters, where nothing else passes for one.
_LETTERED_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?P<by>[ \-.])[A-Z0-9]{4}(?:(?P=by)[A-Z0-9]{4}){1,6}"
    r"(?:(?P=by)[A-Z0-9]{1,3})?)(?![A-Za-z0-9])"
)
_EMAIL = re.compile(
    r"""(?<![\w.+%\-])(?P<local>[\w.+%\-!\#$&'*/=?^`{|}~]{1,64}+|"[^"\n]{1,64}")@
        (?P<domain>(?:[A-Za-z0-9\u00a1-\uffff\-]{1,63}\.){1,8}
          [A-Za-z\u00a1-\uffff][A-Za-z0-9\u00a1-\uffff\-]{1,62}|localhost|\[[\d.a-fA-F:]{3,45}\])""",
    re.VERBOSE,
)
# One that was cut off.
_CUT_EMAIL = re.compile(r"(?<![\w.+%\-/:@])[\w.+%\-]{2,64}+@[A-Za-z0-9][A-Za-z0-9.\-]{2,60}?(?=\.{2,3}(?!\w))")
_SAID_EMAIL = re.compile(
    r"(?<!\w)\w{1,40}(?: dot \w{1,40}){0,3} at \w{1,40}(?: dot [a-z]{2,20}){1,3}(?!\w)", re.IGNORECASE
)
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.+%\-])[\w.+%\-]{1,64}+\s?[\[({<]\s?at\s?[\])}>]\s?(?:[\w\-]{1,63}(?:\."
    r"|\s?[\[({<]\s?dot\s?[\])}>]\s?)){1,4}[A-Za-z]{2,24}",
    re.IGNORECASE,
)
# One with spaces around its sign.
_WIDE_EMAIL = re.compile(r"(?<![\w.+%\-])[\w.+\-]{2,64}+ {0,2}@ {1,2}(?:[\w\-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w(])")
#: A package and its version are written like one: ``crm@1.4.2.post2``.
_OF_VERSION = re.compile(
    r"v?\d{1,5}(?:\.\d{1,6}){1,3}[.\-]?(?:post|dev|rc|alpha|beta|b|a|final|snapshot)[\d.]{0,8}", re.IGNORECASE
)
# The user of a URL; its password is another rule's.
_IN_ADDRESS = re.compile(r"://[^\s/@\"']{0,100}$")
_NOT_A_DOMAIN = frozenset(
    re.findall(
        r"\S+",
        """
    service socket timer target mount png jpg jpeg gif svg webp js css py
    """,
    )
)
_PHONES = re.compile(
    r"""(?<![\w.+/\-])(?:
        (?:\+|00)(?!0)(?:[ \-.()/]{0,3}\d){8,15}(?![\w])(?!\.\d)
      | 07[1-9]\d{8}(?![\w\-.:])
      | 0\d{2,3}[ ]\d{3}[ ]\d\d[ ]\d\d(?![\w\-]) | 0\d{1,3}-\d{3}[ ]\d{3}[ ]\d\d(?!\w)
      | 1[3-9]\d[ \-]\d{4}[ \-]\d{4}(?![\w\-]) | 8[ ]?\(\d{3}\)[ ]?\d{3}-\d\d-\d\d(?!\w)
      | (?:\+?1[ \-.]?)?(?:\([2-9]\d\d\)[ \-.]?|[2-9]\d\d[\-. ])[2-9]\d\d[\-. ]\d{4}(?![\w\-])(?!\.\d)
      | 0[1-9]\d{1,4}[ /]\d{3,8}(?:[ \-]\d{3,5}){0,2}(?![\w\-])(?!\.\d)
      | 0\d{1,2}-\d{4}-\d{4}(?![\w\-]) | 0[67]-\d{8}(?![\w\-]) | 0\d{1,2}-\d{3}[ ]\d{2}[ ]\d{2}(?!\w)
      | 0\d{2,4}[ ][/\-][ ]\d{3,8}(?:[ ]\d{3,5})?(?!\w) | \(?[1-9]\d\)?[ ]9\d{4}-\d{4}(?![\w\-])
      | 0[1-9](?:[ .]\d\d){4}(?![\w\-])(?!\.\d) | 0[1-9]\d{1,3}-\d{6,8}(?![\w\-])(?!\.\d)
      | \(0\d{1,5}\)[ \-/]?\d{3,4}[ \-]?\d{3,5}(?!\w)
      )""",
    re.VERBOSE,
)
#: A number with its sign.
_DECIMAL = re.compile(r"\+ ?(?:\d{4,}|0)\.\d+")
# A row of octets in hexadecimal may have digits alone in its middle.
_PAIRS = re.compile(r"\d\d(?: \d\d)+")
_OCTET = re.compile(r"(?:(?<![\w])(?:\d[0-9a-f]|[a-f]\d)|[0-9a-f]{2} [a-f]{2}) $")
_LINKED = re.compile(r"(?:wa\.me/|/(?=\+)|\btel:|\bsms:|\bcallto:|[?&]phone=)(?P<value>\+?\d{7,15})(?!\d)")
_CALLED = re.compile(
    r"\b(?:contact|phone|telephone|tel|mobile|cell|fax|call(?:ed| me| us)?(?: at| on| back)?|ring|sms(?: to)?|whatsapp"
    r"|dial(?:l?ed)?|handy|telefon|portable|numero|(?:r?appel(?:e[rz])?|joindre|joignable)(?: manque)?|sms envoye)"
    r"(?: number| no| nr)?[.:=]?[ \t]{0,3}(?:is |at |on |to |an |au |le |de )?"
    r"(?P<value>\(?\+?\d(?:[ \-.()/]{0,2}\d){6,14})"
    r"(?![\w])",
    re.IGNORECASE,
)
#: A number of a record, after what may be the record's kind: ``call 4410293``.
_COUNTED = re.compile(r"[1-9]\d{6,8}")
_OF_CALLS = re.compile(r"(?:call|contact|mobile|cell|fax|sms|ring|portable|numero)[ :=]{1,3}(?=\d)", re.IGNORECASE)
_V4 = re.compile(r"(?<![\w.\-])(?:\d{1,3}\.){3}\d{1,3}(?![\w\-]|\.\d)")
_V6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\d)")
_VERSION = re.compile(
    r"(?:(?<![\w/])[A-Za-z][\w.\-]{0,30}/|\bv(?:er(?:sion)?)?\.?[ =:]?|==|>=|<=|~=|[\w-]@"
    rf"|§ ?|(?<![a-z])(?:\w{{0,20}}[._\-])?(?:{VERSIONED}|\w{{0,20}}version)"
    r"(?:[ _](?:no\.?|number|is|was))?[ =:\\\"']{1,6}v?"
    r"|\b(?:up|down)grad(?:ed?|ing) (?:from |to |from [\w.\-]{1,30} to )v?"
    r"|\b(?:package|module|plugin|library|image|chart|dependency|extension) [\w./@\-]{1,30}[ :]v?"
    r"|(?<![\d.])\d{1,4}(?:\.\d{1,5}){1,3},? (?:but )?(?:got|found|not|to|vs\.?|and|or|is) v?)$",
    re.IGNORECASE,
)
_CALLERS = ("contact", "phone", "tel", "mobil", "cell", "fax", "call", "ring", "sms", "whatsapp", "dial", "handy",
            "numero", "appel", "joi", "portable")  # fmt: skip
_LINKS = ("wa.me/", "/+", "tel:", "sms:", "callto:", "phone=")
_AT = re.compile(r"[\[({<]\s?at\s?[\])}>]", re.IGNORECASE)


def _s(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{pattern}(?![\w\-]|\.\d)")


_D = digits_of
#: Form, and the check that tells it from other numbers of that form.
_NATIONAL: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_s(r"\d{3}[- ]\d{2}[- ]\d{4}"), lambda text: is_ssn(_D(text))),  # US
    (_s(r"(?:0[1-9]|[1-3]\d)[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[\dA-Z]"), lambda _: True),  # IN, GSTIN, which holds a PAN
    (_s(r"9\d{2}-[5-9]\d-\d{4}"), lambda _: True),  # US, ITIN
    (_s(r"(?!BG|GB|KN|NK|NT|TN|ZZ)"
        r"(?:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?\d{2} ?\d{2} ?\d{2} ?[A-D]"), lambda _: True),  # UK
    (_s(r"[12378] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}"), lambda text: is_nir(_D(text))),  # FR
    (_s(r"[XYZ]?-?\d{7,8}-?[A-Z]"), lambda text: is_dni(text.replace("-", ""))),  # ES
    (_s(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"), lambda _: True),  # IT
    (_s(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), lambda text: is_cpf(_D(text))),  # BR
    (_s(r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}"), lambda _: True),  # BR, companies
    (_s(r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}"), lambda text: is_verhoeff(_D(text))),  # IN
    (_s(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"), lambda _: True),  # IN, PAN
    (_s(r"(?:19|20)?\d{2}[01]\d[0-3]\d[-+]\d{4}"), lambda text: is_luhn(_D(text)[-10:])),  # SE
    (_s(r"\d{2}[0-3]\d[0-3]\d{6}"), is_pesel),  # PL
    (_s(r"[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]"), lambda text: is_resident_id(text.upper())),  # CN
    (_s(r"\d{2}[01]\d[0-3]\d-[1-8]\d{6}"), lambda _: True),  # KR
    (_s(r"\d{3}[ -]\d{3}[ -]\d{3}"), lambda text: is_luhn(_D(text)) and text[0] != "8"),  # CA
    (_s(r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d"), lambda _: True),  # MX
    (_s(r"[0-3]\d[01]\d{3}[-+A]\d{3}[0-9A-FHJ-NPR-Y]"), is_hetu),  # FI
    (_s(r"[0-3]\d[01]\d{3}-\d{4}"), lambda text: "01" <= text[2:4] <= "12" and "01" <= text[:2] <= "31"),  # DK
    (_s(r"756\.?\d{4}\.?\d{4}\.?\d{2}"), lambda text: is_weighted(_D(text), (1, 3) * 6 + (1,), 10)),  # CH
    (_s(r"\d{2}\.[01]\d\.[0-3]\d-\d{3}\.\d{2}"), lambda text: 97 - int(_D(text)[:9]) % 97 == int(_D(text)[9:])
     or 97 - int("2" + _D(text)[:9]) % 97 == int(_D(text)[9:])),  # BE
    (_s(r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"), is_rut),  # CL
    (_s(r"(?:2[0347]|3[034])-?\d{8}-?\d"),
     lambda text: is_weighted(_D(text), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11)),  # AR
    (_s(r"\d{2}[0-8]\d[0-3]\d/\d{4}"), lambda text: int(_D(text)) % 11 == 0),  # CZ, SK
    (_s(r"\d{3}-\d{3}-\d{3}[ -]\d{2}"), lambda text: is_snils(_D(text))),  # RU
    (_s(r"\d-\d{4}-\d{5}-\d{2}-\d"), lambda text: is_thai(_D(text))),  # TH
    (_s(r"\d{2}[01]\d[0-3]\d-\d{2}-\d{4}"), lambda text: "01" <= text[2:4] <= "12"),  # MY
    (_s(r"[0-3]\d[01]\d{8}"), lambda text: is_weighted(text, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11)
     and is_weighted(text, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11)),  # NO
    (_s(r"[1-9]\d{10}"), lambda text: (sum(map(int, text[0:9:2])) * 7 - sum(map(int, text[1:8:2]))) % 10 == int(text[9])
     and sum(map(int, text[:10])) % 10 == int(text[10])),  # TR
    (_s(r"[1-8]\d{2}[01]\d[0-3]\d{7}"), lambda text: is_weighted(text, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9, -1), 11)
     and "01" <= text[3:5] <= "12"),  # RO
    (_s(r"\d{5}-\d{7}-\d"), lambda _: True),  # PK
    (_s(r"[STFGM]\d{7}[A-Z]"), is_nric),  # SG
    (_s(r"\d{2} [0-3]\d[01]\d{3} [A-Z] \d{3}"), lambda _: True),  # DE, pension insurance
    (_s(r"\d{3} \d{3} \d{4}"), lambda text: is_weighted(_D(text), (10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 11)),  # UK, NHS
)  # fmt: skip
# Where a national number can begin, and that it is long enough: only there are the forms tried.
_NATIONAL_START = re.compile(r"(?<![\w.\-])(?=[A-Z]{0,6}[ -]?\d)(?=(?:[ \-./+]?[A-Za-z0-9]){8})")
_PASSPORT = re.compile(r"\bP[A-Z<][A-Z]{3}[A-Z<]{39}(?:\s?[A-Z0-9<]{44})?")
_ANY_NATIONAL = re.compile("|".join(each[0].pattern for each in _NATIONAL))


def find_numbers(text: str, policy: Policy) -> Iterator[Finding]:
    """Yield the numbers and addresses of people and their accounts in a text."""
    lower = text.lower()
    if "@" in text:
        yield from _emails(text)
    elif "at" in lower and _AT.search(text):
        yield from (Finding(*match.span(), "email") for match in _SPOKEN_EMAIL.finditer(text))
    if " dot " in lower:
        yield from (Finding(*match.span(), "email") for match in _SAID_EMAIL.finditer(text))
    if policy.addresses != "none" and (text.count(".") >= 3 or "::" in text or text.count(":") >= 7):
        yield from _addresses(text, policy)
    if not has_digits(text) and "<<" not in text:
        return
    found = list(_digits(text, lower, len(text) - len(text.translate(_WITHOUT_DIGITS))))
    kept = [match.span() for match in _KEPT.finditer(text)] if found else []
    for finding in found:
        # An account in small letters may pass for a hash, but for its length; a card's check came with its tag.
        is_whole = finding.rule == "iban" and finding.end - finding.start not in {16, 20, 32}
        if is_whole or not any(begin <= finding.start < end or begin < finding.end <= end for begin, end in kept):
            yield finding


# What clients say before the address of the server they want: Go, Node, Java, libpq.
_WANTED = re.compile(
    r"\b(?:dial (?:tcp|udp)[46]? (?:[\w.:\[\]]{1,60}->)?|connect E[A-Z]{3,20} "
    r"|connect(?:ing|ion)? to (?:server at |server |host |address )?(?:[\w.\-]{1,100}/)?)[\"'(/\[]?$"
)
_PORT = re.compile(r":\d{1,5}(?!\d)")
_WITHOUT_DIGITS = dict.fromkeys(map(ord, "0123456789"))


def _emails(text: str) -> Iterator[Finding]:
    for match in _EMAIL.finditer(text):
        ending = match["domain"].rsplit(".", 1)[-1].lower()
        remote = match["local"] == "git" and text[match.end() : match.end() + 1] in {":", "/"}
        local = match["local"].lstrip("/=?&'{|`!#$*^~")
        begin = match.end("local") - len(local.rsplit("=", 1)[-1].rsplit("/", 1)[-1])
        in_address = _IN_ADDRESS.search(text, max(0, begin - 120), begin)
        version = _OF_VERSION.fullmatch(match["domain"])
        if ending not in _NOT_A_DOMAIN and not remote and not in_address and not version:
            yield Finding(begin, match.end(), "email")
    if "@ " in text:
        yield from (Finding(*match.span(), "email") for match in _WIDE_EMAIL.finditer(text))
    if ".." in text:
        yield from (Finding(*match.span(), "email") for match in _CUT_EMAIL.finditer(text))


#: How many bits of an address are its network's.
_LENGTH = re.compile(r"/(\d{1,3})(?![\w.])")


def _addresses(text: str, policy: Policy) -> Iterator[Finding]:
    for pattern in (_V4, _V6) if "::" in text or text.count(":") >= 6 else (_V4,):
        for match in pattern.finditer(text):
            written = match[0]
            if pattern is _V4 and written.startswith(("127.", "10.", "0.", "192.168.")) and policy.addresses != "all":
                continue
            if pattern is _V6 and (written.count(":") < 2 or len(written) < 6 or not any(map(str.isdigit, written))):
                continue
            try:
                address = ipaddress.ip_address(written)
            except ValueError:
                continue
            version = pattern is _V4 and (
                written.endswith(".0") or _VERSION.search(text, max(0, match.start() - 60), match.start())
            )
            version = version or _is_network(text, match.end(), address)
            version = version or (policy.addresses != "all" and _is_wanted(text, match))
            if not version and (policy.addresses == "all" or not _is_own(address)):
                yield Finding(*match.span(), "ip-address")


def _is_network(text: str, end: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is the beginning of a network, and nobody's address: ``2001:db8::/32``."""
    length = _LENGTH.match(text, end)
    return (
        length is not None
        and int(address) & ((1 << max(0, address.max_prefixlen - int(length[1]))) - 1) == 0
        and (int(length[1]) < address.max_prefixlen)
    )


def _is_wanted(text: str, address: re.Match[str]) -> bool:
    """Whether it is the address and the port of a server that could not be reached."""
    return (
        _PORT.match(text, address.end()) is not None
        and _WANTED.search(text, max(0, address.start() - 120), address.start()) is not None
    )


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of a machine's own, of a network of one's own, or of nobody (RFC 1918, 6598, 4193)."""
    octets = address.packed
    if address.version == 6:
        return octets[:15] == bytes(15) or octets[0] in {0xFC, 0xFD, 0xFF} or octets[:2] == b"\xfe\x80"
    first, second = octets[0], octets[1]
    return (
        first in {0, 10, 127}
        or first >= 224
        or (first == 172 and 16 <= second < 32)
        or (first, second) in {(192, 168), (169, 254)}
        or (first == 100 and 64 <= second < 128)
    )


def _digits(text: str, lower: str, digits: int) -> Iterator[Finding]:
    if digits >= 13:
        yield from filter(None, map(_card, _CARD.finditer(text)))
        said = list(_SAID_CARD.finditer(text)) if any(map(lower.__contains__, _PAYMENTS)) else []
        for match in (*_TAGGED.finditer(text), *said):
            if is_card(match["card"]):
                yield Finding(*match.span("card"), "card")
    yield from filter(None, map(_iban, (_IBAN if digits >= 8 else _LETTERED_IBAN).finditer(text)))
    yield from _phones(text, lower, digits)
    if "<<" in text:
        yield from (Finding(*match.span(), "national-id") for match in _PASSPORT.finditer(text))
    for match in _NATIONAL_START.finditer(text):
        start = match.start()
        for pattern, check in _NATIONAL if _ANY_NATIONAL.match(text, start) else ():
            number = pattern.match(text, start)
            if number and check(number[0]):
                yield Finding(*number.span(), "national-id")


def _phones(text: str, lower: str, digits: int) -> Iterator[Finding]:
    for match in _PHONES.finditer(text) if digits >= 8 else ():
        octets = _PAIRS.fullmatch(match[0]) and _OCTET.search(text, max(0, match.start() - 6), match.start())
        if 8 <= len(digits_of(match[0])) <= 16 and not octets and not _DECIMAL.fullmatch(match[0]):
            yield Finding(*match.span(), "phone")
    if any(map(lower.__contains__, _CALLERS)):
        for match in _CALLED.finditer(text):
            if not (_COUNTED.fullmatch(match["value"]) and _OF_CALLS.match(match[0])):
                yield Finding(*match.span("value"), "phone")
    if any(map(text.__contains__, _LINKS)):
        yield from (Finding(*match.span("value"), "phone") for match in _LINKED.finditer(text))


def _card(match: re.Match[str]) -> Finding | None:
    """Return the card in a run of digits: the longest of its beginnings that is one."""
    written = match[0]
    digits = digits_of(written)
    plain = written.isdigit()
    if _FRACTION.fullmatch(written) or (not plain and _is_glued(match)):
        return None
    if is_card(digits) and (not plain or len(digits) not in {13, 18, 19} or digits[:2] in {"62", "67", "63"}):
        return Finding(*match.span(), "card")
    if plain:
        return None
    # Groups that go on after the card: a date of expiry, a code.
    for length in (16, 15, 14):
        place = [index for index, character in enumerate(written) if character.isdigit()]
        if len(place) > length and not written[place[length - 1] + 1].isdigit() and is_card(digits[:length]):
            return Finding(match.start(), match.start() + place[length - 1] + 1, "card")
    return None


def _is_glued(match: re.Match[str]) -> bool:
    """Whether it is a piece of an identifier: letters go on at a group that is none of a card's."""
    text, groups = match.string, _GROUPS.findall(match[0])
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return (before.isalpha() and len(groups[0]) < 4) or (after.isalpha() and len(groups[-1]) < 3)


def _iban(match: re.Match[str]) -> Finding | None:
    """Return the account in a run of letters and digits, which may go on into the next word."""
    written = match[0]
    length = iban_length(written)
    glued = written[:length]
    if length < len(written) and glued.isalnum() and written[length : length + 1].isalpha() and is_iban(glued.upper()):
        return Finding(match.start(), match.start() + length, "iban")
    while written:
        if is_iban(re.sub(r"[ \-.]", "", written).upper()):
            return Finding(match.start(), match.start() + len(written), "iban")
        cut = max(written.rfind(sign) for sign in " -.")
        if cut < 0:
            return None
        written = written[:cut]
    return None
