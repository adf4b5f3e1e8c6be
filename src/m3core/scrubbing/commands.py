"""Secrets that programs are called with: options of command lines, of clients of databases, of archives.

Sources: the manuals of curl, wget, mysql, redis-cli, mongosh, sqlcmd, bcp, openssl, 7-Zip, unzip, OpenLDAP, smbclient,
net use, Vault, Azure's command line, ipmitool, snmpwalk, htpasswd, rabbitmqctl, SQL*Plus; PostgreSQL's password file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.readings import Reading
from m3core.scrubbing.values import is_chosen, is_harmless, is_opaque

__all__ = ["find_arguments"]

_OPTION = re.compile(r"(?<![\w-])--?(?P<key>[A-Za-z][\w-]{1,40})[ \t]+[\"']?(?P<value>[^\s\"'-][^\s\"']{0,300})")
#: What a message or a summary of options goes on with: ``[--token TOKEN]``, ``use --token instead of ..``.
_OF_USAGE = re.compile(
    r"[A-Z][A-Z_]{2,24}[\]|)]{0,3}|<[\w\-]{2,40}>?|(?:instead|requires?|required|options?|flags?|arguments?|parameters?"
    r"|needs?|must|cannot|can|and|or|is|are|was|were|with|to|if|when|for|from|has|have|without|on|in|as|at|but|not|only"
    r"|before|after|because|should|will|may|value|values|set|given|via|using|which|that|the|a|an)[.,;:)]?"
)
_CURL = re.compile(
    r"(?<!\S)(?:-u|--user|--proxy-user|--(?:src|dest)-creds)[ =]?[\"']?"
    # A user and a password, or a token in a user's place.
    r"(?P<value>[^\s:\"']{1,100}:[^\s\"']{1,200}|[0-9A-Za-z_\-]{24,100}(?=:[\s\"']))"
)
_MYSQL = re.compile(
    r"\b(?:(?:mysql|mariadb)[\w\-]*[^\n]{0,200}?[ \t]-p[\"']?"
    r"|(?:(?:docker|podman|buildah|nerdctl|registry|skopeo|oras) login|sshpass)\b[^\n]{0,200}?[ \t]-p ?[\"']?)"
    r"(?P<value>[^\s\"'-][^\s\"']*)"
)
# By program: the option whose value is a password, or what stands before it.
_PROGRAMS = re.compile(
    r"\b(?:"
    + "|".join(
        rf"(?:{programs})\b[^\n|;]{{0,200}}?[ \t\"'](?:{before})"
        for programs, before in (
            (r"redis-cli|https?|xhs?", r"(?:-a|--auth)[ =]?(?:[\w.@\-]{1,60}:)?"),
            (r"mongo(?:sh|dump|restore|export|import|stat|top)?|az|rdesktop|psexec", r"-p[ =]?"),
            (r"mosquitto_\w+|oc login|ipmitool|mutt|cqlsh|cypher-shell|twine|useradd|usermod|ncftp\w*", r"-p[ =]?"),
            (r"mosquitto_\w+|sqlcmd|bcp|tsql|isql|unzip|zip|ipmitool|telegraf|mosquitto", r"-P[ =]?"),
            (r"isql", r"[\w.\-]{1,40} [\w.\-]{1,40} "),
            (r"ldappasswd", r"-(?:s|a)[ =]?"),
            (r"pdftotext|pdfinfo|pdftoppm|pdfunite", r"-(?:upw|opw)[ =]?"),
            (r"pdftk", r"(?:input_pw|owner_pw|user_pw) (?:\w=)?"),
            (r"qpdf", r"--encrypt (?:[^\s]+ )?"),
            (r"swaks|sendemail", r"-[ax]p[ =]?"),
            (r"signtool|certutil", r"[/-]p[ =]?"),
            (r"wpa_passphrase", r"[\w.\-]{1,40} "),
            (r"cargo login|npm token|gem push", r"(?:--key )?"),
            (r"npm config set|yarn config set|npm set", r"[\w/:.@\-]{0,80}_(?:authToken|auth|password)[ =]"),
            (r"vault (?:kv )?(?:put|write|patch)", r"[\w/.\-]{1,120} (?:[\w\-]+=[^\s]+ ){0,8}[\w\-]+="),
            (r"sonar-scanner|mvn|gradle\w*", r"-Dsonar\.(?:login|token)="),
            (r"7z[ar]?|rar|unrar|rabbitmqadmin", r"-h?p[ =]?"),
            (r"ldap(?:search|modify|add|delete|whoami|passwd|compare)|iperf3|security", r"-w[ =]?"),
            (r"openssl", r"-(?:k|K|pass|passin|passout)[ =](?:pass:)?"),
            (r"ssh-keygen", r"-(?:N|P)[ =]?"),
            (r"snmp\w+", r"-(?:A|X|c)[ =]?"),
            (r"smbclient|winexe|rpcclient|smbget", r"-U[ =]?[\w.\\/@\-]{1,60}%"),
            (r"smbclient", r"(?:\\{2,4}|//)[\w.\-]{1,60}[\\/]{1,2}[\w.$\-]{1,60} "),
            (r"xfreerdp|wfreerdp|mstsc", r"/p:"),
            (r"vault", r"login (?:-[\w=\-]+ )*"),
            (r"htpasswd", r"-\w*b\w* [^\s]+ [^\s]+ "),
            (r"rabbitmqctl", r"(?:add_user|change_password|authenticate_user) [^\s]+ "),
            (r"lftp", r"-u[ =]?[^\s,]{1,60},"),
            (r"dscl", r"-passwd [^\s]+ "),
            (r"mysqladmin", r"password "),
            (r"passwd|chpasswd", r"(?:<<< ?[\"']?)?[\w.\-]{1,40}:"),
            (r"net use|net user", r"/user:[^\s]+ |\\\\[\w.\-]{1,60}\\{1,2}[\w.$\-]{1,60} "),
            (r"sqlplus|sqlldr|expdp|impdp|rman|exp|imp", r"(?:-[SL] |userid=|target )?[\w$#.\-]{1,40}/"),
        )
    )
    + r")[\"']?(?P<value>[^\s\"'@\-<>|][^\s\"'@<>|]{2,200})"
)
#: What stands before a password in the call of a program.
_MARKS = (
    " -",
    "/p:",
    "user",
    "login ",
    "pass",
    "sql",
    "imp ",
    "exp ",
    "push ",
    "config set",
    "vault ",
    "pdftk",
    "net use",
    "signtool",
    "smbclient",
)
_PROGRAM = re.compile(
    r"redis-cli|http|mongo|\baz |rdesktop|psexec|mosquitto|\boc |ipmitool|sqlcmd|\bbcp|isql|zip|\b7z|rar|rabbitmq|ldap"
    r"|openssl|ssh-keygen|snmp|smbclient|winexe|rpcclient|freerdp|vault|htpasswd|lftp|dscl|mysqladmin|passwd|net use"
    r"|sqlplus|sqlldr|expdp|impdp|rman|\bexp |\bimp |security |iperf3|mutt|telegraf|sql |cqlsh|cypher|twine"
    r"|user(?:add|mod)|ncftp|pdft|pdfi|pdfu|qpdf|swaks|sendemail|signtool|xhs? -|docker|podman"
    r"|certutil|wpa_|cargo login|npm |yarn |gem push|sonar|\bmvn|gradle"
)
# Oracle's user/password@address, and the lines of PostgreSQL's password file.
_SLASHED = re.compile(
    r"(?<![\w/@:.\-])[A-Za-z][\w$.\-]{0,39}/(?P<value>[^\s/@\"'()]{4,100})@(?:(?P<sure>//)[\w.\-]"
    r"|[A-Za-z][\w.\-]{0,80}(?::\d{2,5}|/\w|(?=[\s)\"',]|$)))"
)
# What is handed to a program on its standard input.
_PIPED = re.compile(
    r"\b(?:echo|printf|print)(?: -\w{1,2}){0,2} [\"']?(?:[\w.\-]{1,40}:)?(?P<value>[^\s\"'|:]{4,200})[\"']?"
    r"\s{0,2}\|\s{0,2}[^\n|]{0,60}?"
    r"(?:kinit|sudo -S|su\b|--?password-stdin|passwd|chpasswd|--?passphrase-fd|cryptsetup|gpg|openssl|smbpasswd"
    r"|docker login)"
    r"|\b(?:kinit|sudo|passwd|su)\b[^\n|<]{0,60}<<<[ ]?[\"']?(?P<here>[^\s\"']{4,200})"
)
#: A word with a large letter and a digit: elsewhere a name of a thing may be written so.
_MIXED = re.compile(r"(?=[^\W_]*[a-z])(?=[^\W_]*[A-Z])(?=[^\W_]*\d)[^\W_]{8,64}")
#: Between the arguments of a program where they are written as a list.
_BETWEEN = re.compile(r"\\?[\"'],\s?[bu]?\\?[\"']|[\[(][bu]?\\?[\"']|\\?[\"'][\])]")
_PGPASS = re.compile(
    r"(?<![\w.:/\-])(?:[\w.\-]{1,80}|\*):(?:\d{2,5}|\*):(?:[\w\-]{1,60}|\*):[\w.\-]{1,60}:"
    r"(?P<value>[^\s:\"',;]{4,200})(?=[\s\"',;]|$)"
)


def find_arguments(text: str, lower: str) -> Iterator[Finding]:
    """Yield the secrets in a text that stand where programs take them, in a line or as a list of arguments."""
    yield from _in_line(text, lower)
    if "'-" in text or '"-' in text:
        line = Reading(text).rewritten(_BETWEEN, lambda _: " ")
        for finding in _in_line(line.text, line.text.lower()):
            yield Finding(*line.where(finding.start, finding.end), finding.rule)


def _in_line(text: str, lower: str) -> Iterator[Finding]:
    if " -" in text or ("-" in text and _OPTION.search(text)):
        yield from _options(text)
    if any(map(lower.__contains__, _MARKS)) and _PROGRAM.search(lower):
        for match in _PROGRAMS.finditer(text):
            mixed = text[match.start("value") - 1] != "/" and _MIXED.fullmatch(match["value"])  # no file's name
            if _is_given(match["value"]) or (mixed and not is_harmless(match["value"])):
                yield Finding(*match.span("value"), "command-line")
    yield from _piped(text)
    if "/" in text and "@" in text:
        for match in _SLASHED.finditer(text):
            if _is_given(match["value"]) and (match["sure"] or is_chosen(match["value"])):
                yield Finding(*match.span("value"), "url-password")
    if text.count(":") >= 4:
        for match in _PGPASS.finditer(text):
            if is_chosen(match["value"]):
                yield Finding(*match.span("value"), "credentials")


def _piped(text: str) -> Iterator[Finding]:
    if "|" in text or "<<<" in text:
        for match in _PIPED.finditer(text):
            if _is_given(match[match.lastgroup or 0]):
                yield Finding(*match.span(match.lastgroup or 0), "command-line")


def _is_given(value: str) -> bool:
    """Whether it is a value, and not a word, an option, a file or a place for one."""
    return value != FILTERED and not is_harmless(value) and (is_chosen(value) or is_opaque(value) or value.isdigit())


def _options(text: str) -> Iterator[Finding]:
    for match in _OPTION.finditer(text):
        rule = verdict(kind_of(match["key"]), match["key"], match["value"])
        if rule and kind_of(match["key"]) is Kind.SECRET and not _OF_USAGE.fullmatch(match["value"]):
            yield Finding(*match.span("value"), rule)
    for pattern in (_CURL, _MYSQL):
        yield from (
            Finding(*match.span("value"), "command-line")
            for match in pattern.finditer(text)
            if match["value"] != FILTERED and not is_harmless(match["value"].rpartition(":")[2])
        )
