"""Evidence of one look, to keep: for the borrower whose file it was at, and for the member whose look it was."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from consent.reasons import Reason
from exchange.audit.entry import open_all_fields, verify_opening
from exchange.audit.evidence_pack import pack_evidence
from exchange.audit.witness_file import read_witnesses
from exchange.errors import BadRequest, NotAuthenticated, Refused
from exchange.handover import THE_BORROWER, Borrower, Caller
from exchange.journeys.evidence_words import OF_A_LOOK
from exchange.journeys.own_act import own_look
from exchange.journeys.services import Services
from exchange.journeys.who_looked import HIDDEN_FROM_EVIDENCE, log_behind, opening_of, proof_of
from exchange.store.logged_entry import LoggedEntry, find_logged_entry
from exchange.store.member_register import admitted_member
from schema.vocabulary.member_class import MemberStatus


def evidence_for_borrower(services: Services, borrower: Borrower, inquiry_key: UUID) -> bytes:
    """The zip about one look at the borrower's file: every field but the lender's member of staff.

    Raises BadRequest where there is no such look, Unavailable while its entry waits for a checkpoint.
    """
    with services.transaction() as connection:
        file, stored = own_look(connection, borrower, inquiry_key)
    cipher = services.keys.open(file.wrapped_key)
    opening = opening_of(services, cipher, stored.entry, HIDDEN_FROM_EVIDENCE)
    return _packed(services, THE_BORROWER, stored.entry.leaf, stored.entry.leaf_hash, opening)


def evidence_for_member(services: Services, caller: Caller, leaf_hash: bytes) -> bytes:
    """The zip about one look of the caller's: every field but the borrower's own.

    Raises BadRequest where the log has no such look of theirs, Unavailable while its entry waits for a checkpoint,
    NotAuthenticated with a revoked token, Refused once the member is not active.
    """
    with services.transaction() as connection:
        _check_admitted(connection, caller)
        entry = find_logged_entry(connection, leaf_hash)
    opening = _opening_for(services, caller, entry) if entry else None
    if entry is None or opening is None:
        raise BadRequest("The log has no such look of yours.", "LOOK_NOT_FOUND")
    return _packed(services, caller.member_id, entry.leaf, leaf_hash, opening)


def _check_admitted(connection: Connection, caller: Caller) -> None:
    member = admitted_member(connection, caller)
    if member is None:
        raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED", member_id=caller.member_id)
    if member.status is not MemberStatus.ACTIVE:
        raise Refused([Reason("MEMBER_NOT_ACTIVE", "Your membership is not active.")])


def _opening_for(services: Services, caller: Caller, entry: LoggedEntry) -> bytes | None:
    """What the caller may see of the entry; None where it is not about a look of theirs."""
    stored = services.keys.log_cipher().unseal_opening(entry.entry_id, entry.service_opening)
    opening = open_all_fields(stored)
    fields = verify_opening(entry.leaf, opening)
    return opening if (fields["act"], fields.get("member")) == ("look", caller.member_id) else None


def _packed(services: Services, given_to: str, leaf: bytes, leaf_hash: bytes, opening: bytes) -> bytes:
    _, proof = proof_of(services, leaf_hash)
    if proof is None:
        raise log_behind()
    settings = services.settings
    witnesses = read_witnesses(Path(settings.witnesses)) if settings.witnesses else ()
    return pack_evidence(
        services.signing,
        issuer=settings.issuer,
        given_to=given_to,
        leaf=leaf,
        opening=opening,
        proof=proof,
        log_vkey=services.log_vkey,
        witness_vkeys=[witness.verifier.vkey for witness in witnesses],
        readme=OF_A_LOOK,
    )
