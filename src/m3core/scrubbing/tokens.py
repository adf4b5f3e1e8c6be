"""Credentials that show themselves by how they begin: vendors' tokens, JSON web tokens, private keys, hashes.

A prefix alone is not enough: what follows must be long enough and as random as what a machine makes up, so that
``sk_live_your_key_here`` stays. Sources: [GITLEAKS], with which all prefixes were compared, the vendors' own
documentation; RFC 7519, 7468; crypt(5) and PHC string format for hashes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from m3core.scrubbing.checks import entropy
from m3core.scrubbing.clues import has_run
from m3core.scrubbing.policy import Finding
from m3core.scrubbing.values import is_of_object

__all__ = ["PREFIXES", "find_tokens"]

# Prefix and the fewest characters after it. Only those that no ordinary word begins with.
_PREFIXES = """
ghp_ 20|gho_ 20|ghu_ 20|ghs_ 20|ghr_ 20|github_pat_ 20|glpat- 16|gldt- 16|glrt- 16|glptt- 16|glsoat- 16
glcbt- 16|glimt- 16|glft- 16|glffct- 16|glagent- 16|gloas- 16|GR1348941 16|xoxa- 10|xoxb- 10|xoxe- 10|xoxe. 10
xoxo- 10|xoxp- 10|xoxr- 10|xoxs- 10|xoxc- 10|xoxd- 10|xapp- 10|sk_live_ 10|sk_test_ 10|rk_live_ 10|rk_test_ 10
sk_prod_ 10|whsec_ 16|AIza 30|ya29. 16|GOCSPX- 16|1// 30|sk-ant- 20|sk-proj- 20|sk-svcacct- 20|sk-admin- 20
sk-or-v1- 20|sk-lf- 20|sk- 20|hf_ 20|api_org_ 20|npm_ 20|pypi- 30|rubygems_ 20|dckr_pat_ 16|dckr_oat_ 16
dop_v1_ 30|doo_v1_ 30|dor_v1_ 30|shpat_ 20|shpca_ 20|shppa_ 20|shpss_ 20|sq0atp- 16|sq0csp- 16|EAAA 40|SG. 30
key- 30|xkeysib- 30|xsmtpsib- 30|lin_api_ 20|lin_oauth_ 20|secret_ 40|ntn_ 20|figd_ 20|figu_ 20|PMAK- 20
NRAK- 20|NRII- 20|NRJS- 16|NRRA- 20|NRAA- 20|sntrys_ 20|sntryu_ 20|sntryi_ 20|glsa_ 20|glc_ 20|hvs. 20|hvb. 20
hvr. 20|HRKU- 20|fo1_ 20|fm1a_ 20|fm1r_ 20|fm2_ 20|dapi 32|dose 32|sbp_ 20|sb_secret_ 16|pscale_tkn_ 16
pscale_pw_ 16|pscale_oauth_ 16|dp.pt. 20|dp.st. 20|dp.ct. 20|pul- 30|ATATT3 20|ATCTT3 20|ATBB 20|ATSTT3 20
EAAC 60|EAAB 60|EAAG 60|EAAM 60|EAAD 60|dt0c01. 20|dt0s01. 20|EZAK 40|EZTK 40|FLWSECK- 16|FLWSECK_TEST- 12
fio-u- 30|AKCp 50|cmVmd 50|sdk- 32|nfp_ 20|pnu_ 20|rdme_ 30|r8_ 20|shippo_live_ 20|shippo_test_ 20|sqp_ 30
squ_ 30|sqa_ 30|sgp_ 30|slk_ 30|tskey- 16|tfp_ 20|AGE-SECRET-KEY-1 40|p8e- 30|LTAI 12|AQVN 30|CLOJARS_ 40
CCIPAT_ 16|CCIPRJ_ 16|bkua_ 30|gsk_ 30|xai- 30|pplx- 30|lsv2_pt_ 20|lsv2_sk_ 20|wandb_v1_ 20|re_ 24|rzp_live_ 12
rzp_test_ 12|access_token$ 20|pat-na1- 30|pat-eu1- 30|vcp_ 20|vck_ 20|rnd_ 20|napi_ 30|CFPAT- 30|duffel_live_ 30
duffel_test_ 30|ico- 32|API- 26|sm_aat_ 16|sm_pat_ 16|tk-us- 30|ops_eyJ 40|sha256~ 40|bedrock-api-key- 20
ABSK 60|access-production- 30|access-sandbox- 30|access-development- 30|ddapp_ 20|ddapi_ 20|pdus+ 16|u+ 16
phc_ 30|phx_ 30|sk.eyJ 30|live_ 30|lob_live_ 20|AccountKey= 40|FlyV1 40|xprv 60|nvapi- 30|jina_ 30|tvly- 20
e2b_ 20|fw_ 20|ctx7sk- 16|apify_api_ 20|apt_ 30|cio-gh_ 20|cloudsmith_ 20|dnkey- 20|scw- 30|fpk_ 30|ghe_ 20
gitea_ 30|jfrt@ 20|sntrya_ 20|amzn.mws. 30|amzn1.oa2-cs.v1. 30|mailgun- 30|pubkey- 30|aio_ 20|EAACEdEose0cBA 8
QUFBQUFB 40|s-s4t2 40|sat. 40|pat. 40|A21AA 40|BBDC- 30|glrtr- 16|glwt- 16|xoxb. 10|sq0idp- 16|sl. 60|sl.u. 60
cfut_ 20|cfat_ 20|cfk_ 20|dnsimple_u_ 20|dnsimple_a_ 20|endr+ 12|mob- 30|md- 20|mdb_sa_sk_ 20|NRBR- 16|ovsxp_ 20
ovsxat_ 20|pdl_live_ 20|pdl_sdbx_ 20|pts_ 20|persona_production_ 16|persona_sandbox_ 16|pcsk_ 20|pckey_ 20|pina_ 20
polar_ 20|pylf_v1_ 20|phs_ 30|rpa_ 30|rootly_ 30|samsara_api_ 16|shpua_ 20|sk_org_ 16|strp_ 20|tss_ 20|oauth: 26
BBFF- 20|unkey_ 16|vtwn_ 16|vci_ 20|vca_ 20|vcr_ 20|AKLT 30|AKAP 30|ALTAK- 16|bce-v3/ 16|waka_ 20|wrkaus- 30
wrkeu- 30|y0_ 30|t1. 60|zpka_ 20|os_v2_app_ 30|os_v2_org_ 30|nbp_ 20|NF- 30|mlsn. 30|bkct_ 16|bkaj_ 16|bkpat_ 16
bkpt_ 16|snyk_ 16|hawk. 16|vera01ei- 20|CCDB1_ 20|AVNS_ 16|aivenv1 30|xau_ 16|AstraCS: 30|ddp_ 30|ddo_ 30|ory_at_ 20
ory_rt_ 20|ory_ac_ 20|ory_st_ 20|ory_apikey_ 20|ory_pat_ 20|klarna_live_api_ 16|klarna_test_api_ 16|APP_USR- 30
csk- 30|fc- 30|sk-helicone- 16|cnva 30|figoh_ 20|GOOG1 20|4/0A 40|FwoGZXIvYXdz 40|IQoJb3JpZ2lu 40|AQoDYXdz 40
WPL_AP1. 16|SB-Mid-server- 16|Mid-server- 16|secret-token: 16|sandbox_ 30|test_ 30|cflt 40|4b1d 30|hvt. 20|bfp_ 20
FLWPUBK- 16|sk_sbox_ 16|lin_wh_ 20|ghs.ey 30|ion_ 30|rtk_ 30|cfoat_ 20|gta_ 30|kfat_ 20|psec_ 20|logto_ 20
ATTA 50|hcaik_ 20|hcbik_ 20|hcxik_ 20|xaat- 20|xapt- 20|eyJrIjoi 30|sess- 30|AQ.Ab 40|mfa. 60|IGQV 60|act. 40
ek_live_ 16|ek_test_ 16|BQ 100|rzp_ 20|cs_live_ 30|cs_test_ 30|bfl_ 30|lt_ 30|tvly_ 20|xau- 20|sntrysu_ 20
sm_sat_ 16|rk_prod_ 10|tgp_v1_ 30|pa- 40|secret-live- 20|secret-test- 20|secret- 36|inc_ 60|fhb- 30|sk_ 32|dp.sa. 20
dp.scim. 20
dp.audit. 20|key_ 40|cu_ 32|b_ 40|private_ 24|pk_prod_ 24|MDAx 60|AQE 60|sat_ 40|ptr_ 40|rt_ 40|oat_ 40
"""
# Of a token that was cut off less is left; only of those whose beginning is no word.
_CUT = re.compile(
    r"(?<![A-Za-z0-9])(?:AIza|AKIA|ASIA|ya29\.|SG\.|eyJ|(?:gh[opsur]|sk_live|sk_test|rk_live|rk_test|github_pat|npm"
    r"|hf|glsa"
    r"|dop_v1|shpat|whsec|pypi|rubygems|dckr_pat|figd|lin_api|sntrys|sntryu|pscale_tkn)_|(?:xox[abcdeoprs]|xapp|glpat"
    r"|sk-ant"
    r"|sk-proj|tskey|PMAK|NRAK|pypi|xkeysib|GOCSPX|ATATT3)-?)(?P<rest>[\w+/=.\-]{8,400}?)(?=\.{3}|…)"
)
#: How long a word with a shape is at least, of those whose needle is in most words.
_FEWEST = {
    **dict.fromkeys("234567", 52), **dict.fromkeys("5KL", 51), **dict.fromkeys("MNO", 57), "-": 50, "_": 48, "/": 44,
    "00": 42, "|": 30, "SK": 34, "AC": 66, "sk": 122, "AQ": 153, "0.": 60, "st.": 60,
}  # fmt: skip
# The whole shape is known for these, and it is rare enough.
_SHAPES = tuple(
    (needle, _FEWEST.get(needle, 20), re.compile(rf"(?<![A-Za-z0-9]){shape}"))
    for needles, shape in (
        (
            "AK AS AB AC AG AR AI AN A3T",
            r"(?:A3T[A-Z0-9]|A(?:KI|SI|BI|CC|GP|RO|IP|NP|NV|ID)A)[A-Z0-9]{16}(?![A-Za-z0-9])",
        ),
        ("oy2", r"oy2[a-z0-9]{43}(?![A-Za-z0-9])"),
        ("access_token$", r"access_token\$(?:production|sandbox)\$[0-9a-z]{12,20}\$[0-9a-f]{32}"),
        ("NRAL", r"[0-9a-zA-Z]{30,40}NRAL(?![A-Za-z0-9])"),
        ("/", r"[0-9]/\d{10,20}(?:/\d{10,20})?:[0-9a-f]{32}(?![0-9A-Za-z])"),
        ("AKID", r"AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
        ("AZDO", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"),
        (
            "AzSe AzFu AIoT ACDb AzCa AMC APIM",
            r"[A-Za-z0-9]{33,52}(?:AzSe|AzFu|AIoT|ACDb|AzCa|APIM)[A-Za-z0-9+/]{5,42}={0,2}",
        ),
        ("cio", r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
        ("SCW EXO", r"(?:SCW[A-Z0-9]{17}|EXO[0-9a-f]{24})(?![A-Za-z0-9])"),
        ("pk_", r"pk_\d{6,12}_[A-Z0-9]{32}(?![A-Za-z0-9])"),
        ("00", r"00(?=[A-Za-z0-9_-]*[a-z])(?=[A-Za-z0-9_-]*[A-Z])[A-Za-z0-9_-]{40}(?![\w-])"),
        ("AAAAAAAAAAAAAAAAAAAA", r"A{19,24}[A-Za-z0-9%]{50,}"),
        ("msh", r"[0-9a-f]{10}msh[0-9a-f]{15}p1[0-9a-f]{6}jsn[0-9a-f]{12,15}"),
        ("_secret_", r"(?:pi|seti|cs|src)_[A-Za-z0-9]{10,40}_secret_[A-Za-z0-9]{10,40}"),
        ("1000.", r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}"),
        ("K00", r"K00\d[A-Za-z0-9/+]{27}(?![A-Za-z0-9])"),
        ("_", r"[12][A-Za-z0-9]{26}_[A-Za-z0-9]{20,22}(?![\w])"),
        ("YC", r"YC[A-Za-z0-9_-]{38}(?![\w-])"),
        ("2 3 4 5 6 7", r"(?=[a-z]{0,40}[2-7])[a-z2-7]{52}(?![A-Za-z0-9])"),
        ("AC", r"AC[0-9a-f]{32}:[0-9a-f]{32}(?![0-9A-Za-z])"),
        ("SK", r"SK[0-9a-f]{32}(?![0-9A-Za-z])"),
        ("pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
        ("-us", r"[0-9a-f]{32}-us\d{1,2}(?!\w)"),
        (":A", r"(?:bot)?\d{5,16}:[A-Za-z0-9_-]{35}(?![\w-])"),
        ("s.", r"s\.(?=[A-Za-z]{0,23}\d)(?=[a-z0-9]{0,23}[A-Z])[A-Za-z0-9]{24}(?![\w.(-])"),
        (".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}"),
        ("Q~", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
        ("M N O", r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6,7}\.[\w-]{27,45}(?![\w-])"),
        ("A3-", r"A3-[A-Z0-9]{6}-[A-Z0-9-]{20,40}"),
        ("v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,146}"),
        ("_mmk", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"),
        ("00D", r"00D[A-Za-z0-9]{12,15}![\w.]{40,}"),
        (":APA91", r"(?:AAAA[A-Za-z0-9_-]{7}|[\w-]{22}):APA91[A-Za-z0-9_-]{100,}"),
        (".local. .public.", r"v[1-4]\.(?:local|public)\.[\w-]{30,}"),
        (
            ".acc",
            r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[\w+/=-]{30,120}",
        ),
        ("|", r"\d{15,16}\|[\w-]{27,40}"),
        ("KEY0", r"KEY0[A-Za-z0-9]{36}_[A-Za-z0-9]{22}"),
        ("md5", r"md5[0-9a-f]{32}(?![0-9A-Za-z])"),
        ("pk_", r"pk_[0-9a-f]{34}(?![0-9A-Za-z])"),
        ("st.", r"st\.[0-9a-f]{8}-[0-9a-f-]{27}\.[0-9a-f]{20,}\.[0-9a-f]{20,}"),
        ("0.", r"0\.[0-9a-f]{8}-[0-9a-f-]{27}\.[A-Za-z0-9]{20,40}:[\w+/]{20,}={0,2}"),
        ("0/", r"(?<!/)0/[0-9a-f]{32}(?![0-9A-Za-z])"),
        ("api-", r"api-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9A-Za-z])"),
        ("|", r"(?:prod|dev|preview):[\w-]{1,40}\|[\w+/=-]{30,}"),
        ("dG9rO", r"dG9rO[A-Za-z0-9+/]{40,}={0,2}"),
        ("sk", r"sk[A-Za-z0-9]{120,}"),
        ("AQ", r"AQ[A-Z][A-Za-z0-9_-]{150,}"),
        ("5 K L", r"[5KL](?=[A-Za-z]{0,20}\d)[1-9A-HJ-NP-Za-km-z]{50,51}(?![A-Za-z0-9])"),
        ("-", r"[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}(?![\w-])"),
    )
    for needle in needles.split()
)
_REST = r"[\w.~+/=:\-]"
#: Each prefix, the longest first, with the fewest characters after it.
PREFIXES: list[tuple[str, int]] = sorted(
    (
        (prefix, int(fewest))
        for prefix, fewest in (each.rsplit(" ", 1) for each in re.split(r"[|\n]", _PREFIXES.strip()))
    ),
    key=lambda each: -len(each[0]),
)
# By their first two signs, so that at most places none is tried.
_PREFIXED: dict[str, re.Pattern[str]] = {
    start: re.compile("|".join(rf"{re.escape(prefix)}{_REST}{{{fewest},}}" for prefix, fewest in group))
    for start, group in (
        (start, [each for each in PREFIXES if each[0].startswith(start)])
        for start in {prefix[:2] for prefix, _ in PREFIXES}
    )
}
#: A word of a path that only begins like a token: ``key_name/9f86d081``.
_OF_PATH = re.compile(r"[a-z_\-]{1,40}(?:\d{1,4})?[/=:]|[a-z_]{2,40}\.[A-Z][a-z]+[A-Z]")
_BEGINNING = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9].")
# Where tokens can be: long words. The sign at the end is one of URLs' and of the few that hold others.
_LONG = re.compile(r"(?<![\w.~+/=:$|!@\-])[\w.~+/=:$|!@\-]{16,}+")
_JSON_WEB_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])e[yw][A-Za-z0-9_-]{8,}\.(?:[\w-]{2,}|(?=\.))(?:\.[\w-]*){0,4}")
_PRIVATE_KEY = re.compile(
    r"-{4,5}\s?BEGIN[\sA-Z0-9_-]{0,60}PRIVATE\s{1,4}KEY(?:\sBLOCK)?\s?-{4,5}(?P<body>(?:(?!-{4,5}\s?END)[\s\S])*+)(?:-"
    r"{4,5}\s?END[ A-Z0-9_-]{0,60}-{4,5})?"
    r"|PuTTY-User-Key-File-\d[\s\S]*"
)
# The end of a key whose beginning was cut off, and the lines above it.
_PRIVATE_END = re.compile(r"-{4,5}END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-{4,5}")
_KEY_LINE = re.compile(r"[ \t>|.]{0,12}[A-Za-z0-9+/=]{4,80}[ \t\r\\]*")
# The private parts of a key written as JSON (RFC 7518 6), in what is no JSON as a whole.
_JWK = re.compile(r"""["'](?:d|p|q|dp|dq|qi|k)\\*["']\s{0,3}:\s{0,3}\\*["'](?P<value>[\w\-]{16,4000})["'\\]""")
# The first bytes of private keys in DER and of OpenSSH, when their first line is missing.
_KEY_BODY = re.compile(
    r"(?:MII[A-Za-z0-9+/]{1,3}[A-Z]?I?BA(?:A[CK]|D)|MI[A-Z][A-Za-z0-9+/]{0,3}CAQAw|MH[cg]CAQE"
    r"|MIG[A-Z0-9]{1,3}AgEA|MC4CAQAw|b3BlbnNzaC1rZXktdjE)"
    r"[A-Za-z0-9+/=\s\\]{20,}"
)
_HASH = re.compile(
    r"\$(?:2[abxy]?|argon2(?:id?|d)|5|6|1|y|7|apr1|scrypt|pbkdf2[\w-]*|sha1|md5)\$[\w./+=,$-]{20,}"
    r"|(?:pbkdf2_sha(?:256|1)|bcrypt_sha256|scrypt|argon2)\$[\w./+=,$-]{20,}"
    r"|(?:pbkdf2:sha\d{1,3}(?::\d{1,8})?|scrypt:\d+:\d+:\d+)\$[\w./+]{4,}\$[0-9a-f]{32,}"
    r"|(?<![\w*])\*[0-9A-F]{40}(?!\w)"
    r"|\{(?:SSHA|SHA|SMD5|CRYPT|PBKDF2)[\w-]*\}[\w./+=$-]{16,}"
)
_HOOK = re.compile(
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks"
    r"|outlook\.office\.com/webhook"
    r"|webhook\.office\.com/webhookb2|hooks\.zapier\.com/hooks/catch|api\.telegram\.org/bot"
    r"|events\.pagerduty\.com/integration"
    r"|hook\.(?:eu|us)\d\.make\.com|chat\.googleapis\.com/v1/spaces|maker\.ifttt\.com)[/\w:.@\-?=&%]{8,}"
)
# The least that a machine's token has in one piece: words without it are those of paths, hosts and names.
_RUN = re.compile(r"(?=[A-Z]{0,20}[a-z]{0,20}(?:\d|[A-Z])|[a-z]{16})[A-Za-z0-9]{8}")
_SEGMENT = re.compile(r"[A-Za-z0-9]+")
_CHANGE = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])|[a-z](?=[A-Z])|[A-Z](?=[a-z])")
#: What stands before a digest in base64, of which go.sum's is one.
_DIGEST = re.compile(
    r"(?:sha-?(?:1|256|384|512)|digest|checksum(?:[_\-.]?sha\d{0,3})?|content[_\-]?md5|integrity|\bh1)"
    r"[\"']?[\-=: ]{1,3}[\"']?$",
    re.IGNORECASE,
)
# AWS and Azure give these no prefix; their lengths and their letters are known.
_NAKED = re.compile(
    r"(?<![A-Za-z0-9+/_.\-])(?<!==)(?:[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=_\-])"
    r"|(?<![A-Za-z0-9+_.\-])(?:[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{43}=)(?![A-Za-z0-9+/=_\-])"
)


def find_tokens(text: str) -> Iterator[Finding]:
    """Yield the credentials in a text that are known by their own form."""
    if "PRIVATE" in text or "PuTTY" in text:
        yield from (Finding(*match.span(), "private-key") for match in _PRIVATE_KEY.finditer(text))
        yield from _cut_keys(text)
    if "kty" in text:
        yield from (Finding(*match.span("value"), "private-key") for match in _JWK.finditer(text))
    if "$" in text or "{" in text or "*" in text:
        yield from (Finding(*match.span(), "password-hash") for match in _HASH.finditer(text))
    if "..." in text or "…" in text:
        for match in _CUT.finditer(text):
            if any(map(str.isdigit, match["rest"])):
                yield Finding(*match.span(), "vendor-token")
    if has_run(text) or ".com/" in text or ".org/" in text or "A3-" in text:
        for word in _LONG.finditer(text):
            yield from _in_word(text, *word.span())


def _cut_keys(text: str) -> Iterator[Finding]:
    for match in _PRIVATE_END.finditer(text):
        begin = match.start()
        while begin > 0:
            above = max(text.rfind(" ", 0, begin - 1), text.rfind("\n", 0, begin - 1)) + 1
            if begin - above > 120 or not _KEY_LINE.fullmatch(text, above, begin - 1):
                break
            begin = above
        if begin < match.start():
            yield Finding(begin, match.end(), "private-key")


def _in_word(text: str, begin: int, end: int) -> Iterator[Finding]:
    word = text[begin:end]
    if ".com/" in word or ".org/" in word:
        yield from (Finding(*match.span(), "webhook-url") for match in _HOOK.finditer(text, begin, end + 200))
    if not _RUN.search(word) and "A3-" not in word:
        return
    yield from _prefixed(word, begin)
    if len(word) >= 20:
        for start, stop, rule in _shaped(word, text, begin):
            yield Finding(begin + start, begin + stop, rule)
    # Of keys the lines go on beyond the word.
    if "M" in word or "b3B" in word:
        yield from (Finding(*match.span(), "private-key") for match in _KEY_BODY.finditer(text, begin, end))


def _prefixed(word: str, begin: int) -> Iterator[Finding]:
    done = 0
    for start in _BEGINNING.finditer(word):
        shapes = _PREFIXED.get(start[0])
        match = shapes.match(word, start.start()) if shapes is not None and start.start() >= done else None
        if match is not None:
            done = match.end()
            rest = match[0][_prefix_length(match[0]) :]
            if _is_random(rest) and not is_of_object(match[0]) and not _OF_PATH.match(rest):
                yield Finding(begin + match.start(), begin + done, "vendor-token")


def _prefix_length(token: str) -> int:
    """Return how much of a token is the longest prefix that it begins with."""
    return next((len(prefix) for prefix, _ in PREFIXES if token.startswith(prefix)), 0)


def _shaped(word: str, text: str, begin: int) -> Iterator[Finding]:
    if "ey" in word or "ew" in word:
        yield from (Finding(*match.span(), "web-token") for match in _JSON_WEB_TOKEN.finditer(word))
    length = len(word)
    for needle, fewest, shape in _SHAPES:
        if length >= fewest and needle in word:
            yield from (Finding(*match.span(), "vendor-token") for match in shape.finditer(word))
    if len(word) >= 40:
        for match in _NAKED.finditer(word):
            digest = _DIGEST.search(text, max(0, begin + match.start() - 60), begin + match.start())
            if _is_key_material(match[0]) and not digest and not _is_packed_text(match[0]):
                yield Finding(*match.span(), "key-material")


def _is_random(rest: str) -> bool:
    """Whether what follows a prefix was made by a machine: ``your_key_here`` and ``xxxxxxxx`` were not."""
    longest = max(_SEGMENT.findall(rest[:400]), key=len, default="")
    if len(longest) < 8 or entropy(rest[:200]) < 2.8:
        return False
    changes = len(_CHANGE.findall(longest))
    return changes >= 3 or (len(longest) >= 16 and (changes >= 1 or entropy(longest) > 3.3))


def _is_packed_text(written: str) -> bool:
    """Whether it is a text in base64: what it says is looked at for itself."""
    try:
        return base64.b64decode(written + "=" * (-len(written) % 4)).decode("ascii").isprintable()
    except ValueError:
        return False


def _is_key_material(text: str) -> bool:
    body = text.rstrip("=")
    kinds = (any(map(str.isupper, body)), any(map(str.islower, body)), sum(map(str.isdigit, body)) >= 2)
    changes = len(re.findall(r"[a-z][A-Z0-9/+]|[0-9][A-Za-z/+]|[A-Z][0-9]", body))
    return all(kinds) and entropy(body) > 4.2 and changes >= 6 and body.count("/") <= 4
