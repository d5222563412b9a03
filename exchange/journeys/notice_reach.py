"""Which notices a member may see: each kind is about something that one of its scopes lets the member deal with."""

from collections.abc import Collection, Mapping

from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.scope import Scope

_OF_CONSENTS = frozenset({Scope.CONSENT_REQUEST})
_OF_DISPUTES = frozenset({Scope.DISPUTE_ANSWER})
_OF_PLANS = frozenset({Scope.COLLECTION_WRITE})

SCOPES_OF_KIND: Mapping[NoticeKind, frozenset[Scope]] = {
    NoticeKind.CONSENT_WITHDRAWN: _OF_CONSENTS,
    NoticeKind.CONSENT_GIVEN: _OF_CONSENTS,
    NoticeKind.DISPUTE_FILED: _OF_DISPUTES,
    NoticeKind.DISPUTE_CLOSED: _OF_DISPUTES,
    NoticeKind.RECORD_CORRECTED: frozenset({Scope.CREDIT_READ}),
    NoticeKind.COMPLAINT_FILED: _OF_DISPUTES,
    NoticeKind.COMPLAINT_ANSWERED: _OF_DISPUTES,
    NoticeKind.COMPLAINT_FOUND: _OF_DISPUTES,
    NoticeKind.CLOCK_MISSED: _OF_DISPUTES | _OF_PLANS | _OF_CONSENTS | {Scope.RECORDS_WRITE},
    NoticeKind.PLAN_OFFERED: _OF_PLANS,
    NoticeKind.PLAN_REPLIED: _OF_PLANS,
    NoticeKind.PLAN_ENDED: _OF_PLANS,
    NoticeKind.CONTACT_STOPPED: frozenset({Scope.CONTACT_CLEAR, Scope.COLLECTION_WRITE}),
    NoticeKind.REVIEW_ASKED: frozenset({Scope.RECORDS_WRITE}),
    NoticeKind.FILE_ERASED: frozenset({Scope.CREDIT_READ, Scope.RECORDS_WRITE}),
    NoticeKind.DELINQUENT_ELSEWHERE: frozenset({Scope.DELINQUENCY_READ}),
}
"""By kind, the scopes of which one is needed. Kinds that are not here are told to borrowers alone."""

NOTICE_SCOPES = frozenset().union(*SCOPES_OF_KIND.values())
"""The scopes of which a member needs one to be told anything."""


def kinds_within(scopes: Collection[Scope]) -> frozenset[NoticeKind]:
    """The kinds of notices that these scopes let a member see."""
    return frozenset(kind for kind, needed in SCOPES_OF_KIND.items() if needed & frozenset(scopes))
