"""The central act: a member asks for one borrower's report.

    request -> Caller -> Grant -> Plan -> SealedRows -> OpenRows -> report
               identity   consent  planning  store       vault       disclosure

Every step's result is the only key to the next. Nothing is read before the look is in the log, and a refusal is in
the log before it is told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from consent.decision import Refusal, decide
from consent.question import Question
from consent.reasons import Reason
from exchange.disclosure.minimise import minimise
from exchange.disclosure.shape import ReportShape
from exchange.errors import ExchangeError, IntegrityError, NotAuthenticated, Refused, Unavailable
from exchange.handover import Caller, Member, SealedRows
from exchange.identity.dpop import replayed
from exchange.journeys.describe_look import (
    Asked,
    Request,
    act_of_look,
    act_of_refusal,
    act_on_unknown_person,
    describe_disclosure,
)
from exchange.journeys.find_borrower import lookup_tokens
from exchange.journeys.log_act import log_refused_caller, log_stopped_look
from exchange.journeys.services import Services
from exchange.planning.compile import compile_plan
from exchange.store.act import Act, NotDone, disclose, record
from exchange.store.engine import database_errors
from exchange.store.look_up import FoundFile, hold_subject, look_up
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.unseal_rows import unseal_rows

SUBJECT_UNKNOWN = Reason("SUBJECT_UNKNOWN", "We hold no file for this identity document.")
TOKEN_OF_ANOTHER_CONSENT = Reason(
    "TOKEN_OF_ANOTHER_CONSENT", "This token was issued under one consent; name that consent, and nothing else."
)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A look that was recorded and granted: what it found, and what opens it."""

    act: Act
    sealed: SealedRows
    cipher: SubjectCipher


@dataclass(frozen=True, slots=True)
class Declined:
    """A look that was recorded and refused, and the error to tell."""

    act: Act
    error: ExchangeError


def answer_query(services: Services, request: Request, asked: Asked) -> ReportShape:
    """The report that `asked` names.

    Raises Refused with every reason, NotAuthenticated where the token or its proof no longer count, BadRequest where
    the id number cannot be one, IntegrityError where what is stored does not match its proof, Unavailable where the
    database is down (nothing was told and nothing is lost).
    """
    if request.turned_away:
        raise request.turned_away
    with database_errors():
        services.back_pressure.check()
    tokens = lookup_tokens(services, asked.document)
    with faults_logged(services, request):
        looked = _look_in_turn(services, request, asked, tokens)
    # From here the look is in the log; a crash costs the member a retry, never a silent look.
    request.leaves.append(looked.act.entry.leaf_hash)
    if isinstance(looked, Declined):
        raise looked.error
    with faults_logged(services, request):
        opened = unseal_rows(looked.sealed, looked.cipher)
    now = looked.act.entry.recorded_at
    shown = minimise(opened, now.date())
    return ReportShape(shown, asked.as_of or now, describe_disclosure(opened.plan.grant, looked.act))


def _look_in_turn(services: Services, request: Request, asked: Asked, tokens: list[bytes]) -> Disclosed | Declined:
    """A look that was recorded. Raises NotAuthenticated where the proof was used before, and what `_look` raises."""
    with services.connection() as connection:
        looked = _look(services, connection, request, asked, tokens)
    if looked is NotDone.MOVED:  # Wait in line, so that nothing can come between once more.
        with services.transaction() as connection:
            hold_subject(connection, tokens)
            looked = _look(services, connection, request, asked, tokens)
    if looked is NotDone.ALREADY_USED:
        raise replayed(request.caller.member_id)
    if isinstance(looked, NotDone):
        raise Unavailable("Something changed while you asked. Ask again.")
    return looked


def _look(
    services: Services, connection: Connection, request: Request, asked: Asked, tokens: list[bytes]
) -> Disclosed | Declined | NotDone:
    """One attempt. Raises, with nothing written, NotAuthenticated or IntegrityError."""
    now = services.clock.now()
    found = look_up(connection, request.caller, tokens, asked.consent_id, asked.ground_id)  # round trip 1
    if found.member is None or found.token_revoked:
        raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED")
    file = found.file
    if file is None:
        act = act_on_unknown_person(services, now, request, asked, [SUBJECT_UNKNOWN])
        return record(connection, act) or Declined(act, Refused([SUBJECT_UNKNOWN]))
    cipher = services.keys.open(file.wrapped_key)
    try:
        consent = services.read_consent(file.consent) if file.consent else None
        ground = services.read_ground(file.ground, cipher) if file.ground else None
    except IntegrityError as forged:
        reasons = [Reason(forged.stable_code, forged.sentence)]
        act = act_of_refusal(services, now, request, asked, file, cipher, reasons)
        return record(connection, act) or Declined(act, forged)
    decision = decide(_question(request, asked, found.member, file), ground or consent, services.pack, now)
    reasons = decision.reasons if isinstance(decision, Refusal) else ()
    if _is_bound_elsewhere(request.caller, asked):
        reasons = (TOKEN_OF_ANOTHER_CONSENT, *reasons)
    if isinstance(decision, Refusal) or reasons:
        act = act_of_refusal(services, now, request, asked, file, cipher, reasons)
        return record(connection, act) or Declined(act, Refused(reasons))
    plan = compile_plan(asked.selection, decision, file.subject_key, asked.as_of)
    act = act_of_look(services, now, request, asked, file, cipher, consent, plan)
    sealed = disclose(connection, act, plan)  # round trip 2: the look is recorded, then the file is read
    return sealed if isinstance(sealed, NotDone) else Disclosed(act, sealed, cipher)


@contextmanager
def faults_logged(services: Services, request: Request) -> Iterator[None]:
    """Leaves an entry where the caller does not count, and where what is stored does not match its proof."""
    member_id = request.caller.member_id
    try:
        yield
    except NotAuthenticated as fault:
        request.turned_away = fault
        request.leaves.append(log_refused_caller(services, fault.stable_code, member_id))
        raise
    except IntegrityError as fault:
        request.leaves.append(log_stopped_look(services, fault.stable_code, member_id))
        raise


def _is_bound_elsewhere(caller: Caller, asked: Asked) -> bool:
    """A token that a borrower's yes gave opens nothing but what that borrower allowed."""
    return caller.consent_id is not None and (asked.consent_id != caller.consent_id or asked.ground_id is not None)


def _question(request: Request, asked: Asked, member: Member, file: FoundFile) -> Question:
    return Question(
        member_id=member.member_id,
        member_class=member.member_class,
        member_status=member.status,
        contribution_level=member.effective_level,
        scopes=request.caller.scopes & member.scopes,
        purpose=asked.purpose,
        field_classes=asked.selection.classes,
        staff_named=asked.staff is not None and all(part.strip() for part in asked.staff),
        subject_frozen=file.security_freeze,
        subject_key=file.subject_key,
        consent_id=asked.consent_id,
        ground_id=asked.ground_id,
    )
