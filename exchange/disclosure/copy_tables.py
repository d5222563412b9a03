"""The tables of the PDF copy: one for each kind of record that is not an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from exchange.disclosure.own_file import OwnReport
from exchange.disclosure.speech import Speech
from schema.vocabulary.money import Money


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A table under its heading. `shares`: how wide each column is, in hundredths of the page."""

    heading: str
    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[int]


def record_tables(report: OwnReport, speech: Speech) -> list[RecordTable]:
    """The tables that have a row."""
    made = (_delinquencies, _public_records, _contacts, _plans, _assessments)
    return [table for table in (make(report, speech) for make in made) if table.rows]


def _delinquencies(report: OwnReport, speech: Speech) -> RecordTable:
    _ = speech.translate
    by_account = {account.account_id: account.furnisher for account in report.accounts}
    rows = [
        [
            speech.day(each.first_delinquent_on), by_account.get(each.account_id, ""), str(each.peak_days_past_due),
            speech.day(each.cured_on) if each.cured_on else _("Not yet"), speech.word(each.reason),
        ]
        for each in report.delinquencies
    ]  # fmt: skip
    names = [_("Fell behind on"), _("Lender"), _("Most days late"), _("Caught up"), _("Reason")]
    return RecordTable(_("When you fell behind"), names, rows, (26, 30, 14, 16, 14))


def _public_records(report: OwnReport, speech: Speech) -> RecordTable:
    _ = speech.translate
    rows = [
        [
            speech.day(each.filed_on), speech.word(each.kind), f"{each.authority} {each.reference}",
            _money(each.amount, speech), speech.word(each.status),
        ]
        for each in report.public_records
    ]  # fmt: skip
    names = [_("On record since"), _("What"), _("Authority and number"), _("Amount"), _("Where it stands")]
    return RecordTable(_("Public records"), names, rows, (18, 18, 32, 16, 16))


def _contacts(report: OwnReport, speech: Speech) -> RecordTable:
    _ = speech.translate
    rows = [
        [
            speech.instant(each.started_at), each.furnisher, speech.word(each.channel), speech.word(each.target),
            speech.word(each.result),
        ]
        for each in report.collection_actions
    ]  # fmt: skip
    names = [_("When"), _("Who"), _("By what"), _("To whom"), _("Outcome")]
    return RecordTable(_("Contacts about debts"), names, rows, (26, 24, 18, 14, 18))


def _plans(report: OwnReport, speech: Speech) -> RecordTable:
    _ = speech.translate
    rows = [
        [
            speech.day(each.proposed_on), each.furnisher, speech.word(each.plan_type), speech.word(each.state),
            _day(each.stop_collection_until, speech),
        ]
        for each in report.repayment_plans
    ]  # fmt: skip
    names = [_("Offered on"), _("Lender"), _("What"), _("Where it stands"), _("No collecting until")]
    return RecordTable(_("Repayment plans"), names, rows, (18, 26, 20, 18, 18))


def _assessments(report: OwnReport, speech: Speech) -> RecordTable:
    _ = speech.translate
    rows = [
        [
            speech.instant(each.assessed_at), each.furnisher, speech.word(each.band),
            each.explanation or ", ".join(each.reason_codes),
        ]
        for each in report.assessments
    ]  # fmt: skip
    names = [_("When"), _("Who"), _("Outcome"), _("Why")]
    return RecordTable(_("Assessments of your ability to repay"), names, rows, (26, 24, 14, 36))


def _money(money: Money | None, speech: Speech) -> str:
    return speech.money(money.minor, money.currency) if money else ""


def _day(day: date | None, speech: Speech) -> str:
    return speech.day(day) if day else ""
