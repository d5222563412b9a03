"""Leaves out of a report what the law no longer lets us keep, so that what was deleted does not come back with it.

A monthly file goes on reporting months and accounts whose period is over. Those months are taken as unknown (`#`,
without amounts), their delinquencies are left out, and the furnisher is told by a note.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from consent.policy.resolve import anniversary
from consent.policy.retention import KeptRecord, deleting_years, fate_of
from consent.policy.rules import RetentionAction, Rule
from exchange.intake.contribution import AccountRecord, Amounts, Contribution, DelinquencyRecord, History
from exchange.intake.fault_codes import fault
from exchange.intake.months import first_day, month_number, month_of_number
from schema.vocabulary.account import BAD_END
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.payment_status import NEGATIVE, PaymentStatus
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class Expiry:
    """The rules about keeping that hold `today` (`retention_rules`) for what a member of this class furnishes."""

    rules: tuple[Rule, ...]
    furnisher: MemberClass | None
    today: date

    def deletes(self, record: KeptRecord) -> str | None:
        """The rule that has this record deleted; None if it may stay."""
        fate = fate_of(self.rules, record, self.today)
        return fate.rule if fate.action is RetentionAction.DELETE else None


def expired_account(account: AccountRecord, expiry: Expiry) -> str | None:
    """The rule for which an account that was closed badly long ago may not be taken any more; None if it may."""
    if account.state not in BAD_END or account.closed_on is None:
        return None
    return expiry.deletes(KeptRecord(FieldClass.ACCOUNTS, expiry.furnisher, ended_on=account.closed_on))


def without_expired(contribution: Contribution, expiry: Expiry) -> Contribution:
    """The contribution without the late months, and the delinquencies, that may not be kept any more."""
    history = contribution.account.history
    if history is None or not reaches_back(history, expiry):
        return contribution
    late = contribution.delinquencies
    expired = expired_months(history.month, history.codes, late, expiry)
    kept = tuple(delinquency for delinquency in late if not _is_expired(delinquency, expiry))
    if not expired and len(kept) == len(late):
        return contribution
    return replace(
        contribution,
        account=replace(contribution.account, history=masked_history(history, set(expired))),
        delinquencies=kept,
        notes=(*contribution.notes, fault(contribution.record_no, "history", "RETENTION_EXPIRED")),
    )


def expired_months(newest: date, codes: str, late: Sequence[DelinquencyRecord], expiry: Expiry) -> dict[int, str]:
    """The positions of late months that may not be kept any more, with the rule.

    A month belongs to the delinquency that covers it, and ends with that; where none does, it ends with itself.
    """
    expired = {}
    for position, code in enumerate(codes):
        if code in NEGATIVE:
            month = month_of_number(month_number(newest) - position)
            rule = expiry.deletes(month_record(month, expiry.furnisher, covering(late, month)))
            if rule is not None:
                expired[position] = rule
    return expired


def covering(late: Sequence[DelinquencyRecord], month: date) -> DelinquencyRecord | None:
    """The delinquency that a late month belongs to."""
    for delinquency in late:
        begins, ended = first_day(delinquency.first_delinquent_on), delinquency.ended_on
        if begins <= month and (ended is None or month < ended):
            return delinquency
    return None


def month_record(
    month: date,
    furnisher: MemberClass | None,
    delinquency: DelinquencyRecord | None,
    past_due_minor: int | None = None,
    currency: str | None = None,
) -> KeptRecord:
    """A late month of a history as the rules see it. It ends with its delinquency, and not before the month is over."""
    month_over = month_of_number(month_number(month) + 1)
    if delinquency is None:
        ended_on: date | None = month_over
    else:
        ended_on = max(delinquency.ended_on, month_over) if delinquency.ended_on else None
    return KeptRecord(
        FieldClass.PAYMENT_HISTORY,
        furnisher,
        ended_on=ended_on,
        late_on=month,
        cured_on=delinquency.cured_on if delinquency else None,
        amount_minor=past_due_minor,
        currency=currency,
    )


def masked_history(history: History, positions: set[int]) -> History:
    """The history with these months unknown, and without their amounts."""
    codes = "".join(
        PaymentStatus.UNKNOWN if position in positions else code for position, code in enumerate(history.codes)
    )
    beside = (history.days_past_due, history.past_due_minor, history.balance_minor, history.paid_minor)
    return History(history.month, codes, *(_without(amounts, positions) for amounts in beside))


def _without(amounts: Amounts | None, positions: set[int]) -> Amounts | None:
    if amounts is None:
        return None
    return tuple(None if position in positions else amount for position, amount in enumerate(amounts))


def _is_expired(delinquency: DelinquencyRecord, expiry: Expiry) -> bool:
    return expiry.deletes(delinquency_record(delinquency, expiry.furnisher)) is not None


def delinquency_record(delinquency: DelinquencyRecord, furnisher: MemberClass | None) -> KeptRecord:
    """A delinquency as the rules that delete see it."""
    return KeptRecord(
        FieldClass.DELINQUENCIES,
        furnisher,
        ended_on=delinquency.ended_on,
        late_on=delinquency.first_delinquent_on,
        cured_on=delinquency.cured_on,
    )


def reaches_back(history: History, expiry: Expiry) -> bool:
    """Whether the oldest month is old enough to be deleted: for all but a few reports, the end of the matter."""
    years = deleting_years(expiry.rules, FieldClass.PAYMENT_HISTORY)
    if years is None:
        return False
    oldest = month_of_number(month_number(history.month) - len(history.codes) + 1)
    return expiry.today > anniversary(oldest, years)
