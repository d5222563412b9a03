"""What borrowers say and decide in their own files: statements, looks that they do not recognise, the freeze.

hold the file -> check -> write -> log entry -> commit
"""

from uuid import UUID

from consent.policy.resolve import forbidden_fields
from consent.policy.sensitive_words import sensitive_words
from exchange.clock import new_id
from exchange.disclosure.own_account import OwnStatement
from exchange.errors import BadRequest
from exchange.handover import THE_BORROWER, Borrower
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of, own_look
from exchange.journeys.services import Services
from exchange.store import own_file
from exchange.store.own_file import StoredLook, StoredStatement
from exchange.vault.field_cipher import SubjectCipher

STATEMENT_CHARACTERS_MAX = 1_000


class SensitiveWords(BadRequest):
    """The statement hints at what the law forbids us to collect. `found` are the words that do."""

    code = "STATEMENT_SENSITIVE"

    def __init__(self, found: tuple[str, ...]) -> None:
        super().__init__(
            "Please leave out your health, your religion and the like: we may not keep such information. "
            "If your words are not about that, confirm them."
        )
        self.found = found


def add_statement(
    services: Services, borrower: Borrower, words: str, about: UUID | None = None, keep_words: bool = False
) -> UUID:
    """Keeps what the borrower says about an account, or about the whole file (None). Returns the statement's id.

    It takes the place of an older one about the same. `keep_words`: the borrower confirmed words that were flagged.
    Raises BadRequest (STATEMENT_EMPTY, STATEMENT_TOO_LONG, ACCOUNT_NOT_FOUND) and SensitiveWords; nothing is kept.
    """
    now = services.clock.now()
    said = checked_words(services, words, keep_words)
    statement_id = new_id(now)
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        if about is not None and not own_file.has_account(connection, file.subject_key, about):
            raise BadRequest("There is no such account in your file.", "ACCOUNT_NOT_FOUND")
        cipher = services.keys.open(file.wrapped_key)
        sealed = cipher.seal("statement", "words", statement_id.bytes, said.encode())
        own_file.add_statement(connection, file.subject_key, StoredStatement(statement_id, about, sealed, now))
        fields = {"act": "statement_added", "statement": str(statement_id), "about": str(about) if about else None}
        log_own_act(services, connection, borrower, file, fields)
    return statement_id


def withdraw_statement(services: Services, borrower: Borrower, statement_id: UUID) -> None:
    """Takes a statement back; nobody is shown it any more. Raises BadRequest where none with this id stands."""
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        if not own_file.end_statement(connection, file.subject_key, statement_id, services.clock.now()):
            raise BadRequest("There is no such statement of yours.", "STATEMENT_NOT_FOUND")
        fields = {"act": "statement_withdrawn", "statement": str(statement_id)}
        log_own_act(services, connection, borrower, file, fields)


def list_statements(services: Services, borrower: Borrower) -> tuple[OwnStatement, ...]:
    """The borrower's statements that stand, the newest first."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        stored = own_file.list_statements(connection, file.subject_key)
    cipher = services.keys.open(file.wrapped_key)
    return tuple(_unsealed(each, cipher) for each in stored)


def mark_unrecognised(services: Services, borrower: Borrower, inquiry_key: UUID, words: str | None = None) -> None:
    """Records that the borrower does not recognise a look, and what they say to it; the regulator is shown it.

    Raises BadRequest: no such look (LOOK_NOT_FOUND), an own one (LOOK_IS_OWN), marked before (LOOK_MARKED_ALREADY),
    STATEMENT_TOO_LONG.
    """
    now = services.clock.now()
    said = _bounded(words or "")
    with services.transaction() as connection:
        held_own_file(connection, borrower)
        file, look = own_look(connection, borrower, inquiry_key)
        _check_markable(look)
        cipher = services.keys.open(file.wrapped_key)
        sealed = cipher.seal("unrecognised_look", "words", inquiry_key.bytes, said.encode()) if said else None
        own_file.add_unrecognised(connection, file.subject_key, inquiry_key, sealed, now)
        fields = {"act": "look_unrecognised", "inquiry": str(inquiry_key)}
        log_own_act(services, connection, borrower, file, fields)


def set_freeze(services: Services, borrower: Borrower, on: bool) -> None:
    """Freezes the file against every look under a consent, or lifts that. Holds from the very next look."""
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        if own_file.set_freeze(connection, file.subject_key, on):
            log_own_act(services, connection, borrower, file, {"act": "file_frozen" if on else "file_unfrozen"})


def is_frozen(services: Services, borrower: Borrower) -> bool:
    """Whether the borrower's file is frozen."""
    with services.transaction() as connection:
        return own_file_of(connection, borrower).frozen


def checked_words(services: Services, words: str, keep_words: bool) -> str:
    """What a borrower says, tidied. `keep_words`: they confirmed words that were flagged. Raises as `add_statement`."""
    said = _bounded(words)
    if not said:
        raise BadRequest("Write your statement.", "STATEMENT_EMPTY")
    forbidden = forbidden_fields(services.pack, services.clock.now().date())
    if (found := sensitive_words(said, forbidden)) and not keep_words:
        raise SensitiveWords(found)
    return said


def _bounded(words: str) -> str:
    said = "\n".join(line.rstrip() for line in words.replace("\x00", "").splitlines()).strip()
    if len(said) > STATEMENT_CHARACTERS_MAX:
        raise BadRequest(f"Write at most {STATEMENT_CHARACTERS_MAX:,} characters.", "STATEMENT_TOO_LONG")
    return said


def _check_markable(look: StoredLook) -> None:
    if look.member_id == THE_BORROWER:
        raise BadRequest("This was your own look.", "LOOK_IS_OWN")
    if look.unrecognised_at:
        raise BadRequest("You have told us about this look already.", "LOOK_MARKED_ALREADY")


def _unsealed(stored: StoredStatement, cipher: SubjectCipher) -> OwnStatement:
    words = cipher.unseal("statement", "words", stored.statement_id.bytes, stored.words).decode()
    return OwnStatement(stored.statement_id, stored.about, words, stored.stated_at)
