"""A borrower's rights, each with the rules of the pack in force that give it, and how far it was used."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from consent.policy import resolve
from consent.policy.rules import Act, BorrowersRight, FreeQuota, Pack, PriorNotice, Requirement, Rule
from exchange.disclosure.own_file import FreeReports
from exchange.handover import Borrower
from exchange.journeys.own_report import free_reports
from exchange.journeys.plain_words import RuleInWords, rule_in_words
from exchange.journeys.services import Services


class OwnRight(StrEnum):
    """What a borrower may do here."""

    REPORT = "REPORT"
    LOOKS = "LOOKS"
    COPY = "COPY"
    CORRECT = "CORRECT"
    STATEMENT = "STATEMENT"
    WITHDRAW = "WITHDRAW"
    RESTRICT = "RESTRICT"
    CONTACTS = "CONTACTS"
    ERASE = "ERASE"
    EXPLAIN = "EXPLAIN"
    COMPLAIN = "COMPLAIN"
    TOLD = "TOLD"
    DELEGATE = "DELEGATE"


@dataclass(frozen=True, slots=True)
class RightsView:
    """The rules behind each right (none: the pack names none), and the free reports of this year."""

    rules: dict[OwnRight, tuple[RuleInWords, ...]]
    free: FreeReports


_GIVEN_BY = {
    OwnRight.REPORT: (BorrowersRight.KNOW,),
    OwnRight.COPY: (BorrowersRight.COPY, BorrowersRight.PORT),
    OwnRight.CORRECT: (BorrowersRight.CORRECT,),
    OwnRight.RESTRICT: (BorrowersRight.RESTRICT,),
    OwnRight.CONTACTS: (BorrowersRight.OBJECT,),
    OwnRight.ERASE: (BorrowersRight.ERASE,),
    OwnRight.EXPLAIN: (BorrowersRight.EXPLAIN, BorrowersRight.REVIEW),
    OwnRight.COMPLAIN: (BorrowersRight.COMPLAIN,),
}
_ANSWERED_WITHIN = {
    OwnRight.CORRECT: (Act.FURNISH_DISPUTE, Act.ANSWER_DISPUTE),
    OwnRight.WITHDRAW: (Act.ANSWER_WITHDRAWAL,),
    OwnRight.ERASE: (Act.ERASE,),
    OwnRight.EXPLAIN: (Act.ANSWER_REVIEW,),
    OwnRight.COMPLAIN: (Act.ANSWER_COMPLAINT, Act.FIND_COMPLAINT),
}


def rights_of(services: Services, borrower: Borrower) -> RightsView:
    """The borrower's rights today. Raises BadRequest once the file was erased."""
    today = services.clock.now().date()
    rules = {
        right: tuple(rule_in_words(services.pack, rule.id) for rule in _rules_of(services.pack, right, today))
        for right in OwnRight
    }
    return RightsView(rules, free_reports(services, borrower))


def _rules_of(pack: Pack, right: OwnRight, today: date) -> list[Rule]:
    found = [rule for given in _GIVEN_BY.get(right, ()) for rule in resolve.rules_of_right(pack, given, today)]
    found += [rule for act in _ANSWERED_WITHIN.get(right, ()) if (rule := resolve.deadline(pack, act, today))]
    in_force = [rule for rule in pack.rules if rule.in_force(today)]
    if right is OwnRight.REPORT:
        found += [rule for rule in in_force if isinstance(rule.terms, FreeQuota)]
    if right is OwnRight.TOLD:
        found += [rule for rule in in_force if isinstance(rule.terms, PriorNotice)]
    if right is OwnRight.LOOKS and (named := resolve.rule_requiring(in_force, Requirement.STAFF_NAMED)):
        found.append(named)
    return list({rule.id: rule for rule in found}.values())
