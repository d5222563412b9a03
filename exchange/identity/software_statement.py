"""Software statements (RFC 7591, section 2.3): somebody we trust vouches for a new member, and says all about it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from consent.read_values import Reader
from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.identity.member_keys import MemberKeys, check_jwks
from exchange.identity.member_request import OAuthRefused
from exchange.identity.redirect_uri import check_redirect_uris
from exchange.identity.registered_client import is_member_id
from exchange.identity.signed_claims import NotReadable, SignedClaims, read_signed_claims
from exchange.settings import Settings
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

STATEMENT_LENGTH_MAX = 12_000
KEPT_FOR_OPERATORS = frozenset({Scope.AUDIT_READ, Scope.AUDIT_OPEN, Scope.MEMBERS_MANAGE})
"""What no statement gives: whoever oversees the exchange is registered by its operator."""

_TYPES = (None, "JWT")
_MEMBER_CLAIMS = frozenset(
    {
        "software_id", "client_name", "member_class", "licence", "contribution_level", "scope", "jwks",
        "redirect_uris", "contacts",
    }
)  # fmt: skip


def read_trusted_issuers(settings: Settings) -> dict[str, MemberKeys]:
    """The keys of those whose statements register members, by issuer; empty where registration is closed.

    Raises ValueError where the file cannot be read as a JSON object, BadRequest where a key set is faulty.
    """
    if not settings.trusted_issuers:
        return {}
    try:
        issuers = orjson.loads(Path(settings.trusted_issuers).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        issuers = None
    if not isinstance(issuers, dict):
        raise ValueError("OPENBUREAU_TRUSTED_ISSUERS must name a file with a JSON object: issuer to key set")
    return {issuer: MemberKeys(check_jwks(jwks)) for issuer, jwks in issuers.items()}


def read_software_statement(
    statement: str, trusted: Mapping[str, MemberKeys], own_issuer: str, now: datetime
) -> tuple[Member, str]:
    """The member that a statement describes, active, and who vouches for it.

    1. It is a signed JWT of an issuer that we trust.
    2. It names a key of that issuer and that key's own algorithm, and the key made the signature.
    3. It is meant for us, if it says for whom, and has not ended.
    4. It describes a whole member; every fault is told.

    Raises OAuthRefused.
    """
    signed, issuer = _of_trusted_issuer(statement, trusted)  # 1
    _check_signature(signed, trusted[issuer])  # 2
    claims = signed.claims
    if claims.get("aud", own_issuer) != own_issuer:  # 3
        raise _refused("The software statement is meant for another service.")
    ends_at = claims.get("exp")
    if not isinstance(ends_at, int) or isinstance(ends_at, bool) or ends_at <= now.timestamp():
        raise _refused("The software statement has expired, or does not say when it does (exp).")
    return _member(claims), issuer  # 4


def _of_trusted_issuer(statement: str, trusted: Mapping[str, MemberKeys]) -> tuple[SignedClaims, str]:
    try:
        signed = read_signed_claims(statement, STATEMENT_LENGTH_MAX)
    except NotReadable:
        raise _refused("The software statement is not a signed JWT.") from None
    issuer = signed.claims.get("iss")
    if not isinstance(issuer, str) or issuer not in trusted:
        raise OAuthRefused(
            "unapproved_software_statement", "STATEMENT_ISSUER_UNKNOWN", "We do not take statements of this issuer."
        )
    return signed, issuer


def _check_signature(signed: SignedClaims, keys: MemberKeys) -> None:
    try:
        header = signed.header()
    except NotReadable:
        raise _refused("The header of the software statement cannot be read.") from None
    found = keys.find(header.get("kid"))
    if found is None or header.get("alg") != found[1] or header.get("typ") not in _TYPES:
        raise _refused("The software statement names no key of its issuer, or not that key's algorithm.")
    if not signed.is_signed_by(*found):
        raise _refused("The signature of the software statement does not fit its key.")


def _member(claims: Mapping[str, Any]) -> Member:
    described = {name: value for name, value in claims.items() if name in _MEMBER_CLAIMS}
    reader = Reader(described, _MEMBER_CLAIMS)
    for name in ("software_id", "client_name", "licence", "scope"):
        reader.text(name)
    reader.member("member_class", MemberClass)
    reader.member("contribution_level", ContributionLevel)
    reader.words("redirect_uris")
    reader.words("contacts")
    read = reader.read
    faults = reader.faults + [sentence for name, holds, sentence in _RULES if name in read and not holds(read[name])]
    faults += _faults_of(lambda: check_jwks(described.get("jwks", {})))
    faults += _faults_of(lambda: check_redirect_uris(sorted(read.get("redirect_uris", ()))))
    if faults:
        raise OAuthRefused("invalid_software_statement", "STATEMENT_NOT_VALID", "; ".join(faults))
    return Member(
        member_id=read["software_id"],
        name=read["client_name"].strip(),
        member_class=read["member_class"],
        licence=read["licence"].strip(),
        status=MemberStatus.ACTIVE,
        contribution_level=read["contribution_level"],
        scopes=frozenset(map(Scope, read["scope"].split())),
        jwks=described["jwks"],
        redirect_uris=tuple(described["redirect_uris"]),
        contact=", ".join(described["contacts"]),
    )


def _faults_of(check: Any) -> list[str]:
    try:
        check()
    except BadRequest as fault:
        return [fault.sentence.rstrip(".")]
    return []


def _is_short(text: str, length_max: int) -> bool:
    return 1 <= len(text.strip()) <= length_max and text.isprintable()


def _may_be_given(scope: str) -> bool:
    names = set(scope.split())
    return bool(names) and names <= {str(given) for given in Scope if given not in KEPT_FOR_OPERATORS}


_RULES: list[tuple[str, Any, str]] = [
    ("software_id", is_member_id, "software_id: 1 to 64 letters, digits and . _ : -"),
    ("client_name", lambda name: _is_short(name, 200), "client_name: 1 to 200 printable characters"),
    ("licence", lambda licence: _is_short(licence, 200), "licence: 1 to 200 printable characters"),
    ("member_class", lambda kind: kind is not MemberClass.REGULATOR, "member_class: the operator registers regulators"),
    ("scope", _may_be_given, "scope: at least one, all known, none of those that only the operator gives"),
    (
        "contacts",
        lambda contacts: contacts and sum(map(len, contacts)) <= 500,
        "contacts: at least one, 500 characters",
    ),
]


def _refused(sentence: str) -> OAuthRefused:
    return OAuthRefused("invalid_software_statement", "STATEMENT_NOT_VALID", sentence)
