"""The rules of a delinquency: its days against the report, the account and the history, and the notice before it."""

from itertools import pairwise

from exchange.intake.check_history import AMOUNT_MAX
from exchange.intake.check_texts import check_text
from exchange.intake.contribution import AccountRecord, DelinquencyRecord, Fault
from exchange.intake.fault_codes import fault
from exchange.intake.months import last_day

PEAK_DAYS_MAX = 36_525
CHANNEL_LENGTH_MAX = 64


def check_delinquency(record_no: int, delinquency: DelinquencyRecord, account: AccountRecord) -> list[Fault]:
    """Everything wrong with one delinquency but the prior notice that the law may ask for."""
    first, reported = delinquency.first_delinquent_on, account.reported_on
    ends = [day for day in (delinquency.cured_on, delinquency.ended_on) if day is not None]
    lost_on, lost = delinquency.charge_off_on, delinquency.charge_off_minor
    broken = (
        ("first_delinquent_on", "FIRST_DELINQUENCY_IN_FUTURE", first > reported),
        ("first_delinquent_on", "FIRST_DELINQUENCY_TOO_LATE", delinquency.stated and _too_late(delinquency, account)),
        ("first_delinquent_on", "FIRST_DELINQUENCY_BEFORE_OPENING", first < account.opened_on),
        ("ended_on", "DELINQUENCY_ENDS_TOO_EARLY", any(day < first for day in ends)),
        ("ended_on", "DELINQUENCY_ENDS_IN_FUTURE", any(day > reported for day in ends)),
        ("charge_off_on", "CHARGE_OFF_OUT_OF_RANGE", lost_on is not None and not first <= lost_on <= reported),
        ("charge_off", "AMOUNT_NEGATIVE", lost is not None and lost < 0),
        ("charge_off", "NUMBER_TOO_LARGE", lost is not None and lost > AMOUNT_MAX),
        ("peak_days_past_due", "AMOUNT_NEGATIVE", delinquency.peak_days_past_due < 0),
        ("peak_days_past_due", "NUMBER_TOO_LARGE", delinquency.peak_days_past_due > PEAK_DAYS_MAX),
        ("prior_notice", "PRIOR_NOTICE_NOT_VALID", _delivered_before_sent(delinquency)),
    )
    found = [fault(record_no, field, code) for field, code, is_broken in broken if is_broken]
    return found + check_text(record_no, "prior_notice", delinquency.prior_notice_channel, CHANNEL_LENGTH_MAX)


def check_prior_notice(
    record_no: int, delinquency: DelinquencyRecord, account: AccountRecord, rule: str
) -> list[Fault]:
    """Negative information needs a notice that is earlier than the report, as `rule` asks."""
    sent = delinquency.prior_notice_sent_at
    if sent is None:
        return [fault(record_no, "prior_notice", "PRIOR_NOTICE_MISSING", rule=rule)]
    if sent.date() > account.reported_on:
        return [fault(record_no, "prior_notice", "PRIOR_NOTICE_TOO_LATE", rule=rule)]
    return []


def check_order(record_no: int, delinquencies: tuple[DelinquencyRecord, ...]) -> list[Fault]:
    """The delinquencies of an account, oldest first, follow one another."""
    if all(_ended_before(one, following) for one, following in pairwise(delinquencies)):
        return []
    return [fault(record_no, "delinquencies", "DELINQUENCIES_OVERLAP")]


def _too_late(delinquency: DelinquencyRecord, account: AccountRecord) -> bool:
    """Whether the first day lies behind the first late month, or is too near for so many days past due."""
    first = delinquency.first_delinquent_on
    if first > last_day(delinquency.first_late_month):
        return True
    is_open = delinquency.ended_on is None and delinquency.cured_on is None
    return is_open and (account.days_past_due or 0) > (account.reported_on - first).days + 1


def _delivered_before_sent(delinquency: DelinquencyRecord) -> bool:
    sent, delivered = delinquency.prior_notice_sent_at, delinquency.prior_notice_delivered_at
    return delivered is not None and (sent is None or delivered < sent)


def _ended_before(one: DelinquencyRecord, following: DelinquencyRecord) -> bool:
    ended = one.ended_on or one.cured_on
    return ended is not None and ended <= following.first_delinquent_on
