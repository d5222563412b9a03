"""The one question that every contestant is asked."""

QUERY = """\
query Report($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
  creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff) {
    asOf
    subject { idType country idNumber names birthDate }
    summary {
      accounts openAccounts lenders lendersInArrears oldestOpenedOn lateMonths
      totals { balance { minor currency } pastDue { minor currency } creditLimit { minor currency } }
    }
    accounts(first: 50) {
      totalCount
      nodes {
        id accountRef furnisherClass ownBook ownerRole portfolio product state fiveClass complianceFlag
        openedOn maturesOn closedOn reportedOn daysPastDue
        originalAmount { minor currency }
        creditLimit { minor currency }
        balance { minor currency }
        pastDue { minor currency }
        history(months: 24) { month status pastDue { minor currency } }
      }
    }
    inquiries(first: 5) { totalCount nodes { id askedAt memberClass purpose hard } }
    collectionActions(first: 5) {
      totalCount
      nodes {
        id accountIds furnisherClass ownBook stage channel direction target startedAt durationSeconds result
        promised { minor currency } promisedOn promiseKept
      }
    }
    repaymentPlans(first: 5) {
      totalCount
      nodes {
        id accountIds furnisherClass ownBook planType state chosenOption proposedOn acceptedOn endedOn
        reportingTreatment waived { minor currency }
        schedule { dueOn amount { minor currency } paid { minor currency } }
      }
    }
    disclosure {
      leafHash basis consentId consentUse released rules pack withheld { fieldClass code sentence rule }
    }
  }
}
"""
"""A whole report: 8 accounts x 20 fields, 24 months of each, 5 inquiries, 5 contacts, 2 plans (some 26 kB of JSON)."""
