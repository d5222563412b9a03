"""The rules of a whole record: borrower, account, history, delinquencies. All faults of a record at once."""

from dataclasses import dataclass
from datetime import date

from exchange.intake.check_account import check_account
from exchange.intake.check_delinquency import check_delinquency, check_order, check_prior_notice
from exchange.intake.check_history import check_history
from exchange.intake.check_subject import birth_date_of, check_subject
from exchange.intake.contribution import Checks, Contribution, Fault
from exchange.intake.fault_codes import fault, weigh
from exchange.intake.forget_expired import Expiry, expired_account, without_expired
from exchange.intake.joint_account import furnished_reference, is_joint, joint_reference
from schema.vocabulary.account import AccountState

_COLLECTOR_STATES = frozenset({AccountState.IN_RECOVERY, AccountState.SETTLED})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a record is judged by. `prior_notice`: the rule by which negative information needs an earlier notice, None
    where it needs none or the furnisher vouches for it; `third_party_collector`: the member collects for others;
    `expiry`: what may not be kept any more.
    """

    today: date
    checks: Checks = Checks.OWN_CODES
    prior_notice: str | None = None
    third_party_collector: bool = False
    expiry: Expiry | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A record with everything found about it, and its id number in the one spelling (empty where that is a fault)."""

    contribution: Contribution
    id_number: str
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    checks: Checks = Checks.OWN_CODES


def check_record(contribution: Contribution, rules: Rules) -> Checked:
    """Every rule that one record breaks, as faults or notes; the reader's own notes come first."""
    record_no, account = contribution.record_no, contribution.account
    id_number, findings = check_subject(record_no, contribution.subject, rules.today)
    born = birth_date_of(contribution.subject, id_number)
    if born is not None and account.opened_on < born <= rules.today:
        findings.append(fault(record_no, "opened_on", "OPENED_BEFORE_BIRTH"))
    findings += [
        *check_account(record_no, account, rules.today),
        *check_history(record_no, account, rules.today, rules.checks),
        *check_order(record_no, contribution.delinquencies),
    ]
    if is_joint(account.reference) and not _is_rightly_joint(contribution):
        findings.append(fault(record_no, "reference", "TEXT_NOT_PRINTABLE"))
    if rules.expiry and (expired_by := expired_account(account, rules.expiry)):
        findings.append(fault(record_no, "closed_on", "ACCOUNT_EXPIRED", rule=expired_by))
    if rules.third_party_collector and not _open_to_collectors(contribution):
        findings.append(fault(record_no, "state", "COLLECTOR_STATE"))
    for delinquency in contribution.delinquencies:
        findings += check_delinquency(record_no, delinquency, account)
        if rules.prior_notice:
            findings += check_prior_notice(record_no, delinquency, account, rules.prior_notice)
    faults, notes = weigh(findings, rules.checks)
    kept = without_expired(contribution, rules.expiry) if rules.expiry and not faults else contribution
    return Checked(kept, id_number, faults, kept.notes + notes, rules.checks)


def _is_rightly_joint(contribution: Contribution) -> bool:
    """Whether a reference with the mark of a co-borrower's account is the one that the exchange gives this borrower."""
    reference = contribution.account.reference
    return reference == joint_reference(furnished_reference(reference), contribution.subject)


def _open_to_collectors(contribution: Contribution) -> bool:
    if contribution.open_to_collectors is not None:
        return contribution.open_to_collectors
    return contribution.account.withdrawn or contribution.account.state in _COLLECTOR_STATES
