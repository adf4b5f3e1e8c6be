"""Names of persons where companies, teams and programs stand as well: ``owner``, ``client_name``, ``recipient``."""

from __future__ import annotations

import re

__all__ = ["is_party", "is_person_name"]

#: Who somebody is to somebody else. Under these alone stands who it is.
_PARTIES = frozenset(
    re.findall(
        r"\S+",
        """
    owner recipient buyer payee payer landlord applicant addressee guardian representative attention sender holder
    partner client assignee reviewer approver referrer referee supplier contact manager supervisor signer attendee
    participant invitee spouse lead customer member seller agent advisor broker organizer requester reporter
    author creator editor salesperson rep lessee insured beneficiary debtor creditor heir
    """,
    )
)

_WORD = r"(?:[OD]['’])?[^\W\d_a-z][^\W\d_]{1,20}(?:['’\-][^\W\d_]{1,20}){0,3}"
_NAME = re.compile(
    rf"(?:(?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Mme|Sr|Sra)\.? )?{_WORD}(?: (?:[^\W\d_a-z]\.|{_WORD}"
    rf"|van|von|de|del|della|der|den|da|dos|di|la|le|bin|al|ter|zu|y|e)){{0,4}} {_WORD}"
)
#: One of these words makes it somebody else's: of companies, of teams, of machines, of roles.
_OTHERS = frozenset(
    re.findall(
        r"\S+",
        """
    ltd limited inc corp corporation company co llc llp plc gmbh ag kg ohg ug se sa sas sarl srl spa bv nv ab as
    oy aps kft pty pte holding holdings group groupe gruppe partners associates brothers sons industries
    enterprises solutions systems services service consulting technologies technology tech software labs lab
    studio studios media bank insurance capital ventures foundation institute university college school hospital
    clinic ministry department dept office agency bureau council club association union society church museum
    hotel restaurant cafe logistics transport energy power foods pharma motors airlines international global
    worldwide america europe asia team teams squad crew operations ops sales support marketing finance
    accounting legal engineering platform infrastructure security data product products design research
    development quality success customer account accounts billing payroll procurement purchasing revenue
    relations resources people admin administrator administrators system user users default unknown anonymous
    nobody everyone all none test demo sample example guest service-account robot bot scheduler worker job queue
    batch cron import importer export migration sync api app application client server web mobile desktop
    browser portal website dashboard console gateway proxy agent connector integration plugin chrome firefox
    safari edge android ios windows linux mac google microsoft amazon apple north south east west central region
    store shop market trade trading supply supplies manager head lead director chief officer owner desk center
    centre unit division branch board new open closed primary secondary internal external shared public private
    general main home house high low pending cluster plan basic premium standard gold silver node instance pool
    kafka redis postgres class session request apache maven jenkins gradle mozilla oracle github gitlab docker
    kubernetes ubuntu debian nginx spring django rails laravel react angular python java visual studio eclipse nvidia
    intel samsung galaxy pixel theme tutor flights marketplace eu us uk pipeline report reports export catalog
    catalogue campaign form field index model mini pro plus max lite beta template workflow list view chart table page
    site blog news newsletter monitor alert alerts incident release deployment build suite summary overview weekly
    daily monthly quarterly yearly trial legacy archive backup policy group feed bucket stack cloud edge function
    source destination metric metrics space channel profile setting settings permission access key token password
    invoice invoices order orders lead leads deal deals contract task tasks meeting calendar event events webhook
    """,
    )
)


def is_person_name(text: str) -> bool:
    """Whether a text is two to six words of a person's name, and none that a company, a team or a program has."""
    bare = text.strip().strip("\"'")
    if len(bare) > 80 or not _NAME.fullmatch(bare):
        return False
    return bare != bare.upper() and _OTHERS.isdisjoint(re.findall(r"[^\W\d_]+", bare.lower()))


def is_party(words: list[str]) -> bool:
    """Whether the words of a field's name say that somebody stands under it: a person, a company or a program."""
    if words == ["nm"]:  # ISO 20022
        return True
    if words[-1:] in (["name"], ["names"]):
        return not _PARTIES.isdisjoint(words) or words[-2:-1] in (["to"], ["display"])
    return words[-1:] != [] and (
        words[-1] in _PARTIES or words[-2:] in (["sold", "to"], ["ship", "to"], ["bill", "to"])
    )
