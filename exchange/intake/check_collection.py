"""The rules of a collection action. All faults at once."""

from exchange.intake.contribution import Fault
from exchange.intake.noun_checks import (
    LIST_MAX,
    check_accounts,
    check_amount,
    check_mandate_of,
    check_name,
    check_optional,
    check_reference,
    check_words,
    currency_unknown,
    faults_of,
)
from exchange.intake.noun_records import Acting, CollectionRecord
from schema.vocabulary.collection import THIRD_PERSONS, ContactResult

SHA256_BYTES = 32
DURATION_SECONDS_MAX = 7 * 24 * 3600


def check_collection(record: CollectionRecord, acting: Acting) -> tuple[Fault, ...]:
    """Every rule that a collection action breaks, judged at `acting.now`."""
    duration, digest, disclosed = record.duration_seconds, record.recording_digest, record.disclosed
    broken = (
        ("started_at", "DATE_IN_FUTURE", record.started_at > acting.now),
        ("duration_seconds", "DURATION_NOT_VALID", duration is not None and not 0 <= duration <= DURATION_SECONDS_MAX),
        ("disclosed", "DISCLOSED_TO_THIRD_PERSON", record.target in THIRD_PERSONS and bool(disclosed)),
        ("disclosed", "LIST_TOO_LONG", len(disclosed) > LIST_MAX),
        ("recording_digest", "DIGEST_NOT_VALID", digest is not None and len(digest) != SHA256_BYTES),
        ("channel", "CHANNEL_NOT_MANDATED", _beyond_mandate(record, acting)),
    )
    return (
        *check_reference(record.reference),
        *check_accounts(record.account_references),
        *check_mandate_of(acting, record.mandate_id is not None, record.started_at.date()),
        *check_name("agent", record.agent),
        *check_optional("agent_name", record.agent_name),
        *check_optional("contact", record.contact),
        *check_words("template", record.template),
        *(found for name in disclosed for found in check_words("disclosed", name)),
        *faults_of(broken),
        *_check_promise(record),
    )


def _beyond_mandate(record: CollectionRecord, acting: Acting) -> bool:
    mandate = acting.mandate
    in_force = mandate is not None and mandate.allows(acting.member_id, record.started_at.date())
    return mandate is not None and in_force and record.channel not in mandate.channels


def _check_promise(record: CollectionRecord) -> list[Fault]:
    """A promise has an amount, its currency and a day, all three; without one, nothing was kept or broken."""
    parts = (record.promised_minor, record.promised_currency, record.promised_on)
    given = [part is not None for part in parts]
    wanted = record.result is ContactResult.PROMISE_TO_PAY or record.promise_kept is not None or any(given)
    promised_on = record.promised_on
    broken = (
        ("promised_on", "PROMISE_INCOMPLETE", wanted and not all(given)),
        ("promised_currency", "CURRENCY_UNKNOWN", currency_unknown(record.promised_currency)),
        ("promised_on", "DATES_OUT_OF_ORDER", promised_on is not None and promised_on < record.started_at.date()),
    )
    return check_amount("promised", record.promised_minor) + faults_of(broken)
