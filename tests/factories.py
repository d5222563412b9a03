"""What journeys' tests are made of: a whole exchange on a database of its own, members, borrowers and consents."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import orjson
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from software_authenticator import SoftwareAuthenticator
from sqlalchemy import Engine, insert
from werkzeug.test import TestResponse

from consent.artefact import Fetch
from exchange.app import make_app, make_services
from exchange.audit.integrator import Integrated, Integrator
from exchange.audit.last_signed import LastSigned
from exchange.clock import FixedClock, new_id
from exchange.handover import Borrower, Member, Officer
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import WrittenConsent, give_consent
from exchange.journeys.manage_members import register_member
from exchange.journeys.officer_sign_in import finish_enrolment, present_officer, start_enrolment
from exchange.journeys.officers import add_officer
from exchange.journeys.services import Services
from exchange.journeys.sign_in import Visitor, finish_passkey_sign_in, start_passkey_sign_in
from exchange.journeys.sign_in_methods import finish_passkey, start_passkey
from exchange.key_files import make_keys, open_log_signer
from exchange.settings import Settings
from exchange.store.engine import make_engine
from exchange.store.log_rows import SqlLogStore
from exchange.store.member_register import SqlMemberRegister
from exchange.store.tables.account import account
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.subject import subject, subject_identifier, subject_key, subject_sequence
from exchange.web.sessions import cookie_name
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

ALICE = Document(IdType.RESIDENT_ID, "CN", "19010119900101001X")
BOB = Document(IdType.PASSPORT, "CN", "E12345678")
STAFF: Mapping[str, str] = {"id": "s-17", "name": "Wang Fang"}
AUDITING = frozenset({Scope.AUDIT_READ, Scope.AUDIT_OPEN})
NOBODY_WE_KNOW = Document(IdType.PASSPORT, "CN", "E99999999")

REPORT = """query ($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
  creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff) {
    subject { names idNumber birthDate }
    summary { accounts openAccounts lenders lendersInArrears totals { balance { minor currency } } lateMonths }
    accounts(first: 10) { totalCount nodes { accountRef furnisherClass ownBook state balance { minor currency }
      history(months: 24) { month status pastDue { minor } } } }
    delinquencies(first: 10) { nodes { firstDelinquentOn peakDaysPastDue endedOn } }
    inquiries(first: 10) { nodes { purpose memberClass } }
    disclosure { leafHash basis consentUse released withheld { fieldClass code rule } rules pack }
  }
}"""
"""What lenders usually ask for."""

USUAL = frozenset({
    FieldClass.IDENTITY, FieldClass.ACCOUNTS, FieldClass.PAYMENT_HISTORY, FieldClass.DELINQUENCIES, FieldClass.INQUIRIES
})  # fmt: skip
"""The parts of the file that it belongs to."""


def report_of(selection: str) -> str:
    """A report that selects only this."""
    head = REPORT[: REPORT.index("staff: $staff) {") + len("staff: $staff) {")]
    return f"{head} {selection} }} }}"


def several_reports(*consents: UUID | None) -> str:
    """Reports r0, r1 ... of one borrower in one operation, each under its own consent."""
    selection = "{ accounts(first: 5) { totalCount } disclosure { consentUse leafHash } }"
    parts = [
        f"r{n}: creditReport(subject: $subject, purpose: $purpose, staff: $staff, consentId: {named}) {selection}"
        for n, named in enumerate(f'"{consent_id}"' if consent_id else "null" for consent_id in consents)
    ]
    return f"query ($subject: SubjectInput!, $purpose: Purpose!, $staff: StaffInput) {{ {' '.join(parts)} }}"


def variables(
    borrower: Document = ALICE,
    consent_id: UUID | None = None,
    purpose: Purpose = Purpose.LOAN_APPROVAL,
    staff: Mapping[str, str] | None = STAFF,
) -> dict[str, Any]:
    """The variables of a report."""
    return {
        "subject": {"idType": borrower.id_type, "country": borrower.country, "idNumber": borrower.id_number},
        "purpose": purpose,
        "consentId": str(consent_id) if consent_id else None,
        "staff": staff,
    }


@dataclass(slots=True)
class Bank:
    """A member with its key: it gets tokens and asks, by hand, as any foreign client would."""

    exchange: "Exchange"
    member_id: str
    key: ECKey
    token: str = ""
    nonce: str = ""
    _ids: Any = field(default_factory=count)

    def proof(self, path: str, method: str = "POST", **changes: Any) -> str:
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.as_dict(private=False)}
        claims = {
            "htm": method,
            "htu": self.exchange.settings.issuer + path,
            "iat": int(self.exchange.clock.now().timestamp()),
            "jti": f"{self.member_id}-{next(self._ids)}-{uuid4()}",
            "nonce": self.nonce,
        }
        if self.token and path == "/graphql":
            digest = hashlib.sha256(self.token.encode()).digest()
            claims["ath"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
        return jwt.encode(header, claims | changes, self.key, algorithms=["ES256"])

    def fetch_token(self, scopes: str = "credit:read delinquency:read") -> str:
        now = int(self.exchange.clock.now().timestamp())
        assertion = {
            "iss": self.member_id,
            "sub": self.member_id,
            "aud": self.exchange.settings.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid4()),
        }
        for _ in range(2):
            signed = jwt.encode(
                {"alg": "ES256", "kid": "k1"}, assertion | {"jti": str(uuid4())}, self.key, algorithms=["ES256"]
            )
            answer = self.exchange.client.post(
                "/oauth/token",
                data={
                    "grant_type": "client_credentials",
                    "scope": scopes,
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": signed,
                },
                headers={"DPoP": self.proof("/oauth/token")},
            )
            self.nonce = answer.headers["DPoP-Nonce"]
            if answer.status_code == 200:
                self.token = answer.get_json()["access_token"]
                return self.token
        raise AssertionError(answer.get_json())

    def post(self, body: Mapping[str, Any] | bytes, client: FlaskClient | None = None, **headers: str) -> TestResponse:
        if not self.token:
            self.fetch_token()
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"DPoP {self.token}", "DPoP": self.proof("/graphql"), **headers}
        return (client or self.exchange.client).post(
            "/graphql", data=content, content_type="application/json", headers=sent
        )

    def ask(
        self,
        borrower: Document = ALICE,
        consent_id: UUID | None = None,
        purpose: Purpose = Purpose.LOAN_APPROVAL,
        query: str = REPORT,
        staff: Mapping[str, str] | None = STAFF,
        client: FlaskClient | None = None,
    ) -> TestResponse:
        return self.post({"query": query, "variables": variables(borrower, consent_id, purpose, staff)}, client)


@dataclass(slots=True)
class SignedInBorrower:
    """A borrower with a passkey, and a browser in which they are signed in."""

    borrower: Borrower
    client: FlaskClient
    authenticator: SoftwareAuthenticator


@dataclass(slots=True)
class OfficerSignedIn:
    """An officer of an authority with a passkey, and a browser in which they are signed in."""

    officer: Officer
    client: FlaskClient
    authenticator: SoftwareAuthenticator


@dataclass
class Exchange:
    """A whole exchange: its services, clock and (made when it is first asked for) application, on its own database."""

    settings: Settings
    engine: Engine
    clock: FixedClock
    services: Services
    ciphers: dict[UUID, Any] = field(default_factory=dict)
    engines: list[Engine] = field(default_factory=list)

    @cached_property
    def app(self) -> Flask:
        """A web worker's application."""
        return make_app(self.settings, self.engine, self.clock)

    @cached_property
    def client(self) -> FlaskClient:
        """A client of it."""
        return self.app.test_client()

    def bank(self, member_id: str = "harbour-bank", **changes: Any) -> Bank:
        key = ECKey.generate_key("P-256")
        values: dict[str, Any] = {
            "member_id": member_id,
            "name": member_id.title(),
            "member_class": MemberClass.BANK,
            "licence": f"L-{member_id}",
            "status": MemberStatus.ACTIVE,
            "contribution_level": ContributionLevel.FULL,
            "scopes": frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.RECORDS_WRITE}),
            "jwks": {"keys": [{**key.as_dict(private=False), "kid": "k1", "use": "sig", "alg": "ES256"}]},
        }
        register_member(self.services, Member(**(values | changes)), "test")
        return Bank(self, member_id, key)

    def borrower(self, document: Document = ALICE, name: str = "王芳") -> UUID:
        """A borrower's file without any account."""
        now = self.clock.now()
        key = new_id(now)
        wrapped, cipher = self.services.keys.create(key)
        row = key.bytes
        with self.engine.begin() as connection:
            connection.execute(
                insert(subject).values(
                    subject_key=key,
                    id_type=document.id_type,
                    country=document.country,
                    id_number=cipher.seal("subject", "id_number", row, document.id_number.encode()),
                    names=cipher.seal("subject", "names", row, orjson.dumps([name])),
                    birth_date=cipher.seal("subject", "birth_date", row, b"1990-01-01"),
                    time_zone="Asia/Shanghai",
                    language="zh-Hans",
                    jurisdiction="cn",
                    recorded_at=now,
                )
            )
            connection.execute(
                insert(subject_key).values(
                    subject_key=key,
                    key_no=wrapped.key_no,
                    kek_ref=wrapped.kek_ref,
                    kek_version=wrapped.kek_version,
                    suite=wrapped.suite,
                    wrapped=wrapped.wrapped,
                    state="ACTIVE",
                )
            )
            connection.execute(insert(subject_sequence).values(subject_key=key, last=0))
            tokens = self.services.keys.lookup_tokens().candidates(
                document.id_type, document.country, document.id_number
            )
            for index_key_id, token in tokens:
                connection.execute(
                    insert(subject_identifier).values(
                        bidx=token,
                        index_key_id=index_key_id,
                        id_type=document.id_type,
                        country=document.country,
                        subject_key=key,
                    )
                )
        self.ciphers[key] = cipher
        return key

    def account(self, borrower: UUID, contributor: str, reference: str = "R-1", **changes: Any) -> UUID:
        """An account of a borrower."""
        account_key = new_id(self.clock.now())
        values: dict[str, Any] = {
            "subject_key": borrower,
            "account_key": account_key,
            "contributor": contributor,
            "account_ref": self.ciphers[borrower].seal("account", "account_ref", account_key.bytes, reference.encode()),
            "owner_role": "BORROWER",
            "portfolio": "INSTALMENT",
            "product": "CONSUMER_LOAN",
            "state": "NORMAL",
            "opened_on": date(2024, 6, 1),
            "reported_on": date(2026, 5, 31),
            "currency": "CNY",
            "original_amount_minor": 5_000_000,
            "balance_minor": 1_250_050,
            "past_due_minor": 0,
            "history_month": date(2026, 5, 1),
            "history_codes": "N" * 24,
            "history_past_due_minor": [0] * 24,
            "version": 1,
            "valid_from": date(2026, 5, 31),
            "recorded_at": self.clock.now(),
            "basis": "cn.cir.13",
            "jurisdiction": "cn",
            "pack_version": "1",
            "commitment": b"c" * 32,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(account).values(values | changes))
        return account_key

    def delinquency(self, borrower: UUID, account_key: UUID, contributor: str, **changes: Any) -> None:
        """A delinquency on an account."""
        values: dict[str, Any] = {
            "subject_key": borrower,
            "delinquency_key": new_id(self.clock.now()),
            "account_key": account_key,
            "first_delinquent_on": date(2025, 3, 1),
            "peak_days_past_due": 45,
            "cured_on": date(2025, 5, 1),
            "ended_on": date(2025, 5, 1),
            "reason": "UNKNOWN",
            "currency": "CNY",
            "contributor": contributor,
            "version": 1,
            "valid_from": date(2025, 3, 1),
            "recorded_at": self.clock.now(),
            "basis": "cn.cir.13",
            "jurisdiction": "cn",
            "pack_version": "1",
            "commitment": b"d" * 32,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(delinquency).values(values | changes))

    def consent(self, recipient: str, document: Document = ALICE, **changes: Any) -> UUID:
        """A consent in writing, active now, for everything, many times."""
        now = self.clock.now()
        values: dict[str, Any] = {
            "recipient": recipient,
            "purpose": Purpose.LOAN_APPROVAL,
            "field_classes": frozenset(FieldClass),
            "data_from": date(2021, 1, 1),
            "starts_at": now - timedelta(days=1),
            "expires_at": now + timedelta(days=90),
            "fetch": Fetch.PERIODIC,
            "frequency": None,
            "sensitive_warning_shown": True,
            "article_14_warning_shown": True,
            "notice_language": "zh-Hans",
            "notice_digest": "a" * 64,
            "document_digest": "b" * 64,
        }
        return give_consent(self.services, document, WrittenConsent(**(values | changes)), "test")

    def borrower_signed_in(self, subject: UUID, language: str = "en") -> SignedInBorrower:
        """A borrower who adds a passkey and signs in with it. `client` is a browser of theirs."""
        issuer = urlsplit(self.settings.issuer)
        authenticator = SoftwareAuthenticator(self.settings.issuer, issuer.hostname or "")
        nobody_yet = Borrower(subject, b"", "PROOFING", language)
        challenge, options = start_passkey(self.services, nobody_yet)
        finish_passkey(self.services, nobody_yet, challenge, authenticator.register(options), "My phone")
        visitor = Visitor(None, "Firefox, Linux", "192.0.2.1")
        challenge, options = start_passkey_sign_in(self.services)
        signed_in = finish_passkey_sign_in(self.services, visitor, challenge, authenticator.sign_in(options))
        client = self.app.test_client()
        client.set_cookie(cookie_name(self.settings), signed_in.cookie_value)
        borrower = Borrower(subject, signed_in.session.digest, "PASSKEY", language)
        return SignedInBorrower(borrower, client, authenticator)

    def authority(self, member_id: str = "audit-office", **changes: Any) -> Bank:
        """A regulator; what it holds is a client of GraphQL."""
        values = {
            "member_class": MemberClass.REGULATOR,
            "contribution_level": ContributionLevel.INQUIRY_ONLY,
            "scopes": AUDITING,
        }
        return self.bank(member_id, **(values | changes))

    def officer(
        self, name: str = "Li Na", scopes: frozenset[Scope] = AUDITING, authority: str = "audit-office"
    ) -> OfficerSignedIn:
        """An officer who was invited, added a passkey and is signed in. The authority is registered if need be."""
        if SqlMemberRegister(self.engine).find(authority) is None:
            self.authority(authority)
        issuer = urlsplit(self.settings.issuer)
        authenticator = SoftwareAuthenticator(self.settings.issuer, issuer.hostname or "")
        code = add_officer(self.services, authority, name, scopes, "test").code
        visitor = Visitor(None, "Firefox, Linux", f"officer {name}")
        challenge, options = start_enrolment(self.services, visitor, code)
        made = authenticator.register(options)
        signed_in = finish_enrolment(self.services, visitor, code, challenge, made, "My key", "en")
        client = self.app.test_client()
        client.set_cookie(cookie_name(self.settings), signed_in.cookie_value)
        officer = present_officer(self.services, signed_in.session)
        assert officer
        return OfficerSignedIn(officer, client, authenticator)

    def integrate(self) -> Integrated:
        """One round of the integrator."""
        guard = LastSigned(self.settings.home / "log.last-signed")
        signer = open_log_signer(self.settings)
        store = SqlLogStore(self.engine, self.settings.log_origin)
        return Integrator(store, signer, guard, self.clock, self.settings).integrate_once()

    def later(self, **time: float) -> None:
        """Moves the clock, with the log kept up to date."""
        self.clock.instant += timedelta(**time)
        self.integrate()

    def another_worker(self) -> FlaskClient:
        """A second web worker on the same database and keys, sharing no memory and no connection with the first."""
        url = self.engine.url.render_as_string(hide_password=False)
        self.engines.append(make_engine(self.settings, url))
        return make_app(self.settings, self.engines[-1], self.clock).test_client()

    def close(self) -> None:
        """Closes the connections of the other workers."""
        for engine in self.engines:
            engine.dispose()


def make_exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    """A running exchange with fresh keys."""
    make_keys(settings, clock.now())
    return Exchange(settings, engine, clock, make_services(settings, engine, clock))
