"""What a value says of itself: that it hides nothing, or that nobody would write it by hand."""

from __future__ import annotations

import re

from m3core.scrubbing.checks import entropy

__all__ = [
    "is_algorithm",
    "is_call",
    "is_chosen",
    "is_harmless",
    "is_literal",
    "is_mask",
    "is_message",
    "is_of_code",
    "is_of_object",
    "is_opaque",
    "is_place",
    "is_plain_literal",
    "is_plain_measure",
    "is_release",
]

# What stands for a value that is not there, or for its kind.
_MASK = re.compile(
    r"[*•·xX.\-_#\s]+|\[?(?:filtered|redacted|hidden|masked|removed|scrubbed|secret|omitted)\]?|<[^<>'\"]{0,60}>"
    r"|<\w{1,40} ['\"]\*+['\"]>|\w{1,40}\(['\"]\*+['\"]\)|![A-Za-z]\w{0,20}"
    r"|\$\([^()]{0,120}\)?|\{\{?[^{}]{0,60}\}?\}|\$\{[^{}]{0,60}\}|\$[A-Za-z_]\w{0,60}|%\(\w{1,60}\)[sd]|%[sdr]|:[a-z_]\w{0,60}|\$?\d|-\d{1,4}|\?|\[(?-i:[A-Z_]{3,24})\]"
    # The type of a column, with its length.
    r"|(?:n?(?:var)?char2?|character(?: varying)?|(?:var)?binary|numeric|decimal|bit|datetime2?|timestamp|enum)"
    r"\(\d{1,5}(?:, ?\d{1,2})?\)?",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\$?\{[\w.\[\]()'\"]{0,60}\}")
#: The scheme of a credential, before what stands for the credential itself.
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey)[ \t]+(?=[<\[{$*])", re.IGNORECASE)
_NOTHING = frozenset(
    re.findall(
        r"\S+",
        """
    none null nil undefined true false yes no on off empty unset unknown n/a na str string int integer bool
    boolean bytes text any optional float number object list dict char varchar uuid required missing invalid
    expired incorrect wrong mismatch failed failure error ok valid enabled disabled changed reset updated
    verified unverified rejected accepted denied revoked password token secret bearer basic default anonymous
    guest self cls include omit same-origin lax strict prompt granted pass passed fail unavailable unchecked protected
    secretstr secretbytes securestring bytea blob longblob mediumtext longtext citext jsonb bigint smallint timestamptz
    """,
    )
)
# How a sentence about a secret goes on, where the secret itself does not follow.
_SENTENCE = re.compile(
    r"(?:the|a|an|this|that|these|it|is|was|were|are|be|been|has|have|had|must|may|might|can|cannot|can't|could|should"
    r"|will|would|not|no|never|too|please|enter|field|value|required|missing|invalid|expired|expires|incorrect|wrong"
    r"|failed|does|doesn't|did|didn't|do|don't|found|with|without|for|from|in|of|on|at|to|and|or|by|reset|changed"
    r"|updated|validation|check|mismatch|length|rejected|denied|unknown|unable|you|your|we|only|at|both|use|using"
    r"|ensure|contains|already|minimum|maximum|expected|none|null|undefined|type|could|path|max_length|min_length|blank"
    r"|name or|should|refreshing|creating|creation|destroying|modifying|still|verification|confirmation|passwords?"
    r"|make|choose|pick|try|if|when|as|one|each|any|every|some|sorry|oops|unexpected|given|got|received|exceeds"
    r"|exceeded|ignored|ignoring|skipped|skipping|falling|unauthorized|forbidden|authentication|authorization"
    r"|permission|access|insufficient|unsupported|deprecated|more|less|either|neither|because|since|before|after)"
    r"(?![\w@=.\-])",
    re.IGNORECASE,
)
_TOKEN_LIKE = re.compile(r"(?=[\w+/=~.@$!%^&*#-]*[A-Za-z])(?=[\w+/=~.@$!%^&*#-]*\d)[\w+/=~.@$!%^&*#-]{6,}+")
_MEASURE = re.compile(
    r"[\d.,:+\-]{0,24}|\d{8}T\d{6}Z?"
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.,]{5,18}(?:Z|[+-][\d:]{4,6})?)?|\d+(?:\.\d+)?\s?(?:ms|s|m|h|d"
    r"|min|kb|mb|%)"
    r"|(?:https?://|/)[^\s?#@]*"
    r"|[\[\"'( ]{0,3}(?-i:(?:[a-z_]\w{0,60}\.){1,8}[A-Za-z_]\w{0,60})[\])\"', ]{0,3}"
    # Hosts, and names of steps and of templates with their version.
    r"|(?-i:(?:[a-z][a-z0-9\-]{0,30}\.){1,5}[a-z]{2,12}|[a-z]{2,20}\d?(?:[\-_.](?:[a-z]{2,20}|v\d{1,3}|\d))*)",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"[\w+/=~.\-]{12,4096}")
_CHOSEN = re.compile(r"[^\s\"'`<>(){}\[\],;=|/:]+")
# Names of algorithms, versions, identifiers, times and addresses.
_OF_THINGS = re.compile(
    r"(?:sha|md|hs|rs|es|ps|aes|utf|base|oauth|saml|bcrypt|scrypt|argon|pbkdf|tls|ssl|http|ipv|ed|rsa|iso|latin|cp|win"
    r"|x|v|h|s|p|u|id|err|e|ms)[-_.]?\d[\w.\-]*|(?-i:[a-z]+[_.\-])*(?-i:[a-z]+)[_\-]?v?\d{1,4}(?:\.\d+)*"
    r"(?:\.[a-z]{2,4})?"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[\d.:T+\-]+Z?|0x[0-9a-f]+|(?-i:[A-Z][A-Z_]*(?:-?\d{0,3}|-\d{1,6}))"
    r"|[^@\s]+@\d[\w.\-+]*"
    r"|\d+(?:\.\d+)?[a-z]{1,3}",
    re.IGNORECASE,
)
_ALGORITHM = re.compile(
    r"(?:sha|md|hs|rs|es|ps|aes|utf|base|bcrypt|scrypt|argon|pbkdf|blake|ripemd|tls|ssl|oauth|saml|ed|rsa|x)[-_]?\d[\w\-]*"
    r"|(?:aws4-hmac|scram|cram|caching_sha2|ecdsa|hmac|ssh|rsassa|rsa|ecdh|ecdhe|dh)[-_](?:with[-_]|sha|p|aes|rsa|md|ed)?[\w\-]{0,30}",
    re.IGNORECASE,
)
#: Identifiers of vendors' objects, which open nothing: Twilio's (but for SK, a key), Stripe's and those written alike.
_OF_OBJECTS = re.compile(
    r"(?!SK)[A-Z]{2}[0-9a-f]{32}|0x[0-9a-fA-F]{40}"  # the last: an account or a contract of a block chain
    r"|(?:cus|ch|pi|pm|sub|in|price|prod|evt|acct|card|ba|txn|po|seti|si|ii|il|dp|tr|src|req|we|plan|promo|txr|file|link|qt"
    r"|pyr|py|fee|fr|iauth|ipi|ic|or|sku|sched|vs|vr|issue|user|org|team|proj|dpl|msg|call|thread|asst|run|step|batch|resp"
    r"|inst|cust|order|pay|rfnd|inv|item|conv|ctc|cnv|tag|trk|shp|adr|dr|doc|tmpl)_[A-Za-z0-9]{8,40}|re_[13][A-Za-z0-9]{23}"
    r"|(?:chatcmpl|cmpl|file|ftjob|modr|srv|dep|rdb|job|evm|i|vpc|subnet|sg|ami|eni|vol|snap|rtb)-[A-Za-z0-9]{8,32}"
)
# Types, classes, modules, and objects by where they are in memory, as programs write what they cannot show.
_OF_CODE = re.compile(
    r"(?P<type>(?:[A-Za-z_]{2,30}(?:\.|::|\\{1,2}|\$)){2,8}[A-Z]\w{2,60})"
    r"|(?:[A-Za-z_]{2,30}[.$]){1,8}[A-Z]\w{2,60}@[0-9a-f]{4,8}"
    r"|(?:com|org|net|io|java|javax|jakarta|django)(?:\.[a-z_]{2,30}){2,8}"
    r"|\(\*?[a-z]\w{0,30}(?:[./][A-Za-z_]\w{0,40}){1,6}\)\((?:0x[0-9a-f]{4,16}|nil)\)"
    r"|<[A-Za-z_][\w.]{0,120} (?:object |instance )?at 0x[0-9a-fA-F]{4,16}>"
    r"|#<[A-Z]\w{0,40}(?:::\w{1,40}){0,6}(?::0x[0-9a-f]{8,16})?>"
    r"|\[object [A-Z]\w{0,30}\]|\[(?:Async)?Function(?:: \w{1,40})?\]"
    r"|<(?:class|module|(?:built-in )?function|bound method) ['\"]?[A-Za-z_][\w.]{0,200}['\"]?[^<>\n]{0,80}>"
    # What a request says after its path, and what a tokenizer puts between texts.
    r"|HTTP/\d(?:\.\d)?|\[(?:PAD|CLS|SEP|UNK|MASK|BOS|EOS)\]"
)
# What a statement has in the place of a value, also handed to functions: %s, ?, $1, @p0, :email, lower(%s).
_OPEN = re.compile(
    r"(?:[A-Za-z_]\w{1,30}\(){0,3}(?:%s|%\(\w{1,60}\)s|\?|\$\d{1,3}|\$[a-z]\w{0,60}|@(?:__\w{1,60}|[pP]\d{1,3})|:[a-z_]\w{0,60})(?=[\s,;)}]|$)"
)
#: A package that is called after what it handles.
_OF_PACKAGE = re.compile(r"(?!.*(?:date|birth|phone|mobile))@?[a-z]+(?:[-/][a-z]+)+")
#: The version of a package: short, so that no date and no telephone number is one.
_RELEASE = re.compile(r"[~^]?\d{1,2}\.\d{1,2}\.\d{1,3}(?:-[a-z]{2,6}(?:\.\d{1,3})?)?")
#: How the names of types end: three words with points between them may be a password otherwise.
_TYPE = re.compile(
    r"(?:Token|Encoder|Decoder|Provider|Store|Storage|Factory|Manager|Service|Handler|Source|Options|Impl|Config"
    r"|Configuration|Credentials?|Serializer|Backend|Middleware|Authenticator|Authentication|Strategy|Guard|Filter|Builder"
    r"|Client|Engine|Validator|Hasher|Generator|Resolver|Repository|Session|Secret|Key|Type|Exception|Error)$"
)
_UUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
_CHANGES = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])|[a-z](?=[A-Z])")
_PLAIN_LITERAL = re.compile(
    r"[a-z_]{1,24}|[A-Z_]{1,24}|[\d\-:. +TZ]{0,35}|%[\w%]{0,20}%?|[YMDHIShmisTZC24:.,\-/ ]+|[\w-]+/[\w_+-]+"
    r"|P?[\dDTHMS]+|\d+ [a-z]+|[\w.]+\.[\w.]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}"
)
# Code that only names a value: an attribute, a call, an item.
_EXPRESSION = re.compile(r"(?:await |not |new |[$@&*!]{1,2})?[A-Za-z_][\w.]*(?:[(\[{].*)?[,)\]}:;]*", re.DOTALL)

#: Code that asks somebody else for the secret.
_CALL = re.compile(
    r"(?:await )?[$@]?[A-Za-z_]\w*(?:(?:\.|\??->|\?\.|::)[A-Za-z_]\w*)+\([^\d]*$"
    r"|(?:[A-Za-z_]\w*\.){0,4}(?:params|args|opts|options|req|kwargs|environ|env|ENV|config|settings|secrets|headers)"
    r"\[[:'\"]?\w*$"
    r"|(?:[a-z]+_[a-z_]+|[A-Za-z]{1,2}[a-z]+[A-Z][A-Za-z]*|[A-Z][a-z]{3,20}|object|dict|list)\((?:[a-z_.]{0,60}\)?)?$"
)


#: So many signs hide nothing.
_FEW_SIGNS = 3


def is_mask(text: str) -> bool:
    """Whether a text stands for a value that is not there: ``***``, ``[Filtered]``, ``%s``, ``${TOKEN}``."""
    return _MASK.fullmatch(text) is not None


def is_harmless(text: str) -> bool:
    """Whether a value under a secret key hides nothing, because it is a mask or says that there is none."""
    bare = text.strip().strip("\"'`").strip()
    scheme = _SCHEME.match(bare)
    if scheme:
        bare = bare[scheme.end() :]
        bare += ">" if bare[0] == "<" and ">" not in bare else ""
    if "{" in bare:  # a template's places alone, or after the name of a scheme
        bare = _PLACE.sub("", bare).strip(" .:/+_-")
    if not bare or bare.lower().rstrip(".,;:!") in _NOTHING or is_mask(bare):
        return True
    return len(bare) <= _FEW_SIGNS and not any(map(str.isalnum, bare))  # of a grammar: ``{``, ``~?``


def is_message(text: str) -> bool:
    """Whether it is a sentence about a secret, as checks of input write them, and holds none itself."""
    bare = text.lstrip()
    return _SENTENCE.match(bare) is not None and len(bare) < 300 and _TOKEN_LIKE.search(bare) is None


def is_plain_measure(text: str) -> bool:
    """Whether it is a number, a time, an address of a page or a few short words: what is said *about* a secret."""
    return len(text) <= 120 and (_MEASURE.fullmatch(text) is not None or _TOKEN_LIKE.search(text) is None)


def is_of_object(text: str) -> bool:
    """Whether a text has the form in which a vendor identifies an object of its own: a message, a payment."""
    return _OF_OBJECTS.fullmatch(text) is not None


def is_of_code(text: str) -> bool:
    """Whether a text names a type, a module or an object in memory: ``a.b.PasswordEncoder@5e91993f``."""
    match = _OF_CODE.fullmatch(text) if len(text) <= 300 else None
    return match is not None and (match["type"] is None or _TYPE.search(text) is not None)


def is_opaque(text: str) -> bool:
    """Whether a text is one that a machine made up: letters and digits in no order that words have."""
    if not _OPAQUE.fullmatch(text) or is_of_object(text):
        return False
    if "-" in text:
        text = _UUID.sub("", text)  # a path or a name with an identifier in it
    if not any(character.isdigit() for character in text):
        return False
    return len(_CHANGES.findall(text)) >= 4 and entropy(text) >= 2.8


def is_chosen(text: str) -> bool:
    """Whether a text is like a password that somebody chose: letters with digits or with signs, and no name of a thing.

    ``Ember_otter574`` and ``orchid!fiddle`` are; ``leads_v2``, ``sha256``, ``user:42`` and ``1.2.3`` are not.
    """
    if not 6 <= len(text) <= 200 or _OF_THINGS.fullmatch(text) or not any(map(str.isalpha, text)):
        return False
    if any(sign in text for sign in "#!$%^&*~+"):
        return _CHOSEN.fullmatch(text) is not None
    digits = sum(map(str.isdigit, text))
    cased = text != text.lower() and text != text.upper()
    return _CHOSEN.fullmatch(text) is not None and digits >= 2 and (cased or digits >= 3 or is_opaque(text))


def is_place(text: str, at: int) -> bool:
    """Whether a statement has an open place there: ``= %s``, ``= $1``, ``= @__email_0``."""
    return _OPEN.match(text, at) is not None


def is_release(key: str, text: str, *, surely: bool) -> bool:
    """Whether a text is the version of a package that ``key`` names: ``{"passport-local": "^1.0.0"}``.

    A date of birth is written like one as well: where it is not ``surely`` none, the name has to be a package's.
    """
    return _RELEASE.fullmatch(text) is not None and (surely or _OF_PACKAGE.fullmatch(key) is not None)


def is_algorithm(text: str) -> bool:
    """Whether a text is the name of a hash, a cipher, an encoding or a protocol: ``argon2id``, ``HS256``."""
    return _ALGORITHM.fullmatch(text) is not None


def is_call(code: str) -> bool:
    """Whether it is the beginning of a call that asks somebody else for a secret, or an item of its parameters."""
    return _CALL.match(code) is not None


def is_literal(code: str) -> bool:
    """Whether a piece of source is a value itself, and does not only name one."""
    return _EXPRESSION.fullmatch(code) is None


def is_plain_literal(literal: str) -> bool:
    """Whether a literal of a statement is a word, a number or a time, and nobody's."""
    return is_harmless(literal) or _PLAIN_LITERAL.fullmatch(literal) is not None
