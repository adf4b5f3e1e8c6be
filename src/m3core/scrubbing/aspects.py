"""What the name of a field says *about* a secret or about somebody: how long, how many, of which kind, since when."""

from __future__ import annotations

import re

__all__ = ["is_aspect"]

# A name that ends with one of these is about a secret, and its value mostly is none.
_ABOUT = frozenset(
    re.findall(
        r"\S+",
        """
    start started end ended login replay backend country lookup reminder book layout view second seconds campaign seen
    count counts used usage limit limits max min total length len size type types kind expires expiry expired
    expiration expire ttl age at since until valid enabled disabled required changed change policy attempts
    attempt strength name names method methods mode provider algorithm algo alg status state verified version
    url uri endpoint path file field fields form page template ms seconds s duration timeout lifetime created
    updated budget rate cost price usd audience issuer scheme realm format label placeholder column error
    errors message messages rotated rotation days minutes hours index position consent banner jar samesite
    secure httponly domain host port source strategy level sent bounced queue server service job subject
    retries retry scope scopes grant ok missing present confirmation reset resets failures success id_type arn
    synced imported exported loaded skipped processed matched merged today hidden shown prefix suffix masked zoom
    maxlifetime maxage template app exception failure warning family remaining left available depth space pool
    size ratio percent interval delay batch window quota threshold capacity supported
    currency color colour list lists system options attribute pattern regex
    region zone queued pending avg rps hasher hashers validator validators backends factory middleware
    check checks ref reference in by via header param parameter result reason flow user users tenant hint_shown hits cls
    office campaign decoder delta layer entries client event events frequency notification notifications confirmed bytes
    theta regexp score format formats validation validator lookup clicks opens opt
    """,
    )
)
#: The same of secrets alone: of people some of these are personal, an ethnic group and the identity of a gender.
_ABOUT_SECRETS = frozenset(
    re.findall(
        r"\S+",
        """
    last four set owner symbol standard decimals cache manager encryption rule rules entropy store stores engine lambda
    fee title timezone affinity bind binding plugin context chain leeway kid channel plan tier brand network funding
    sum agg percentage role roles event events attributes domains metadata uploaded entries dir directory bits bytes
    digits chars characters step steps stage phase purpose function class module package protocol screen dialog modal
    icon program feature flag flags option options config settings operation action permission permissions access lock
    fingerprint thumbprint complexity widget rounds iterations delivery period namespace bucket board exp iat nbf
    confirmed agent origins trusted theme quality ids
    locked sync refresh renewal search filter sort order score rank priority weight width height table tables row rows
    record records group groups tag tags topic offset origin location audit identity
    """,
    )
)
_ABOUT_FIRST = frozenset(
    re.findall(
        r"\S+",
        """
    is has had num max min total avg mean median p50 p95 p99 cost price
    needs requires require allow allowed missing n count mask masked redact hide
    """,
    )
)
#: What is known of people even where the name ends like one of a count.
_OF_BODIES = frozenset(["blood", "marital"])
#: What people have as well, and secrets are only called.
_OF_PEOPLE = frozenset(["name", "names", "number", "user", "users", "last", "family"])
_COUNTED = frozenset(
    re.findall(
        r"\S+",
        """
    max min prompt completion input output total cached reasoning used thinking audio num
    """,
    )
)


def is_aspect(words: list[str], *, of_people: bool) -> bool:
    """Whether the words of a name are those of an aspect; ``of_people``: what it is about are people."""
    if not _OF_BODIES.isdisjoint(words) or (of_people and words[-1] in _OF_PEOPLE):
        return False
    words = words if not words[-1].isdigit() else words[:-1] or words
    last = words[-1]
    if last == "id" and len(words) > 1:  # what an aspect is called by
        last = "field" if words[-2] in {"input", "element", "widget"} else words[-2]
    counted = last == "tokens" and not _COUNTED.isdisjoint(words)
    known = last in _ABOUT or (last in _ABOUT_SECRETS and not of_people)
    return known or words[0] in _ABOUT_FIRST or counted
