"""Says an account and its borrowers in the fields of Metro 2: the base segment, and the segments behind it.

Metro 2 has no cents, no currency but the dollar, 24 months of history and one address and telephone a person. What it
cannot say is written as nearly as it can be; `unsaid` tells what became of it.
"""

from collections.abc import Iterator, Sequence

from exchange.intake.contribution import AccountRecord, Contribution, History, SubjectRecord
from exchange.intake.joint_account import furnished_reference
from exchange.intake.metro2 import codes
from exchange.intake.metro2.field_texts import (
    address_fields,
    amount_text,
    arrears_text,
    ascii_text,
    date_text,
    employment_fields,
    name_fields,
)
from exchange.intake.metro2.layout import BASE, BASE_LENGTH, SEGMENT_LENGTHS, SEGMENTS, Fields, paste
from exchange.intake.months import month_number
from schema.vocabulary.account import AccountState, OwnerRole, Portfolio, Product
from schema.vocabulary.correction import Withdrawal
from schema.vocabulary.identifiers import IdType

Segment = tuple[str, Fields]

_ORIGINAL_AMOUNT = frozenset({Portfolio.INSTALMENT, Portfolio.MORTGAGE, Portfolio.LEASE})
_TERMS_WITHOUT_NUMBER = {Portfolio.REVOLVING: "REV", Portfolio.LINE: "LOC"}
_LEASED = {Product.AUTO: "3A"}
_LEASE = "13"
_NOT_LATE = "0"


def line_of(borrowers: Sequence[Contribution], identification_number: str) -> tuple[str, list[Segment]]:
    """The line of an account whose first borrower stands first, and its appended segments by name."""
    segments = list(_appended(borrowers))
    base = paste(BASE, BASE_LENGTH, _base(borrowers, identification_number))
    line = base + "".join([_pasted(name, fields) for name, fields in segments])
    return f"{len(line):04d}{line[4:]}", segments


def _pasted(name: str, fields: Fields) -> str:
    return name + paste(SEGMENTS[name], SEGMENT_LENGTHS[name], fields)[len(name) :]


def _base(borrowers: Sequence[Contribution], identification_number: str) -> Fields:
    first = borrowers[0]
    return {
        "processing_indicator": "1",
        "time_stamp": date_text(first.account.reported_on) + "000000",
        "correction": "0",
        "identification_number": ascii_text(identification_number),
        **_account(first),
        **_person(first.subject),
        "ecoa": _first_ecoa(borrowers),
        **_address(first.subject),
    }


def _account(contribution: Contribution) -> Fields:
    account = contribution.account
    codes_now, profile = _profile(account)
    status = _status(account, codes_now)
    amount = account.original_amount_minor if account.portfolio in _ORIGINAL_AMOUNT else account.highest_balance_minor
    number = account.previous_reference or account.reference
    return {
        "account_number": ascii_text(furnished_reference(number)),
        "portfolio": codes.FROM_PORTFOLIO[account.portfolio],
        "account_type": _account_type(account),
        "opened_on": date_text(account.opened_on),
        "credit_limit": amount_text(None if account.portfolio in _ORIGINAL_AMOUNT else account.credit_limit_minor),
        "highest_credit": amount_text(amount),
        "terms_duration": _terms(account),
        "terms_frequency": account.term_frequency.value if account.term_frequency else "",
        "scheduled_payment": amount_text(account.scheduled_payment_minor),
        "actual_payment": amount_text(account.last_payment_minor),
        "account_status": status,
        "payment_rating": _rating(profile) if status in codes.RATING_NEEDED else "",
        "payment_profile": profile,
        "compliance_condition": codes.FROM_COMPLIANCE[account.compliance_flag],
        "current_balance": amount_text(account.balance_minor),
        "amount_past_due": arrears_text(account.past_due_minor),
        "account_information_on": date_text(account.reported_on),
        **_arrears(contribution, status),
        "closed_on": date_text(account.closed_on or (account.reported_on if status in codes.PAID else None)),
        "last_payment_on": date_text(account.last_payment_on),
        "interest_type": codes.FROM_RATE_TYPE.get(account.rate_type, "") if account.rate_type else "",
    }


def _arrears(contribution: Contribution, status: str) -> Fields:
    """The date of first delinquency and the amount charged off, of the last delinquency. The date is written where the
    furnisher stated it or the status cannot do without one.
    """
    last = contribution.delinquencies[-1] if contribution.delinquencies else None
    needed = status in codes.FIRST_DELINQUENCY_NEEDED
    first_on = last.first_delinquent_on if last and (last.stated or needed) else None
    return {
        "first_delinquency_on": date_text(first_on or (contribution.account.reported_on if needed else None)),
        "charge_off_amount": amount_text(last.charge_off_minor if last else None),
    }


def _status(account: AccountRecord, code: str) -> str:
    if account.withdrawal is Withdrawal.FRAUD:
        return "DF"
    if account.withdrawal is Withdrawal.DELETED and account.state is AccountState.ENDED:
        return "DA"
    return codes.status_of(account.state, code)


def _profile(account: AccountRecord) -> tuple[str, str]:
    """Our code of the month of the report, and the profile of the 24 months before it."""
    history = account.history or History(account.reported_on, "")
    months_since = month_number(account.reported_on) - month_number(history.month)
    newest_first = "#" * months_since + history.codes[max(-months_since, 0) :]
    return newest_first[:1] or "#", codes.profile_from_codes(newest_first[1:])


def _rating(profile: str) -> str:
    """How the account stood in the month before it was closed or lost."""
    return profile[0] if profile[0] in codes.RATINGS else _NOT_LATE


def _account_type(account: AccountRecord) -> str:
    if account.portfolio is Portfolio.LEASE:
        return _LEASED.get(account.product, _LEASE)
    return codes.FROM_PRODUCT[account.product]


def _terms(account: AccountRecord) -> str:
    if account.term_count is None:
        return _TERMS_WITHOUT_NUMBER.get(account.portfolio, "")
    return f"{min(account.term_count, 999):03d}"


def _person(subject: SubjectRecord) -> Fields:
    """Who it is. A number that is no social security number cannot be written; a made-up person is not named."""
    number = "".join(filter(str.isdigit, subject.id_number)) if subject.id_type is IdType.SSN else ""
    name = name_fields(subject.names[0]) if subject.names and not subject.synthetic else {}
    telephone = subject.phones[0] if subject.phones and len(subject.phones[0]) <= 10 else ""
    return {
        **name,
        "ssn": number if len(number) == 9 else "0" * 9,
        "born_on": date_text(None if subject.synthetic else subject.birth_date),
        "telephone": telephone if telephone.isascii() and telephone.isdigit() else "0" * 10,
        "consumer_information": "",
    }


def _address(subject: SubjectRecord) -> Fields:
    return address_fields(subject.addresses[0]) if subject.addresses else {}


def _first_ecoa(borrowers: Sequence[Contribution]) -> str:
    first = borrowers[0].account
    if first.withdrawal is Withdrawal.DELETED and first.state is not AccountState.ENDED:
        return codes.ECOA_DELETE
    others = {borrower.account.owner_role for borrower in borrowers[1:]}
    if first.owner_role is OwnerRole.BORROWER and OwnerRole.CO_BORROWER in others:
        return codes.ECOA_JOINT
    if first.owner_role is OwnerRole.BORROWER and OwnerRole.GUARANTOR in others:
        return codes.ECOA_MAKER
    return codes.FROM_OWNER[first.owner_role]


def _appended(borrowers: Sequence[Contribution]) -> Iterator[Segment]:
    first = borrowers[0]
    for other in borrowers[1:]:
        yield _co_borrower(first, other)
    account = first.account
    if account.original_creditor:
        yield "K1", {"original_creditor": ascii_text(account.original_creditor), "creditor_class": ""}
    if account.sold_to or account.purchased_from:
        sold_or_purchased = codes.SOLD if account.sold_to else codes.PURCHASED
        counterparty = ascii_text(account.sold_to or account.purchased_from)
        yield "K2", {"purchased_or_sold": sold_or_purchased, "counterparty": counterparty}
    if account.previous_reference:
        yield "L1", {"change": "1", "new_account_number": ascii_text(furnished_reference(account.reference))}
    if first.subject.employment:
        yield "N1", employment_fields(first.subject.employment[0])


def _co_borrower(first: Contribution, other: Contribution) -> Segment:
    deleted = other.account.withdrawal is Withdrawal.DELETED and first.account.state is not AccountState.ENDED
    role = OwnerRole.CO_BORROWER if other.account.owner_role is OwnerRole.BORROWER else other.account.owner_role
    fields = _person(other.subject) | {"ecoa": codes.ECOA_DELETE if deleted else codes.FROM_OWNER[role]}
    if other.subject.addresses == first.subject.addresses:
        return "J1", fields
    return "J2", fields | _address(other.subject)
