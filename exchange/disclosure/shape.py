"""Gives opened, minimised rows the shape of the contract: plain dictionaries that the types resolve from."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from exchange.disclosure.page import page_of
from exchange.disclosure.shape_account import account_of, summary_of
from exchange.disclosure.shape_records import (
    assessment_of,
    collection_action_of,
    delinquency_of,
    public_record_of,
    repayment_plan_of,
)
from exchange.handover import OpenRows, Row, SectionName
from schema.vocabulary.scope import FieldClass

_Page = dict[str, Any] | None


class ReportShape:
    """One report of the instant `as_of`. Each part is made when it is asked for; one that was not released is None."""

    def __init__(self, opened: OpenRows, as_of: datetime, disclosure: dict[str, Any]) -> None:
        self._rows = opened.rows
        self._grant = opened.plan.grant
        self.as_of = as_of
        self.disclosure = disclosure

    @property
    def subject(self) -> dict[str, Any] | None:
        """The borrower."""
        if not self._released(FieldClass.IDENTITY) or not self._rows.get(SectionName.SUBJECT):
            return None
        row = dict(self._rows[SectionName.SUBJECT][0])
        return {**row, "synthetic": row.get("synthetic_identity")}

    @property
    def summary(self) -> dict[str, Any] | None:
        """The file at a glance."""
        if not self._released(FieldClass.ACCOUNTS):
            return None
        return summary_of(self._rows[SectionName.ACCOUNT], self._released(FieldClass.PAYMENT_HISTORY))

    def accounts(self, **page: Any) -> _Page:
        """A page of accounts."""
        return self._page(FieldClass.ACCOUNTS, SectionName.ACCOUNT, self._account, page)

    def delinquencies(self, **page: Any) -> _Page:
        """A page of delinquencies."""
        return self._page(FieldClass.DELINQUENCIES, SectionName.DELINQUENCY, delinquency_of, page)

    def public_records(self, **page: Any) -> _Page:
        """A page of public records."""
        return self._records(FieldClass.PUBLIC_RECORDS, SectionName.PUBLIC_RECORD, public_record_of, page)

    def collection_actions(self, **page: Any) -> _Page:
        """A page of collection actions."""
        return self._records(FieldClass.COLLECTIONS, SectionName.COLLECTION_ACTION, collection_action_of, page)

    def repayment_plans(self, **page: Any) -> _Page:
        """A page of repayment plans."""
        return self._records(FieldClass.PLANS, SectionName.REPAYMENT_PLAN, repayment_plan_of, page)

    def assessments(self, **page: Any) -> _Page:
        """A page of assessments."""
        return self._records(FieldClass.ASSESSMENTS, SectionName.ASSESSMENT, assessment_of, page)

    def inquiries(self, **page: Any) -> _Page:
        """A page of inquiries."""
        return self._page(FieldClass.INQUIRIES, SectionName.INQUIRY, _inquiry, page)

    @property
    def statements(self) -> Sequence[dict[str, Any]] | None:
        """What the borrower says about the file as a whole."""
        if not self._released(FieldClass.ACCOUNTS):
            return None
        return [_statement(row) for row in self._rows[SectionName.STATEMENT] if row["about"] is None]

    def _released(self, field_class: FieldClass) -> bool:
        return field_class in self._grant.released

    def _page(
        self, opened_by: FieldClass, section: SectionName, node: Callable[[Row], Any], page: dict[str, Any]
    ) -> _Page:
        return page_of([node(row) for row in self._rows[section]], **page) if self._released(opened_by) else None

    def _records(
        self, opened_by: FieldClass, section: SectionName, node: Callable[[Row, str], Any], page: dict[str, Any]
    ) -> _Page:
        return self._page(opened_by, section, lambda row: node(row, self._grant.member_id), page)

    def _account(self, row: Row) -> dict[str, Any]:
        def statement() -> dict[str, Any] | None:
            about = (said for said in self._rows[SectionName.STATEMENT] if said["about"] == row["account_key"])
            return next(map(_statement, about), None)

        return account_of(row, self._grant.member_id, statement, self._released(FieldClass.PAYMENT_HISTORY))


def _inquiry(row: Row) -> dict[str, Any]:
    return {**row, "id": row["inquiry_key"]}


def _statement(row: Row) -> dict[str, Any]:
    return {**row, "id": row["statement_id"]}
