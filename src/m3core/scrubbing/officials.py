"""Numbers that authorities give to people, where a text says in words what they are.

Sources: the authorities themselves, as in :mod:`numbers`; what they call their numbers in English and at home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.checks import digits_of
from m3core.scrubbing.policy import Finding

__all__ = ["find_officials"]

#: What offices call their numbers, in words that are put together in many ways.
_OFFICIAL = (
    r"(?:(?:unique|individual|permanent|employer|national|personal|citizen|resident|civil|social|tax|taxpayer|inland|alien"
    r"|voter|health|medicare|emirates|pan|birth|driving|driver'?s?|iqama|nric|cnic|ird|bvn|inn|passport) ){1,3}"
    r"(?:(?:file|insurance|security|service|identity|identification|registration|revenue|reference|verification|account"
    r"|taxpayer|card|licen[sc]e) ){0,3}(?:number|no\.?|nr\.?|id|card number|identification code|reference)"
    r"|bank verification number|personal (?:identification )?code|unique taxpayer reference|birth (?:number|no\.?)"
    r"|identification number|inland revenue (?:number|no\.?)|teudat zehut|nie|inn|bvn|cnic|ird|nin"
    r"|(?:numero|n[or]\.?) de (?:la )?(?:securite sociale|seguridad social|contribuinte|identidad|seguro social|utente)"
    r"|cedula de (?:ciudadania|identidad)|nif portugues|steueridentifikationsnummer|krankenversicherungsnummer"
    r"|personalausweisnummer|passport no\.?|и[нh][нh]|[пp]a[cс][пp]opt|[сc]н[иi]лс"
)
_NUMBER_WORDS = (
    r"social security(?: number)?|ssn|mrn|rfc|imei|imsi|iccid|st\.-?nr\.?"
    r"|steuer-?id(?:nr)?|steuernummer|sv-?nummer|svnr"
    r"|sozialversicherungsnummer|rentenversicherungsnummer|ahv|avs"
    r"|tax[ -]id|passport|passnummer|reisepass|personalausweis|ausweis|(?<!service )account|konto(?:nummer)?|aadhaar"
    r"|nhs|personnummer|nino|ein"
    r"|bsn|burgerservicenummer|pesel|nip|cpf|cnpj|dni|nif|curp|cuil|cuit|cnp|egn"
    r"|ausweisnummer|utr|hkid|oib|jmbg|emso|rodn[eé] c[ií]slo|tckn"
    r"|t\.?c\.? kimlik|kimlik|nik|ktp|my ?number|rrn|hkid|mykad|c[eé]dula|pps(?:n)?|tfn|tin|itin|codice fiscale"
    r"|partita iva|nir|afm|amka|hetu|henkilotunnus|f[oø]dselsnummer|cpr|kennitala|isikukood|snils|nric|iban|ssn|sin"
    r"|medicare|national insurance|national id|identity card|identity|driver'?s? licen[sc]e|driving licen[sc]e"
    r"|f[uü]hrerschein|(?:id|identity) number"
)
_NUMBER_SAID = re.compile(
    rf"(?<![\w-])(?P<word>{_OFFICIAL}|{_NUMBER_WORDS})(?: (?:card|number|no\.?|nr\.?|is|was|#)){{0,3}}:?[ \t]+"
    r"(?P<value>(?-i:[A-Z]{0,6} ?\d(?:[A-Z .\-/]{0,3}\d){2,15}(?: ?[A-Z]{1,3}\d{0,2}[A-Z]{0,2})?)(?:\([\dA]\))?)(?!\w)",
    re.IGNORECASE,
)
_ENOUGH_DIGITS = re.compile(r"[ \t:][A-Z]{0,6} ?\d(?:[A-Z .\-/]{0,3}\d){4}")
_FEWEST_DIGITS = 5
#: After three letters, which are words of some language, too.
_FEWEST_AFTER_FEW, _FEW_LETTERS = 7, 3


def find_officials(text: str) -> Iterator[Finding]:
    """Yield the numbers in a text that stand after what an office calls them."""
    if _ENOUGH_DIGITS.search(text):
        for match in _NUMBER_SAID.finditer(text):
            fewest = _FEWEST_AFTER_FEW if len(match["word"]) <= _FEW_LETTERS else _FEWEST_DIGITS
            numbered = match["word"].lower() == "rfc" and match["value"][0].isdigit()  # a document, and nobody's number
            if len(digits_of(match["value"])) >= fewest and not numbered:
                yield Finding(*match.span("value"), "spoken-number")
