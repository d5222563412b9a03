"""Reads a Metro 2 file of the character format: header, base segments with their appended segments, trailer.

A line is one account, and one record for each of its borrowers: the base segment's first, then one for each J1 and J2
segment, with the account's values, their own role, and a reference of their own (`joint_account`). A segment that names
nobody is noted and makes no record. What the exchange does not hold (K3, K4, consumer information indicators, special
comments) is checked and noted, so that a furnisher sees that it was not applied. Amounts are whole US dollars.

A blank compliance condition code leaves the mark that was reported before as it is, until XR takes it back (read in
summaries of the guide, *not verified* in the guide itself).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from exchange.intake.contribution import (
    AccountRecord,
    Contribution,
    DelinquencyRecord,
    FaultyRecord,
    FileNote,
    History,
    ReadRecord,
    ReadRecords,
    SubjectRecord,
)
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fault_codes import ALWAYS_NOTES, fault
from exchange.intake.joint_account import SEPARATOR, joint_reference
from exchange.intake.metro2 import codes
from exchange.intake.metro2.field_values import FieldValues, is_blank
from exchange.intake.metro2.layout import (
    TRAILER,
    Fields,
    LineNotARecord,
    is_trailer,
    read_header,
    split_segments,
)
from exchange.intake.metro2.segments import Appended, address_of, read_segments
from exchange.intake.metro2.time_zones import time_zone_of
from exchange.intake.months import first_day, month_number
from exchange.intake.reading import Reading
from exchange.intake.synthetic_identity import synthetic_identity
from schema.vocabulary.account import AccountState, Portfolio, TermFrequency
from schema.vocabulary.correction import Withdrawal
from schema.vocabulary.identifiers import IdType

CURRENCY, COUNTRY, LANGUAGE = "USD", "US", "en"
_TERMS_WITHOUT_NUMBER = frozenset({"", "LOC", "REV"})
_FREQUENCIES = {frequency.value: frequency for frequency in TermFrequency}
_ORIGINAL_AMOUNT = frozenset({Portfolio.INSTALMENT, Portfolio.MORTGAGE, Portfolio.LEASE})
"""Portfolios whose "highest credit or original loan amount" is the amount lent."""


def read_metro2(lines: Iterator[str], reading: Reading) -> ReadRecords:
    """The records of every line. Raises FileNotReadable where the file does not begin with a Metro 2 header."""
    header = FieldValues(1, read_header(next(lines, "")), "header.")
    for field in ("activity_date", "created_on"):
        header.date(field)
    yield from (FileNote(finding) for finding in header.findings)
    records = 0
    for record_no, line in enumerate(lines, 2):
        if not line.strip():
            continue
        if is_trailer(line):
            first, last = TRAILER["base_records"]
            if line[first - 1 : last].strip() != f"{records:09d}":
                yield FileNote(fault(record_no, "trailer", "TRAILER_DIFFERS"))
            continue
        records += 1
        yield from read_line(record_no, line, reading)


def read_line(record_no: int, line: str, reading: Reading) -> tuple[ReadRecord, ...]:
    """One base segment and what follows it on its line: a record for each borrower, or one that is faulty."""
    try:
        base, segments = split_segments(line)
    except LineNotARecord as reason:
        return (FaultyRecord(record_no, (fault(record_no, "record", reason.code, reason.detail),)),)
    values = FieldValues(record_no, base)
    if int(base["record_length"]) != len(line):
        values.find("record_length", "RECORD_LENGTH_DIFFERS")
    appended = read_segments(record_no, segments)
    addresses, zone = _addresses(base), time_zone_of(base["state"])
    subject = _subject(values, base["account_number"], addresses, zone, reading)
    _check_consumer(values)
    account = _account(values, appended)
    delinquencies = _delinquencies(values, account)
    others = [
        _co_borrower(consumer, f"{base['account_number']}{SEPARATOR}{number}", addresses, zone, reading)
        for number, consumer in enumerate(appended.consumers, 1)
    ]
    findings = values.findings + appended.findings
    for consumer in appended.consumers:
        findings += consumer.findings
    faults = tuple(finding for finding in findings if finding.code not in ALWAYS_NOTES)
    if faults or subject is None or account is None:
        return (FaultyRecord(record_no, faults),)
    subject = replace(subject, employment=appended.employment)
    open_to_collectors = base["account_status"] in codes.THIRD_PARTY_COLLECTOR
    first = Contribution(
        record_no, subject, account, () if account.withdrawn else delinquencies, tuple(findings), open_to_collectors
    )
    joint = [
        _joint(first, delinquencies, other, consumer)
        for other, consumer in zip(others, appended.consumers, strict=True)
        if other is not None
    ]
    return (first, *joint)


def _co_borrower(
    values: FieldValues, reference: str, addresses: tuple[str, ...], zone: str, reading: Reading
) -> SubjectRecord | None:
    """Who a J1 or J2 segment names. A J1 has no address: they live with the first borrower."""
    if "state" in values.fields:
        addresses, zone = _addresses(values.fields), time_zone_of(values.fields["state"])
    values.code("ecoa", codes.CO_OWNERS)
    _check_consumer(values)
    return _subject(values, reference, addresses, zone, reading, unnamed="CO_BORROWER_UNNAMED")


def _joint(
    first: Contribution, delinquencies: tuple[DelinquencyRecord, ...], subject: SubjectRecord, values: FieldValues
) -> Contribution:
    """The record of a further borrower; the notes of the line stay with the first one's."""
    account, ecoa = first.account, values.fields["ecoa"]
    account = replace(
        account,
        reference=joint_reference(account.reference, subject),
        previous_reference=account.previous_reference and joint_reference(account.previous_reference, subject),
        owner_role=codes.CO_OWNERS[ecoa],
        withdrawal=Withdrawal.DELETED if ecoa == codes.ECOA_DELETE else _withdrawal_of_all(account),
    )
    late = () if account.withdrawn else delinquencies
    return replace(first, subject=subject, account=account, delinquencies=late, notes=())


def _subject(
    values: FieldValues,
    reference: str,
    addresses: tuple[str, ...],
    zone: str,
    reading: Reading,
    unnamed: str = "IDENTITY_MISSING",
) -> SubjectRecord | None:
    fields = values.fields
    birth_date = values.date("born_on")
    if is_blank(fields["ssn"]) or is_blank(fields["surname"]):
        if reading.synthesise_identities:
            return synthetic_identity(reading.identity_seed, reference, COUNTRY, zone, LANGUAGE, addresses)
        values.find("subject", unnamed)
        return None
    name = [fields[part] for part in ("first_name", "middle_name", "surname") if not is_blank(fields[part])]
    return SubjectRecord(
        id_type=IdType.SSN,
        country=COUNTRY,
        id_number=fields["ssn"],
        names=(" ".join(name),),
        time_zone=zone,
        language=LANGUAGE,
        birth_date=birth_date,
        phones=() if is_blank(fields["telephone"]) else (fields["telephone"],),
        addresses=addresses,
    )


def _addresses(fields: Fields) -> tuple[str, ...]:
    address = address_of(fields)
    return (address,) if address else ()


def _check_consumer(values: FieldValues) -> None:
    """What is said of a consumer beyond who it is: bankruptcy and the like, or that they died."""
    indicator = values.fields["consumer_information"]
    if not is_blank(indicator):
        values.find("consumer_information", "VALUE_NOT_STORED" if indicator in codes.INDICATORS else "CODE_UNKNOWN")
    if values.fields["ecoa"] == codes.ECOA_DECEASED:
        values.find("ecoa", "VALUE_NOT_STORED")


def _account(values: FieldValues, appended: Appended) -> AccountRecord | None:
    """The first borrower's account, or None where something it cannot do without was not readable."""
    fields = values.fields
    if not fields["account_number"]:
        values.find("account_number", "FIELD_MISSING")
    opened_on, reported_on = values.date("opened_on", needed=True), values.date("account_information_on", needed=True)
    product = values.code("account_type", codes.PRODUCTS)
    portfolio = values.code("portfolio", codes.PORTFOLIOS)
    owner = values.code("ecoa", codes.OWNERS)
    flag = values.code("compliance_condition", codes.COMPLIANCE)
    standing = _standing(values)
    profile_known = _check_profile(values)
    _check_rating(values)
    amounts = {field: values.amount_minor(field) for field in _AMOUNTS}
    closed_on, last_payment_on = values.date("closed_on"), values.date("last_payment_on")
    term_count = _term_count(values)
    frequency = values.code("terms_frequency", _FREQUENCIES) if fields["terms_frequency"] else None
    rate_type = None if is_blank(fields["interest_type"]) else values.code("interest_type", codes.RATE_TYPES)
    if not is_blank(fields["special_comment"]):
        values.find("special_comment", "VALUE_NOT_STORED")
    if opened_on is None or reported_on is None or standing is None or not profile_known:
        return None
    if product is None or portfolio is None or owner is None or flag is None or not fields["account_number"]:
        return None
    if portfolio is Portfolio.INSTALMENT and fields["account_type"] in codes.LEASES:
        portfolio = Portfolio.LEASE
    state, code = standing
    if code == "N" and amounts["amount_past_due"]:
        state, code = AccountState.OVERDUE, "1"
    return AccountRecord(
        reference=appended.new_reference or fields["account_number"],
        previous_reference=fields["account_number"] if appended.new_reference else None,
        original_creditor=appended.original_creditor,
        purchased_from=appended.purchased_from,
        sold_to=appended.sold_to,
        rate_type=rate_type,
        portfolio=portfolio,
        product=product,
        state=state,
        opened_on=opened_on,
        reported_on=reported_on,
        currency=CURRENCY,
        owner_role=owner,
        compliance_flag=flag,
        keeps_compliance_flag=is_blank(fields["compliance_condition"]),
        closed_on=closed_on,
        original_amount_minor=amounts["highest_credit"] if portfolio in _ORIGINAL_AMOUNT else None,
        credit_limit_minor=None if portfolio in _ORIGINAL_AMOUNT else amounts["credit_limit"],
        highest_balance_minor=None if portfolio in _ORIGINAL_AMOUNT else amounts["highest_credit"],
        balance_minor=amounts["current_balance"],
        past_due_minor=amounts["amount_past_due"],
        scheduled_payment_minor=amounts["scheduled_payment"],
        last_payment_minor=amounts["actual_payment"],
        last_payment_on=last_payment_on,
        days_past_due=0 if code in "NC" else None,
        term_count=term_count,
        term_frequency=frequency,
        history=_history(fields["payment_profile"], code, opened_on, reported_on),
        withdrawal=_withdrawal(fields),
    )


_AMOUNTS = (
    "credit_limit",
    "highest_credit",
    "scheduled_payment",
    "actual_payment",
    "current_balance",
    "amount_past_due",
)


def _standing(values: FieldValues) -> tuple[AccountState, str] | None:
    if values.fields["account_status"] in codes.WITHDRAWN:
        return AccountState.ENDED, "G"
    return values.code("account_status", codes.STATUSES)


def _history(profile: str, code: str, opened_on: date, reported_on: date) -> History:
    """The month of the report, and before it the profile, whose first code is the month before."""
    months_open = max(month_number(reported_on) - month_number(opened_on), 0)
    return History(first_day(reported_on), code + codes.profile_codes(profile, months_open))


def _withdrawal(fields: Fields) -> Withdrawal | None:
    if fields["ecoa"] == codes.ECOA_DELETE:
        return Withdrawal.DELETED
    return codes.WITHDRAWN.get(fields["account_status"])


def _withdrawal_of_all(account: AccountRecord) -> Withdrawal | None:
    """The withdrawal that a status says of the whole account; ECOA code Z takes back one borrower only."""
    return account.withdrawal if account.state is AccountState.ENDED else None


def _check_profile(values: FieldValues) -> bool:
    profile = values.fields["payment_profile"]
    if len(profile) != codes.PROFILE_MONTHS or not codes.PROFILE.keys() >= set(profile):
        values.find("payment_profile", "CODE_UNKNOWN")
        return False
    if "B" in profile.rstrip("B"):
        values.find("payment_profile", "PROFILE_EMBEDDED_B")
    return True


def _check_rating(values: FieldValues) -> None:
    rating, status = values.fields["payment_rating"], values.fields["account_status"]
    if rating and rating not in codes.RATINGS:
        values.find("payment_rating", "CODE_UNKNOWN")
    elif rating and status not in codes.RATING_NEEDED:
        values.find("payment_rating", "RATING_NOT_EXPECTED")
    elif not rating and status in codes.RATING_NEEDED:
        values.find("payment_rating", "RATING_MISSING")
    if status in codes.PAID and is_blank(values.fields["closed_on"]):
        values.find("closed_on", "CLOSED_DATE_MISSING")


def _term_count(values: FieldValues) -> int | None:
    text = values.fields["terms_duration"]
    if text.isascii() and text.isdigit():
        return int(text)
    if text not in _TERMS_WITHOUT_NUMBER:
        values.find("terms_duration", "NUMBER_NOT_VALID")
    return None


def _delinquencies(values: FieldValues, account: AccountRecord | None) -> tuple[DelinquencyRecord, ...]:
    stated = values.date("first_delinquency_on")
    if stated is None and _first_delinquency_needed(values.fields):
        values.find("first_delinquency_on", "FIRST_DELINQUENCY_MISSING")
    charge_off_minor = values.amount_minor("charge_off_amount")
    if account is None or account.history is None or _withdrawal_of_all(account):
        return ()
    delinquencies = derive_delinquencies(account.history, account.reported_on, stated)
    if stated is not None and not (delinquencies and delinquencies[-1].stated):
        values.find("first_delinquency_on", "FIRST_DELINQUENCY_WITHOUT_ARREARS")
    if delinquencies and charge_off_minor:
        return (*delinquencies[:-1], replace(delinquencies[-1], charge_off_minor=charge_off_minor))
    return delinquencies


def _first_delinquency_needed(fields: Fields) -> bool:
    return is_blank(fields["first_delinquency_on"]) and fields["account_status"] in codes.FIRST_DELINQUENCY_NEEDED
