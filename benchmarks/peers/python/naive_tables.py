"""The stored tables as ORM classes in the ordinary way: one class for each, related lazily."""

from typing import Any

from sqlalchemy.orm import DeclarativeBase, Mapped, relationship

from exchange.store.tables import account, collection, consent, inquiry, log, member, repayment, subject


class Base(DeclarativeBase):
    """All of them."""


class Member(Base):
    __table__ = member.member


class RevokedToken(Base):
    __table__ = member.revoked_token


class OneTime(Base):
    __table__ = member.one_time


class Consent(Base):
    __table__ = consent.consent


class LogOpening(Base):
    __table__ = log.log_opening


class LogPending(Base):
    __table__ = log.log_pending


class Key(Base):
    __table__ = subject.subject_key


class Sequence(Base):
    __table__ = subject.subject_sequence


def _list(kind: str, of: str = "subject_key", order: str = "") -> Any:
    join = f"Subject.subject_key == foreign({kind}.{of})"
    return relationship(kind, primaryjoin=join, order_by=order or None, viewonly=True)


def _member(kind: str, column: str) -> Any:
    return relationship("Member", primaryjoin=f"foreign({kind}.{column}) == Member.member_id", viewonly=True)


class Account(Base):
    __table__ = account.account
    member: Mapped[Member] = _member("Account", "contributor")


class CollectionAction(Base):
    __table__ = collection.collection_action
    member: Mapped[Member] = _member("CollectionAction", "contributor")


class RepaymentPlan(Base):
    __table__ = repayment.repayment_plan
    member: Mapped[Member] = _member("RepaymentPlan", "contributor")


class Inquiry(Base):
    __table__ = inquiry.inquiry
    member: Mapped[Member] = _member("Inquiry", "member_id")


class Subject(Base):
    __table__ = subject.subject
    keys: Mapped[list[Key]] = _list("Key", order="Key.key_no.desc()")
    accounts: Mapped[list[Account]] = _list("Account", order="(Account.opened_on.desc(), Account.account_key)")
    inquiries: Mapped[list[Inquiry]] = _list("Inquiry", order="(Inquiry.asked_at.desc(), Inquiry.inquiry_key)")
    collection_actions: Mapped[list[CollectionAction]] = _list(
        "CollectionAction", order="(CollectionAction.started_at.desc(), CollectionAction.action_key)"
    )
    repayment_plans: Mapped[list[RepaymentPlan]] = _list(
        "RepaymentPlan", order="(RepaymentPlan.proposed_on.desc(), RepaymentPlan.plan_key)"
    )


class Identifier(Base):
    __table__ = subject.subject_identifier
    subject: Mapped[Subject] = relationship(
        "Subject", primaryjoin="foreign(Identifier.subject_key) == Subject.subject_key", viewonly=True
    )
