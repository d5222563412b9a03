"""What stands in the sandbox's editor first: a question that the chosen member may ask."""

from collections.abc import Set

from schema.vocabulary.scope import Scope

_REPORT = """\
# SANDBOX: made-up people. Press the round button to ask for the report of one of them, as this member would.
# Every look is logged, and its borrower sees it. The panel on the left describes every field.
query Report($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
  creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff) {
    subject { names birthDate }
    summary {
      accounts
      lenders
      lendersInArrears
      lateMonths
      totals { balance { minor currency } }
    }
    accounts(first: 5) {
      totalCount
      nodes {
        furnisherClass
        ownBook
        state
        balance { minor currency }
        history(months: 3) { month status daysPastDue }
      }
    }
    disclosure { basis rules withheld { fieldClass sentence rule } leafHash }
  }
}
"""
_LOG = """\
# SANDBOX: made-up people. Who looked at whose file last, as a regulator reads it in the log.
query LastLooks {
  accessLog(first: 10, filter: { act: "look" }) {
    nodes { id recordedAt act memberId purpose granted reasons rules }
  }
}
"""
_MANDATES = """\
# SANDBOX: made-up people. The lenders for whom this member collects.
query Mandates {
  mandates(first: 10) {
    totalCount
    nodes { reference lender portfolio channels state endsOn }
  }
}
"""


def example_for(scopes: Set[Scope]) -> str:
    """A document for a member with these scopes."""
    if Scope.CREDIT_READ in scopes:
        return _REPORT
    return _LOG if Scope.AUDIT_READ in scopes else _MANDATES
