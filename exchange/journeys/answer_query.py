"""The central act: a member asks for one borrower's report.

    request -> Caller -> Grant -> Plan -> SealedRows -> OpenRows -> report
               identity   consent  planning  store       vault       disclosure

Every step's result is the only key to the next. Nothing is read before the look is in the log, and a refusal is in
the log before it is told.
"""

from sqlalchemy import Connection

from consent.decision import Refusal, decide
from consent.question import Question
from exchange.disclosure.minimise import minimise
from exchange.disclosure.shape import ReportShape
from exchange.errors import NotAuthenticated, Refused
from exchange.handover import Member
from exchange.journeys.describe_look import (
    Asked,
    Request,
    act_of_look,
    act_of_refusal,
    act_on_unknown_person,
    describe_disclosure,
)
from exchange.journeys.find_borrower import lookup_tokens
from exchange.journeys.log_act import log_refused_caller
from exchange.journeys.services import Services
from exchange.planning.compile import compile_plan
from exchange.store.act import Act, disclose, record
from exchange.store.look_up import FoundFile, hold_subject, look_up
from exchange.vault.unseal_rows import unseal_rows


def answer_query(services: Services, request: Request, asked: Asked) -> ReportShape:
    """The report that `asked` names.

    Raises Refused with every reason, NotAuthenticated where the token or its proof no longer count, BadRequest where
    the id number cannot be one, Unavailable where the database is down (nothing was told and nothing is lost).
    """
    services.back_pressure.check()
    tokens = lookup_tokens(services, asked.document)
    with services.connection() as connection:
        outcome = _look(services, connection, request, asked, tokens)
    if outcome is None:  # Another entry about this borrower, or a change of the consent, came between: wait in line.
        with services.transaction() as connection:
            found = look_up(connection, request.caller, tokens, asked.consent_id)
            if found.file:
                hold_subject(connection, found.file.subject_key)
            outcome = _look(services, connection, request, asked, tokens)
    if outcome is None:  # Nothing can have come between this time: it is the proof that was used before.
        outcome = NotAuthenticated("This proof was already used; make a new one.", "PROOF_REPLAYED")
    if isinstance(outcome, NotAuthenticated):
        request.leaves.append(log_refused_caller(services, outcome.stable_code, request.caller.member_id))
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _look(
    services: Services, connection: Connection, request: Request, asked: Asked, tokens: list[bytes]
) -> ReportShape | Refused | NotAuthenticated | None:
    """One attempt. None: something moved between decision and record; nothing was written and nothing was read."""
    now = services.clock.now()
    found = look_up(connection, request.caller, tokens, asked.consent_id)  # round trip 1
    if found.member is None or found.token_revoked:
        return NotAuthenticated("This token was revoked.", "TOKEN_REVOKED", member_id=request.caller.member_id)
    if found.file is None:
        return _refuse(connection, request, *act_on_unknown_person(services, now, request, asked))
    cipher = services.keys.open(found.file.wrapped_key)
    if found.file.consent:
        services.check_consent(found.file.consent)
    question = _question(request, asked, found.member, found.file)
    decision = decide(question, found.file.consent, services.pack, now)
    if isinstance(decision, Refusal):
        return _refuse(
            connection, request, *act_of_refusal(services, now, request, asked, found.file, cipher, decision)
        )
    plan = compile_plan(asked.selection, decision, found.file.subject_key)
    act = act_of_look(services, now, request, asked, found.file, cipher, plan)
    sealed = disclose(connection, act, plan)  # round trip 2
    # From here the look is in the log; a crash costs the member a retry, never a silent look.
    if sealed is None:
        return None
    request.leaves.append(act.entry.leaf_hash)
    opened = unseal_rows(sealed, cipher)
    return ReportShape(minimise(opened, now.date()), now, describe_disclosure(plan.grant, act))


def _refuse(connection: Connection, request: Request, act: Act, refused: Refused) -> Refused | None:
    if not record(connection, act):
        return None
    request.leaves.append(act.entry.leaf_hash)
    return refused


def _question(request: Request, asked: Asked, member: Member, file: FoundFile) -> Question:
    return Question(
        member_id=member.member_id,
        member_class=member.member_class,
        member_status=member.status,
        contribution_level=member.contribution_level,
        scopes=request.caller.scopes & member.scopes,
        purpose=asked.purpose,
        field_classes=asked.selection.classes,
        staff_named=asked.staff is not None,
        subject_frozen=file.security_freeze,
        subject_key=file.subject_key,
        consent_id=asked.consent_id,
    )
