"""DEMONSTRATION: three lenders, an agency and a regulator, whose private keys lie in the demonstration's home."""

from dataclasses import dataclass
from pathlib import Path

import orjson
from joserfc.jwk import OKPKey

from exchange.handover import Member
from exchange.journeys.manage_members import register_member
from exchange.journeys.services import Services
from exchange.store.member_register import SqlMemberRegister
from exchange.vault.secret_file import create_secret, read_secret
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

_LENDING = (
    Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.COLLECTION_READ, Scope.PLAN_READ, Scope.ASSESSMENT_READ,
    Scope.RECORDS_WRITE, Scope.COLLECTION_WRITE, Scope.CONSENT_REQUEST, Scope.CONTACT_CLEAR, Scope.DISPUTE_ANSWER,
)  # fmt: skip
_COLLECTING = (Scope.COLLECTION_READ, Scope.COLLECTION_WRITE, Scope.CONTACT_CLEAR, Scope.DISPUTE_ANSWER)
_CALLBACK = "http://127.0.0.1:8700/callback"


@dataclass(frozen=True, slots=True)
class MadeUpMember:
    """A member of the demonstration."""

    member_id: str
    name: str
    member_class: MemberClass
    scopes: tuple[Scope, ...]


MEMBERS = (
    MadeUpMember("harbour-bank", "Harbour Bank", MemberClass.BANK, _LENDING),
    MadeUpMember("clover-finance", "Clover Consumer Finance", MemberClass.CONSUMER_FINANCE, _LENDING),
    MadeUpMember("swift-lending", "Swift Lending", MemberClass.INTERNET_LENDER, _LENDING),
    MadeUpMember("patient-collections", "Patient Collections", MemberClass.COLLECTION_AGENCY, _COLLECTING),
    MadeUpMember("regulator", "The Regulator", MemberClass.REGULATOR, (Scope.AUDIT_READ, Scope.AUDIT_OPEN)),
)
KEY_ID = "demonstration"


def register_members(services: Services) -> int:
    """Registers those that are not registered yet. Returns how many there are."""
    register = SqlMemberRegister(services.engine)
    for made_up in MEMBERS:
        key = member_key(services.settings.home, made_up.member_id)
        if register.find(made_up.member_id) is None:
            register_member(services, _member(made_up, key), "demonstration")
    return len(MEMBERS)


def member_key(home: Path, member_id: str) -> OKPKey:
    """A member's private key (Ed25519), made at first use."""
    path = home / "members" / f"{member_id}.jwk"
    fresh = OKPKey.generate_key("Ed25519", {"kid": KEY_ID})
    create_secret(path, orjson.dumps(fresh.as_dict(private=True)))
    return OKPKey.import_key(orjson.loads(read_secret(path)))


def _member(made_up: MadeUpMember, key: OKPKey) -> Member:
    public = {**key.as_dict(private=False), "kid": KEY_ID, "use": "sig", "alg": "Ed25519"}
    return Member(
        member_id=made_up.member_id,
        name=made_up.name,
        member_class=made_up.member_class,
        licence=f"DEMONSTRATION-{made_up.member_id}",
        status=MemberStatus.ACTIVE,
        contribution_level=ContributionLevel.FULL,
        scopes=frozenset(made_up.scopes),
        jwks={"keys": [public]},
        redirect_uris=(_CALLBACK,) if Scope.CONSENT_REQUEST in made_up.scopes else (),
        contact=f"privacy@{made_up.member_id}.example",
    )
