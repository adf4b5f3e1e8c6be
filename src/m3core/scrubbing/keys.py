"""What the name of a field says of its value.

A name is read without its spelling: ``DB_PASSWORD``, ``dbPassword``, ``db.pass-word``, ``P4ssw0rd`` and look-alike
letters are one. Sources: the deny lists of Sentry's SDKs and of Relay (key patterns), OWASP's logging cheat sheet
(data to exclude), Article 4 and 9 of the GDPR for personal data, OpenTelemetry's names for addresses.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from m3core.scrubbing import languages
from m3core.scrubbing.aspects import is_aspect
from m3core.scrubbing.names import joined, joined_words, pieces, read_name
from m3core.scrubbing.parts import crosses, stands_in
from m3core.scrubbing.persons import is_party

__all__ = [
    "Kind",
    "about_secret",
    "is_compound",
    "is_of_record",
    "is_of_telephones",
    "is_personal_number",
    "is_secret_key",
    "kind_of",
    "kind_of_path",
]


class Kind(Enum):
    """What stands under a key. The value is the rule that is named when it is taken out."""

    SECRET = "secret-key"  # noqa: S105 - a rule's name
    #: A secret as text, but often the name of a group of harmless fields.
    GROUP = "secret-group"
    #: A secret only if it looks like one.
    OPAQUE = "opaque-value"
    PERSON = "personal-key"
    #: A number of a person, if it is one: the short names of such numbers are those of other things, too.
    NUMBER = "personal-number"
    #: Somebody's name, if it is one: of whom a company, a team or a program may be as well.
    PARTY = "personal-name"
    ADDRESS = "address-key"
    ORDINARY = ""

    #: Each is but itself: the hash of its name, which enumerations take, is computed in Python each time.
    __hash__ = object.__hash__


# Anywhere in the name without separators.
_SECRET_PARTS = re.compile(
    "|".join(
        re.findall(
            r"\S+",
            """
    xapisign mashapekey insertkey honeycombteam sslclientcert forwardedclientcert amzcognito transmissionsig
    twofactorcode 2facode casticket clientassertion walletseed privateexponent
    serialkey pushtan wifikey communitystring snmpcommunity invitationcode invitecode webhookkey firebasekey
    apnskey doorcode
    password passwd passwrd pasword passphrase passcode passwort pswd pwd secret token apikey accesskey
    privatekey privkey signingkey encryptionkey decryptionkey masterkey sharedkey secretkey authkey hmackey
    subscriptionkey functionskey accountkey sessionkey licensekey deploykey sshkey authorization
    credential cookie csrf xsrf sessionid sessid cardnumber cardno ccnumber ccnum creditcard debitcard
    securitycode verificationcode recoverycode backupcode onetimecode accesscode authcode connectionstring
    connstr refreshtoken bearer mnemonic seedphrase recoveryphrase samlresponse samlrequest keystore
    webhookurl xamzsignature xgoogsignature sharedaccesssignature codeverifier applicationkey appkey consumerkey
    writekey ingestkey integrationkey serverkey servicekey cipherkey tlskey sslkey pemkey rememberme
    activationcode resetcode smscode mfacode devicecode unlockcode securityanswer xamznoidc clientprincipal
    stripesignature hubsignature slacksignature svixsignature twiliosignature shopifyhmac webhooksignature
    requirepass masterauth otpauth magiclink resetlink invitelink loginlink unsealkey recoverykey backupkey
    digestha ntlmhash keytab rsaprivate ecprivate
    wrappingkey rootkey symmetrickey jwtkey gpgkey pgpkey ided25519 websocketkey xsignature
    authenticationcode otpcode cardnum cardnr trackdata pinblock kubeconfig dockerconfigjson
    activationkey productkey signaturekey certificatekey algoliaadminkey privateseed xprv
    questionanswer dockercfg jfrogartapi jaasconfig instrumentationkey
    """,
        )
    )
)
_SECRET_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
    pin cvv cvv2 cvc cvc2 cvn csc otp totp dsn jwt sid pw psw psk creds passkey parol pass puk pepper dpop
    sshpass dbpass userpass smtppass mysqlpass rootpass adminpass ftppass mailpass proxypass keypass storepass dbpw
    userpw adminpw rootpw bindpw psswd passw pword pswrd upass sessiontoken connectsid phpsessid
    jsessionid pgpassword pgpass netrc htpasswd sas cred ha1 xkey signkey fcmkey safecode alarmcode gatecode aeskey
    nthash lmhash rsakey idrsa ccnr deskey certkey usercode entrycode xlinesignature linesignature
    """,
    )
)
_GROUP_WORDS = frozenset(["auth", "authn", "authentication", "session", "sess", "oauth", "sso", "saml", "mfa"])
_OPAQUE_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
    key code sig signature nonce ticket hmac salt assertion license pat private shadow kek dek cmk pem seed keycode
    """,
    )
)
#: Vendors whose keys have no form of their own: what stands under the name alone, if it looks like one. [GITLEAKS]
_VENDORS = frozenset(
    re.findall(
        r"\S+",
        """
    adafruit airtable algolia alibaba asana atlassian bitbucket bittrex cloudflare codecov cohere coinbase confluent
    contentful databricks discord droneci dropbox etsy fastly finicity finnhub flickr freshbooks gitter heroku hubspot
    intercom kraken kucoin launchdarkly mailchimp mailgun mapbox mattermost meraki messagebird netlify newrelic nytimes
    okta openai anthropic stripe adyen paypal pagerduty plaid rapidapi sendbird sendgrid snyk sonar squarespace
    sumologic travis twilio twitch twitter typeform
    yandex zendesk
    """,
    )
)
#: What a key beside a vendor's name is by which that one folds, orders or finds what it is sent.
_FOLDING = frozenset(
    ["dedup", "dedupe", "deduplication", "idempotency", "partition", "cache", "grouping", "incident", "alert", "sort"]
)
_PERSON_PARTS = re.compile(
    "|".join(
        re.findall(
            r"\S+",
            """
            remoteuser forwardeduser authenticateduser preferredname childname driverslicence driverlicence patientid
            signatory policyholder birthcity vehicleplate middleinitial genderidentity politicalparty allergies
            disability birthyear yearofbirth cityofbirth countryofbirth bloodgroup salary maritalstatus sexualidentity
            twitterhandle instagramhandle linkedinprofile facebookid voterid insuranceid latitude longitude geolocation
    firstname lastname fullname givenname familyname surname middlename maidenname forename legalname realname
    customername contactname patientname employeename recipientname cardholder accountholder
    nameoncard beneficiary emailaddress dateofbirth birthdate birthday placeofbirth birthplace socialsecurity
    nationalid nationalinsurance passportn passportid driverslicense driverlicense drivinglicence identitycard
    personnummer aadhaar nhsnumber accountnumber routingnumber sortcode bankaccount medicalrecord
    healthinsurance steuerid steuernummer taxnumber taxpayer taxfile phonenumber mobilenumber telephone msisdn
    username loginname mobilephone cellphone contactperson billingname shippingname emergencycontact nextofkin
    licenceplate licenseplate numberplate vehicleregistration taxid taxref vatnumber fiscalcode identitynumber
    idnumber idcard mothername fathername patronymic diagnosis bloodtype medication religion ethnic
    sexualorientation socialinsurance insurancenumber insuranceno visanumber residencepermit acctno acctnum
    accountno homephone workphone skypeid whatsappn nameofb personname contactnumber contactno doctorname teachername
    nursename authorname tutorname witnessname donorname residentname relativename lastnamekana vatid imya familiya
    otchestvo
    """,
        )
    )
)
_PERSON_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
    fname lname vin cell telegram nationality initials gender sex pronouns income spouse
    email mail emails phone phones mobile tel fax dob ssn nino cpf iban passport skype whatsapp wechat imei imsi
    iccid mrn ehic nickname forename surname bsn pesel curp firstname lastname nif nie dni sin taxid tin
    """,
    )
)
#: Numbers of people by the short names that authorities give them, among them some that mean other things elsewhere.
_NUMBER_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
    cc ccn pan
    tfn pps ppsn rfc egn oib jmbg emso cpr svnr hkid mykad nik ktp npwp mynumber rut afm amka medicare snils inn ein
    niss nrn rijksregisternummer rrn ird zehut cnic mbi nuip nis nin bvn ahv avs itin utr cuil cuit cedula kennitala
    isikukood hetu nric cnp steuernr steueridnr sozialversicherung svnummer mrn ktn kontonr fodselsnummer cns amv rodne
    """,
    )
)
_PERSONAL_NUMBER = re.compile(
    r"[A-Z]{0,5}[ .\-]?\d(?:[ .\-/]{0,2}[A-Z]?\d){5,17}[ .\-/]?[A-Z0-9]{0,3}"
    r"|[1-9][A-Z][A-Z\d]\d-?[A-Z][A-Z\d]\d-?[A-Z]{2}\d{2}",  # Medicare's, of letters and digits at fixed places
    re.IGNORECASE,
)
_ADDRESS_PARTS = re.compile(
    "streetaddress|homeaddress|billingaddress|shippingaddress|mailingaddress|postaladdress|deliveryaddress"
    "|addressline|homecity|cityandzip|pobox|postbox|apartment|suburb|hometown|eircode|streetline|homeaddr"
    "|address[123]$|postalcode|postcode|zipcode|housenumber|streetname"
)
_ADDRESS_WORDS = frozenset(["address", "addresses", "street", "zip", "addr", "residence"])
# With these beside it an address is one of machines.
_MACHINES = frozenset(
    re.findall(
        r"\S+",
        """
    ip mac memory space server peer local remote host bind listen net network socket url web client base hex page
    source destination virtual physical family bus width pool range alignment offset
    """,
    )
)
_PEOPLE = frozenset(
    re.findall(
        r"\S+",
        """
    user customer contact person lead patient employee owner recipient sender holder member buyer payer
    student candidate applicant guest passenger subscriber billing shipping cardholder client people customers
    contacts users leads feedback reporter payee signer attendee participant invitee guardian spouse insured
    """,
    )
)
_GEOGRAPHY = frozenset(["geo", "gps", "location", "coords", "coordinates", "position"])
#: After one of these what is called so is a machine's or a program's: ``client_os``, ``user_agent``.
_OF_MACHINES = frozenset(
    ["os", "agent", "vcs", "browser", "culture", "runtime", "sdk", "pool", "library", "references"]
)
#: These are machines, too.
_NOT_ALWAYS = frozenset(["client", "subscriber", "users", "leads", "contacts", "customers", "member", "holder"])
_NAMES = frozenset(
    re.findall(
        r"\S+",
        """
    name first last middle login alias given family city
    """,
    )
)
_TELEPHONES = frozenset(["phone", "phones", "mobile", "cell", "tel", "fax"])
# Digits that stand for letters.
_LEET = str.maketrans("0134578", "oleastb")
#: What is called a token beside these is one of a language or of a design.
_OF_LANGUAGES = frozenset(
    re.findall(
        r"\S+",
        """
    design stop special pad bos eos sep unk mask lexer lex syntax vocab operator keyword punctuation whitespace start
    end placeholder grammar parser color theme nft governance erc20 native
    """,
    )
)
_TOKENS = frozenset(["token", "tokens"])
#: After these words a name is still one of the value itself.
_OF_VALUES = frozenset(
    re.findall(
        r"\S+",
        """
    value values val raw plain plaintext cleartext text string str data content body payload input output result new old
    current previous prev backup prod production staging live test dev local main primary secondary default admin root
    user guest customer client server db database api app web mail smtp ftp wifi vpn name number code phrase word words
    confirm confirmation again repeat repeated verify check retype answer field hint encoded decoded encrypted hashed
    hash base64 b64 hex json bytes work home private business mobile office first last middle full from
    """,
    )
)
# Longer ones that only begin or go on like a secret one.
_FRIENDS = re.compile(
    r"secretar|secreti(?:on|ve|ng)|tokeni[sz]|tokenom|key(?:word|board|stroke|frame|pad|space|note)|passwordless|cookieless|cookieconsent|secretsmanager|unexpectedtoken|illegaltoken|nexttoken"
)


def _by_language(table: str) -> tuple[re.Pattern[str], frozenset[str]]:
    """Return a table's words as those that may stand anywhere in a name, and those that are a word of their own."""
    words = {joined(word) for line in table.strip().splitlines() for word in line.split()[1:]} - {""}
    # Where a sign is a word, two of them say as much as seven letters.
    parts = {word for word in words if len(word) >= 7 or (len(word) >= 2 and word[0] >= "\u0e00")}
    return re.compile("|".join(sorted(map(re.escape, parts), key=len, reverse=True))), frozenset(words)


#: Keys that open nothing, and foreign words for keys that may open nothing.
_OF_TABLES = _by_language(languages.OF_TABLES)[1]
_FOREIGN_KEYS = frozenset(["clave", "claves", "chave", "chaves", "chiave", "chiavi"])
_FOREIGN = {
    Kind.SECRET: _by_language(languages.SECRETS),
    Kind.PERSON: _by_language(languages.PERSONS),
    Kind.ADDRESS: _by_language(languages.ADDRESSES),
}


def _is_foreign(kind: Kind, key: str, words: list[str], plain: str) -> bool:
    parts, whole = _FOREIGN[kind]
    if kind is Kind.SECRET and not _FOREIGN_KEYS.isdisjoint(words) and _opens_nothing(key):
        return False
    if not key.isascii():  # small letters first: some large ones pass for others than their small ones do
        words, plain = joined_words(key), joined(key)
    return not whole.isdisjoint(words) or plain in whole or parts.search(plain) is not None


def _opens_nothing(key: str) -> bool:
    return not _OF_TABLES.isdisjoint(joined(word) for word in pieces(key))


@lru_cache(maxsize=8192)
def kind_of(key: str) -> Kind:
    """Return what stands under a key by its name alone."""
    words, plain = read_name(key)
    found = set(words)
    last = next((word for word in reversed(words) if not word.isdigit() and word != "v"), "")
    for kind, fits in (
        (Kind.ORDINARY, not plain),
        (Kind.SECRET, _is_secret(words, plain) or _is_foreign(Kind.SECRET, key, words, plain)),
        (Kind.GROUP, found & _GROUP_WORDS),
        (Kind.PERSON, stands_in(_PERSON_PARTS, words, plain) or found & _PERSON_WORDS),
        (
            Kind.ADDRESS,
            stands_in(_ADDRESS_PARTS, words, plain)
            or (found & _ADDRESS_WORDS and not found & _MACHINES and words[-1] not in {"id", "ids"}),
        ),
        (
            Kind.PERSON,
            words and words[-1] in {"name", "names"} and found & (_PEOPLE - _NOT_ALWAYS) and not found & _OF_MACHINES,
        ),
        (Kind.PERSON, _is_foreign(Kind.PERSON, key, words, plain)),
        (Kind.NUMBER, found & _NUMBER_WORDS or plain in _NUMBER_WORDS),
        (Kind.ADDRESS, _is_foreign(Kind.ADDRESS, key, words, plain)),
        (Kind.PARTY, is_party(words)),
        (Kind.OPAQUE, (last in _OPAQUE_WORDS or last in _VENDORS) and not found & _OF_TABLES),
        (Kind.OPAQUE, "websocketprotocol" in plain or _is_of_languages(words)),
    ):
        if fits:
            return kind
    return Kind.ORDINARY


@lru_cache(maxsize=8192)
def kind_of_path(parent: str, key: str) -> Kind:
    """Return what stands under a key that stands under another: ``{"user": {"name": ..}}``."""
    words, plain = read_name(key)
    above, _ = read_name(parent)
    if not plain or not above or above[-1] in _OF_MACHINES:
        return Kind.ORDINARY
    if set(above) & _GEOGRAPHY and plain in {"lat", "lon", "lng", "long"}:
        return Kind.PERSON
    of_name = above[-1] == "name" and plain in {"family", "given"}  # HL7 FHIR, HumanName
    if of_name or (set(above) & _PEOPLE and words[-1] in _NAMES and not set(words) & {"file", "event", "host"}):
        return Kind.PERSON
    if crosses(_SECRET_PARTS, [above[-1], *words], len(above[-1])):
        return Kind.SECRET
    if crosses(_PERSON_PARTS, [above[-1], *words], len(above[-1])):
        return Kind.PERSON
    return Kind.ORDINARY


@lru_cache(maxsize=8192)
def about_secret(key: str, kind: Kind = Kind.SECRET) -> bool:
    """Whether a key names what is said about a secret, as ``token_type`` and ``password_changed_at`` do."""
    words, _ = read_name(key)
    return bool(words) and is_aspect(words, of_people=kind in {Kind.PERSON, Kind.PARTY, Kind.ADDRESS})


@lru_cache(maxsize=8192)
def is_compound(key: str) -> bool:
    """Whether the last word of a name is of something else than what stands before it: ``token_pool``.

    What such a name is of need not be a list: what stands under it is judged by what it looks like.
    """
    words, _ = read_name(key)
    words = [word for word in words if not word.isdigit()]
    if len(words) < 2 or words[-1] in _OF_VALUES or len(words[-1]) < 3:
        return False
    return kind_of(words[-1]) is Kind.ORDINARY and kind_of("_".join(words[:-1])) is not Kind.ORDINARY


@lru_cache(maxsize=8192)
def is_of_record(key: str) -> bool:
    """Whether a name is one of the number of something else: ``token_request_id``, and not ``session_id``."""
    words, _ = read_name(key)
    return len(words) > 2 and words[-1] in {"id", "uuid"} and kind_of(words[-2]) is Kind.ORDINARY


def is_personal_number(text: str) -> bool:
    """Whether a text has the form of an official number, under a name that only may be one of such."""
    return _PERSONAL_NUMBER.fullmatch(text.strip()) is not None


def is_of_telephones(key: str) -> bool:
    """Whether a name is one of telephones, and so of machines' kinds as well: a value without digits is no number."""
    words, _ = read_name(key)
    return not _TELEPHONES.isdisjoint(words)


def is_secret_key(key: str) -> bool:
    """Whether the value under ``key`` is secret by its name alone."""
    return kind_of(key) in {Kind.SECRET, Kind.GROUP} and not about_secret(key)


def _is_of_languages(words: list[str]) -> bool:
    """Whether a name is one of tokens of a language or of a design: ``pad_token``, ``design_tokens``."""
    return not _OF_LANGUAGES.isdisjoint(words) and not _TOKENS.isdisjoint(words)


def _is_secret(words: list[str], plain: str) -> bool:
    if not _SECRET_WORDS.isdisjoint([*words, *map("".join, pairwise(words)), plain]):
        return True
    if _is_of_languages(words):
        words = [word for word in words if word not in _TOKENS]
        plain = "".join(words)
    if words[-1:] == ["key"] and not _VENDORS.isdisjoint(words) and _FOLDING.isdisjoint(words):
        return True
    rest = _FRIENDS.sub(lambda match: " " * len(match[0]), plain)
    if stands_in(_SECRET_PARTS, words, rest):
        return True
    return any(character in plain for character in "013457") and _SECRET_PARTS.search(rest.translate(_LEET)) is not None
