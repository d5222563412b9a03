"""What the checks of single records share: faults from a table of rules, texts, accounts and mandates."""

from collections.abc import Iterable
from datetime import date

from exchange.intake.check_history import AMOUNT_MAX
from exchange.intake.check_texts import NAME_LENGTH_MAX, REFERENCE_LENGTH_MAX, check_text
from exchange.intake.contribution import Fault
from exchange.intake.denylist import check_free_text
from exchange.intake.fault_codes import fault
from exchange.intake.noun_records import Acting
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.money import MINOR_DIGITS

THE_RECORD = 1
"""The number of a record that comes alone."""

WORDS_LENGTH_MAX = 4_000
LIST_MAX = 100

Broken = Iterable[tuple[str, str, bool]]
"""Field, code, and whether the rule is broken."""


def faults_of(broken: Broken) -> list[Fault]:
    """A fault for each rule that is broken."""
    return [fault(THE_RECORD, field, code) for field, code, is_broken in broken if is_broken]


def check_reference(reference: str) -> list[Fault]:
    """The furnisher's own reference: there, and of a bounded length."""
    return check_name("reference", reference, REFERENCE_LENGTH_MAX)


def check_name(field: str, name: str, length_max: int = NAME_LENGTH_MAX) -> list[Fault]:
    """A short text that is needed."""
    missing = faults_of([(field, "FIELD_MISSING", not name.strip())])
    return missing + check_text(THE_RECORD, field, name, length_max)


def check_optional(field: str, name: str | None) -> list[Fault]:
    """A short text that may be there."""
    return check_text(THE_RECORD, field, name)


def check_words(field: str, words: str | None) -> list[Fault]:
    """Free words that may be there: bounded, and without a hint at what the law forbids to collect."""
    too_long = faults_of([(field, "TEXT_TOO_LONG", len(words or "") > WORDS_LENGTH_MAX)])
    return too_long + check_free_text(THE_RECORD, field, words)


def check_amount(field: str, amount_minor: int | None) -> list[Fault]:
    """An amount that may be there: not below zero, not beyond what is taken."""
    if amount_minor is None:
        return []
    return faults_of(
        ((field, "AMOUNT_NEGATIVE", amount_minor < 0), (field, "NUMBER_TOO_LARGE", amount_minor > AMOUNT_MAX))
    )


def currency_unknown(currency: str | None) -> bool:
    """Whether a currency is named that the exchange does not take."""
    return currency is not None and currency not in MINOR_DIGITS


def check_accounts(references: tuple[str, ...]) -> list[Fault]:
    """The accounts that a record is about: at least one, each once."""
    return faults_of(
        (
            ("account_references", "ACCOUNT_MISSING", not references),
            ("account_references", "LIST_TOO_LONG", len(references) > LIST_MAX),
            ("account_references", "ACCOUNT_TWICE", len(set(references)) < len(references)),
        )
    )


def check_mandate_of(acting: Acting, named: bool, on: date) -> list[Fault]:
    """Who collects for others needs the lender's mandate, in force on the day; nobody else names one."""
    is_agency, mandate = acting.member_class is MemberClass.COLLECTION_AGENCY, acting.mandate
    in_force = mandate is not None and mandate.allows(acting.member_id, on)
    return faults_of(
        (
            ("mandate_id", "MANDATE_MISSING", is_agency and not named),
            ("mandate_id", "MANDATE_NOT_IN_FORCE", is_agency and named and not in_force),
            ("mandate_id", "MANDATE_NOT_WANTED", named and not is_agency),
        )
    )
