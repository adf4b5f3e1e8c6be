"""What becomes of a value by its key: the rule by which it goes, or that it stays, and what it is then."""

from __future__ import annotations

import re

from m3core.scrubbing.keys import (
    Kind,
    about_secret,
    is_compound,
    is_of_record,
    is_of_telephones,
    is_personal_number,
    kind_of,
)
from m3core.scrubbing.persons import is_person_name
from m3core.scrubbing.plain import (
    is_alike,
    is_error_code,
    is_identifier,
    is_measured,
    is_page,
    is_path,
    is_plain_name,
    is_setting,
    is_word_of_grammar,
    items_of,
)
from m3core.scrubbing.policy import FILTERED
from m3core.scrubbing.values import (
    is_algorithm,
    is_chosen,
    is_harmless,
    is_message,
    is_of_code,
    is_of_object,
    is_opaque,
    is_plain_measure,
    is_release,
)

__all__ = ["verdict"]

#: Under these a small number is a count of them.
_COUNTABLE = re.compile(r"(?:tokens?|cookies?|secrets|credentials|session[_\-.]?id|token_?ids?)$", re.IGNORECASE)
#: What a person chooses, who mixes cases and digits as no name of a thing does.
_OF_PASSWORDS = re.compile(r"pass|pwd", re.IGNORECASE)
_SEVERAL = re.compile(r"[=;]")
#: Under these the shortest number may be a secret.
_SHORT = re.compile(r"pass|pwd|pw$|pin|cvv|cvc|cvn|csc|otp|code|card|secret$", re.IGNORECASE)
#: A pin of a board, and not somebody's.
_OF_BOARDS = re.compile(r"pin(?:_?(?:number|no|nr))?", re.IGNORECASE)
_FEW_DIGITS = re.compile(r"\d{1,5}|[A-Z]{1,3}-\d{1,4}")
#: Of which a value has digits or an @, if it is somebody's.
_OF_NUMBERS = re.compile(r"mail|phone|mobile|iban|salary|licen[cs]e|username|passport", re.IGNORECASE)
_ONE_WORD = re.compile(r"[a-z]{2,12}|[A-Z]{1,2}|\d{1,3}(?:\.\d{1,4})?|(?:[a-z0-9\-]{1,30}\.){1,3}[a-z]{2,6}")
#: What a machine makes up, and so never a word.
_MADE = re.compile(r"(?:token|cookie|csrf|xsrf|jwt|[_\-.]sid|session[_\-.]?id)s?$", re.IGNORECASE)
#: Under these stands what a store calls a secret, by its path or by words that say that it is one.
_OF_STORES = re.compile(r"(?:secrets?|credentials?|secret_?id)$", re.IGNORECASE)
_IN_STORE = re.compile(
    r"[a-z][a-z\-]{1,30}(?:/[a-z][a-z\-]{1,30}){1,6}"
    r"|(?:[a-z]{1,20}[\-_.]){1,5}(?:credentials?|creds|secrets?|keys?|tokens?|tls|certs?|auth|config|password)"
)
_OF_WINDOWS = re.compile(r"S-1(?:-\d{1,10}){2,14}|[A-Z]{2,8}\d{0,2}")  # and Oracle's name of a database
_OF_PUBLIC_KEYS = re.compile(r"(?:gpg|pgp)_?key(?:_?id)?$|fingerprint$|thumbprint$", re.IGNORECASE)
_FINGERPRINT = re.compile(
    r"(?:SHA256:)[A-Za-z0-9+/]{43}=?|(?:0x)?[0-9A-F]{8,40}|(?:MD5:)?[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){15,31}"
)
#: What opens something by its address.
_OF_LINKS = re.compile(r"link|ur[il]|hook|invite|dsn|conn|pass", re.IGNORECASE)
#: Whom a program signs in as.
_MACHINE_USER = re.compile(
    r"(?:svc|sa|srv|app|ci|bot)[\-_][a-z\-_]{2,30}|[a-z]{2,20}[\-_](?:app|svc|service|bot|ro|rw|api|sync|worker|admin|agent|job)"
    r"|postgres|root|system|admin|administrator|user|username|nobody|anonymous|anonymousUser|guest|deploy|www-data|sa|mysql"
    r"|redis|nginx|ubuntu|ec2-user|debian|git|jenkins|current|service|default|oracle|elastic|rabbitmq|daemon|sys|backup"
)
_URN = re.compile(r"urn:[a-z0-9\-]{1,32}:[\w.:\-]{1,160}", re.IGNORECASE)
#: What is said about mails: numbers and single words.
#: What is shown of an account to tell it from others; not of a number of somebody.
_LAST_FOUR = re.compile(r"(?:iban|account|acct|card|bank)\w{0,20}_?last_?(?:4|four)$", re.IGNORECASE)
_OF_MAILS = re.compile(r"mails?[_\-.].*(?<!mail)(?<!mails)(?<!address)$")
_NO_MAIL = re.compile(r"\d{1,9}(?:\.\d{1,6})?|[a-z]{2,20}(?:[\-_][a-z]{2,20}){0,3}")
#: The number of a record, the colour of a field.
_OF_THINGS_IDS = re.compile(r"\d{1,9}|#[0-9a-fA-F]{3,8}|[a-z]{3,12}")
#: The name of a repository, of a module, of a file.
_OF_THINGS = re.compile(
    r"[\w.\-]{1,60}/[\w.\-]{1,80}|(?:[A-Za-z_]\w{0,40}\.){2,8}[A-Z]\w{1,60}|[a-z_]\w{0,40}\.[A-Z]\w{1,60}|(?:[a-z_]{2,40}\.){2,8}[a-z_]{2,40}"
    r"|[\w\-]{1,60}\.(?:py|txt|csv|json|ya?ml|npy|zip|gz|pdf|xml|html?|log|js|ts|png|jpe?g)|/[\w.\-]{1,60}(?:/[\w.\-]{1,60})*"
)
#: How somebody signs in, or what a session does.
_WORD = re.compile(r"[a-z]{2,12}")
_POSTAL = re.compile(r"\d{3}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d", re.IGNORECASE)
_FEWEST_OF_TELEPHONES = 5
#: A longer value goes unread: to read each rest of a text in which the name comes again takes the square of its length.
_LONGEST_OF_TELEPHONES = 500
_NUMBERED = re.compile(r"[_\-.]?v?\d{1,3}\]?$|\]$")
_RELEASE = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){1,12}")
#: What .NET names an assembly's key by, of which it tells nothing.
_OF_ASSEMBLY = re.compile(r"[0-9a-f]{16}")
#: A record of a secret is called by a number or a UUID, which open nothing.
_OF_RECORD = re.compile(r"(?:token|key|password|credentials?)[_\-.]?id$", re.IGNORECASE)
_RECORD = re.compile(
    r"\d{1,12}|\d{4}-\d{2}|0x[0-9A-Fa-f]{8,16}|[a-z]{2,20}(?:-[a-z]{2,20}){1,4}"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)
_OF_RECORDS = re.compile(r"\d{1,12}|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
#: The settings of a connection, none of which is of somebody.
_NO_CREDENTIAL = re.compile(
    r"(?:(?!user|uid|p(?:ass)?wo?r?d|.{0,40}?(?:key|token|secret|sig)\b)[\w .]{1,40}=[^;=]{0,100}(?:;|$))+",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v?\d{1,5}(?:\.\d{1,5}){1,3}[\w.+\-]{0,24}")


def verdict(kind: Kind, key: str, value: str, *, quoted: bool = True) -> str | None:
    """Return the rule by which a value under a key goes, or None where it stays."""
    if kind is Kind.PARTY:
        return kind.value if is_person_name(value) else None
    if kind is Kind.ORDINARY or value == FILTERED or is_harmless(value):
        return None
    if value[-1] in "'\"" and len(value) > 3 and value[0] in "'\"bu":  # a text as `repr` writes it
        value = value[value[0] in "bu" :]
        value = value[1:-1] if value[0] == value[-1] else value
    return None if _says_little(kind, key, value) or _stays(kind, key, value, quoted=quoted) else kind.value


def _says_little(kind: Kind, key: str, value: str) -> bool:
    """Whether a value under a key that may be one of secrets only counts, names or describes."""
    if kind is Kind.PERSON:
        few = _is_no_person(key, value)
    elif kind is Kind.SECRET:
        few = _counts(key, value) or _names(key, value)
    else:
        few = False
    named = is_release(key, value, surely=kind is Kind.SECRET) or is_of_code(value) or _is_same_column(key, value)
    return (
        few
        or named
        or is_alike(key, value)
        or (about_secret(key, kind) and _describes(kind, key, value))
        or (is_compound(key) and _is_of_another(kind, key, value))
    )


def _is_of_another(kind: Kind, key: str, value: str) -> bool:
    """Whether a value is plain, under a name that ends as one of something else: ``token_pool``, ``shared``."""
    if kind is Kind.SECRET or kind is Kind.GROUP:
        if _OF_PASSWORDS.search(key):
            return is_algorithm(value)
        return is_plain_name(value) or is_measured(value) or _FEW_DIGITS.fullmatch(value) is not None
    if kind is Kind.ADDRESS:
        return is_measured(value) or is_algorithm(value)
    return _OF_NUMBERS.search(key) is not None and _ONE_WORD.fullmatch(value) is not None


def _describes(kind: Kind, key: str, value: str) -> bool:
    """Whether a value is one that says something about a secret: a number, a time, words, the name of a thing."""
    if is_plain_measure(value):
        return True
    if not (kind is Kind.SECRET or kind is Kind.GROUP) or _SEVERAL.search(value):
        return False
    if kind_of(key) is not kind:  # the name inside of a secret: ``{"password": {"s": ..}}``
        return False
    cased = value != value.lower() and _OF_PASSWORDS.search(key) is not None
    return not cased and not is_opaque(value) and not is_chosen(value)


def _is_no_person(key: str, value: str) -> bool:
    lower = key.lower()
    if len(value) > _LONGEST_OF_TELEPHONES:
        return False
    few = is_of_telephones(key) and sum(map(str.isdigit, value)) < _FEWEST_OF_TELEPHONES
    return (
        (few and not (is_chosen(value) or is_opaque(value)))
        or (lower.endswith("version") and _VERSION.fullmatch(value) is not None)
        or (lower.endswith("name") and _OF_THINGS.fullmatch(value) is not None)
        or (lower.endswith(("username", "user_name", "login")) and _MACHINE_USER.fullmatch(value) is not None)
        or (
            "mail" in lower
            and not lower.endswith(("mail", "mails", "address"))
            and _NO_MAIL.fullmatch(value) is not None
        )
        or (_LAST_FOUR.search(key) is not None and len(value) == 4 and value.isdigit())
        or (bool(items := items_of(value)) and all(verdict(Kind.PERSON, key, item) is None for item in items))
        or (key.endswith(("_id", "color", "colour", "Id")) and _OF_THINGS_IDS.fullmatch(value) is not None)
    )


def _counts(key: str, value: str) -> bool:
    """Whether a number under a secret's name is too short for a secret: how many, or which of them."""
    if not value.isdigit():
        return False
    few = len(value) <= 3 and not _SHORT.search(key)
    return (
        few
        or (len(value) <= 2 and _OF_BOARDS.fullmatch(key) is not None)
        or (len(value) <= 7 and _COUNTABLE.search(key) is not None)
    )


def _names(key: str, value: str) -> bool:
    """Whether a value under a secret's name names a file, a type, an error, a record of it."""
    lower = key.lower()
    return (
        (key in {"PWD", "OLDPWD"} and value.startswith("/"))  # a shell's working directory
        or (lower in {"cookie", "cookies"} and _WORD.fullmatch(value) is not None)  # its name
        or (key == "PublicKeyToken" and _OF_ASSEMBLY.fullmatch(value) is not None)
        or (_OF_RECORD.search(key) is not None and _RECORD.fullmatch(value) is not None)
        or (lower.endswith("sid") and (is_of_object(value) or _OF_WINDOWS.fullmatch(value) is not None))
        or (
            lower.endswith(("connectionstring", "connection_string", "connstr"))
            and _NO_CREDENTIAL.fullmatch(value) is not None
        )
        or (_MADE.search(key) is not None and (is_word_of_grammar(value) or is_error_code(value)))
        or (is_of_record(key) and _OF_RECORDS.fullmatch(value) is not None)
        or (lower.endswith("key") and is_identifier(value))
        or (_OF_STORES.search(key) is not None and _IN_STORE.fullmatch(value) is not None)
        or (_OF_PUBLIC_KEYS.search(key) is not None and _FINGERPRINT.fullmatch(value) is not None)
        or (is_setting(value) and kind_of(value) is Kind.SECRET and not _OF_PASSWORDS.search(key))
        or (is_measured(value) and not _OF_PASSWORDS.search(key))
        or is_path(value)
        or (is_page(value) and not _OF_LINKS.search(key))
        or (bool(items := items_of(value)) and all(verdict(Kind.SECRET, key, item) is None for item in items))
    )


def _stays(kind: Kind, key: str, value: str, *, quoted: bool) -> bool:
    lower = key.lower()
    if kind is Kind.SECRET:
        return is_message(value) and "phrase" not in lower and "mnemonic" not in lower
    if kind is Kind.GROUP:
        return _is_of_group(key, value, quoted=quoted)
    if kind is Kind.OPAQUE:
        return not any(map(is_opaque, value.split(","))) and not (_opens(key) and is_chosen(value.strip("[]<>|")))
    if kind is Kind.NUMBER:
        return not is_personal_number(value)
    if kind is Kind.PERSON:
        return is_message(value) or not any(character.isalnum() for character in value)
    said = is_message(value) and not any(sign.isdigit() or sign.isupper() for sign in value[1:])
    return _is_machine(value) or said or (lower.endswith("zip") and _POSTAL.search(value) is None)


def _is_of_group(key: str, value: str, *, quoted: bool) -> bool:
    """Whether a value under the name of a group says how somebody signs in, or which session it is, and not more."""
    if (not quoted and len(value) < 4) or (value.isdigit() and len(value) <= 7):
        return True
    if (
        _RELEASE.fullmatch(value)
        or _URN.fullmatch(value)
        or is_algorithm(value)
        or is_page(value)
        or is_measured(value)
    ):
        return True
    items = items_of(value)
    if is_of_record(key) and _OF_RECORDS.fullmatch(value):
        return True
    return is_plain_name(value) or (bool(items) and all(verdict(Kind.GROUP, key, item) is None for item in items))


def _is_same_column(key: str, value: str) -> bool:
    """Whether a statement compares a column with that of the same name in another table: ``t.email = s.email``."""
    table, _, column = value.rpartition(".")
    return table.isidentifier() and column == key.rpartition(".")[2]


def _opens(key: str) -> bool:
    """Whether it is called a key, and not a code or a license, whose values are often short and plain."""
    return _NUMBERED.sub("", key.lower()).endswith(("key", "salt", "pat", "keycode", "seed", "pem", "token", "tokens"))


def _is_machine(value: str) -> bool:
    """Whether an address is one of a machine, of memory or of a page."""
    bare = value.strip()
    return (
        " " not in bare
        and bare.isascii()
        and re.fullmatch(r"0x[0-9a-fA-F]+|[0-9a-fA-F]{6,}|[\w.\-/:%\[\]@?=&#]*[.:/][\w.\-/:%\[\]@?=&#]*|[a-z_]+", bare)
        is not None
    )
