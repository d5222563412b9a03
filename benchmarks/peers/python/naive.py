"""The ordinary way: graphene over SQLAlchemy's ORM with lazy relations, as tutorials show it.

The same duties as everywhere: token and proof, blind index, borrower's key, consent and its signature, decision, log
entry, inquiry, one commit before the answer, opening of sealed fields, what the law leaves out, receipt. But every row
is an object, every list a query of its own when its resolver is reached, and each document is read anew.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLSchema, graphql_sync
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.bare_service import Answer, asked_by, bare_application
from benchmarks.peers.python import naive_tables as orm
from consent.decision import Grant, decide
from consent.question import Question
from exchange.disclosure.minimise import minimise
from exchange.disclosure.shape import ReportShape
from exchange.errors import Refused
from exchange.handover import OpenRows, Plan, Row, SealedRows, SectionName, WrappedKey
from exchange.journeys.describe_look import Asked, Request, act_of_look, describe_disclosure
from exchange.journeys.find_borrower import lookup_tokens
from exchange.journeys.services import Services
from exchange.planning.compile import compile_plan
from exchange.serving import log_to_stderr, serve
from exchange.settings import read_settings
from exchange.store.act import Act
from exchange.store.look_up import FoundFile, StoredConsent
from exchange.store.member_register import member_from_row
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.unseal_rows import unseal_rows
from schema.contract import build_contract


def application() -> Callable[..., Any]:
    """A worker's application."""
    return bare_application(_answering)


def _answering(services: Services) -> Answer:
    schema: GraphQLSchema = build_contract()
    assert schema.query_type
    schema.query_type.fields["creditReport"].resolve = lambda root, info, **given: _look(*info.context)

    def answer(request: Request, body: dict[str, Any]) -> bytes:
        with Session(services.engine) as session:
            asked = asked_by(body["variables"])
            context = (services, session, request, asked)
            result = graphql_sync(schema, body["query"], variable_values=body["variables"], context_value=context)
        if result.errors:
            raise RuntimeError(f"not answered: {result.errors}")
        return orjson.dumps({"data": result.data})

    return answer


def _look(services: Services, session: Session, request: Request, asked: Asked) -> "NaiveReport":
    """Look-up, consent, decision, log entry and inquiry, committed; what is read afterwards is read lazily."""
    services.back_pressure.check()
    now = services.clock.now()
    tokens = lookup_tokens(services, asked.document)
    identifier = session.scalars(select(orm.Identifier).where(orm.Identifier.bidx.in_(tokens))).one()
    subject = identifier.subject
    sequence = session.get_one(orm.Sequence, subject.subject_key, with_for_update=True)
    if session.scalars(select(orm.RevokedToken).where(orm.RevokedToken.token_id == request.caller.token_id)).all():
        raise RuntimeError("This token was revoked.")
    held = session.get_one(orm.Consent, (subject.subject_key, asked.consent_id))
    file = FoundFile(
        subject.subject_key, subject.security_freeze, sequence.last, _wrapped_key(subject), _stored_consent(held)
    )
    cipher = services.keys.open(file.wrapped_key)
    consent = services.read_consent(file.consent)
    member = session.get_one(orm.Member, request.caller.member_id)
    decision = decide(_question(request, asked, member, file), consent, services.pack, now)
    if not isinstance(decision, Grant):
        raise Refused(decision.reasons)
    plan = compile_plan(asked.selection, decision, subject.subject_key)
    act = act_of_look(services, now, request, asked, file, cipher, consent, plan)
    before = {inquiry.inquiry_key for inquiry in subject.inquiries}
    _record(session, act, sequence, held)
    session.commit()
    request.leaves.append(act.entry.leaf_hash)
    return NaiveReport(subject, cipher, plan, act, before)


def _wrapped_key(subject: orm.Subject) -> WrappedKey:
    key = next(key for key in subject.keys if key.state == "ACTIVE")
    return WrappedKey(key.subject_key, key.key_no, key.kek_ref, key.kek_version, key.suite, key.wrapped)


def _stored_consent(held: orm.Consent) -> StoredConsent:
    signatures = orjson.dumps(held.signatures).decode()
    return StoredConsent(
        held.artefact, signatures, held.state, held.uses, held.window_started_at, held.window_uses, held.signer_key
    )


def _question(request: Request, asked: Asked, row: orm.Member, file: FoundFile) -> Question:
    member = member_from_row(row)
    return Question(
        member_id=member.member_id,
        member_class=member.member_class,
        member_status=member.status,
        contribution_level=member.effective_level,
        scopes=request.caller.scopes & member.scopes,
        purpose=asked.purpose,
        field_classes=asked.selection.classes,
        staff_named=True,
        subject_frozen=file.security_freeze,
        subject_key=file.subject_key,
        consent_id=asked.consent_id,
    )


def _record(session: Session, act: Act, sequence: orm.Sequence, held: orm.Consent) -> None:
    entry, event, inquiry, use = act.entry, act.entry.event, act.inquiry, act.use
    assert inquiry and use and act.once
    leaf = {"entry_id": entry.entry_id, "recorded_at": entry.recorded_at, "leaf": entry.leaf}
    leaf |= {"leaf_hash": entry.leaf_hash}
    sequence.last = entry.sequence
    held.uses, held.window_started_at, held.window_uses = use.uses, use.window_started_at, use.window_uses
    session.add(orm.OneTime(digest=act.once.digest, kind=act.once.kind, expires_at=act.once.expires_at))
    session.add(
        orm.Inquiry(
            subject_key=entry.subject_key, sequence=entry.sequence, leaf_hash=entry.leaf_hash,
            asked_at=entry.recorded_at, **_lists({name: getattr(inquiry, name) for name in inquiry.__slots__}),
        )
    )  # fmt: skip
    openings = {"subject_opening": entry.subject_opening, "service_opening": entry.service_opening}
    session.add(orm.LogOpening(subject_key=entry.subject_key, sequence=entry.sequence, **leaf, **openings))
    said = {name: getattr(event, name) for name in ("act", "member_id", "purpose", "basis", "granted")}
    session.add(orm.LogPending(**leaf, **said, reasons=list(event.reasons), rules=list(event.rules)))


def _lists(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else value
            for name, value in values.items()}  # fmt: skip


class NaiveReport:
    """A report whose lists are read when their resolvers are reached, every column of every row."""

    def __init__(self, subject: Any, cipher: SubjectCipher, plan: Plan, act: Act, inquiries: set[UUID]) -> None:
        self._subject, self._cipher, self._plan, self._inquiries = subject, cipher, plan, inquiries
        self.as_of = act.entry.recorded_at
        self.disclosure = describe_disclosure(plan.grant, act)

    @property
    def subject(self) -> Any:
        """The borrower."""
        return self._shape(SectionName.SUBJECT, [_row(self._subject)]).subject

    @property
    def summary(self) -> Any:
        """The file at a glance."""
        return self._shape(SectionName.ACCOUNT, self._accounts).summary

    def accounts(self, **page: Any) -> Any:
        """A page of accounts."""
        return self._shape(SectionName.ACCOUNT, self._accounts).accounts(**page)

    def inquiries(self, **page: Any) -> Any:
        """A page of the looks before this one."""
        found = [each for each in self._subject.inquiries if each.granted and each.inquiry_key in self._inquiries]
        rows = [_row(each) | {"member_class": each.member.member_class} for each in found]
        return self._shape(SectionName.INQUIRY, rows).inquiries(**page)

    def collection_actions(self, **page: Any) -> Any:
        """A page of contacts."""
        rows = _current(self._subject.collection_actions)
        return self._shape(SectionName.COLLECTION_ACTION, rows).collection_actions(**page)

    def repayment_plans(self, **page: Any) -> Any:
        """A page of plans."""
        rows = _current(self._subject.repayment_plans)
        return self._shape(SectionName.REPAYMENT_PLAN, rows).repayment_plans(**page)

    @cached_property
    def _accounts(self) -> list[Row]:
        found = [each for each in self._subject.accounts if each.superseded_at is None]
        return [_row(each) | {"furnisher_class": each.member.member_class} for each in found]

    def _shape(self, section: SectionName, rows: list[Row]) -> ReportShape:
        opened = unseal_rows(SealedRows(self._plan, {section: rows}), self._cipher)
        shown = minimise(OpenRows(self._plan, opened.rows), self.as_of.date())
        return ReportShape(shown, self.as_of, self.disclosure)


def _current(found: Sequence[Any]) -> list[Row]:
    current = [each for each in found if each.superseded_at is None and not each.withdrawn]
    return [_row(each) | {"furnisher_class": each.member.member_class} for each in current]


def _row(found: Any) -> Row:
    """The object as a row, ids as texts."""
    return {column.name: _plain(getattr(found, column.name)) for column in found.__table__.columns}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    log_to_stderr()
    serve(read_settings(), "benchmarks.peers.python.naive:application")
