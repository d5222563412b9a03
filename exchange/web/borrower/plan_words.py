"""Plain words about repayment plans."""

from exchange.journeys.plan_views import Author
from exchange.web.language import to_translate
from schema.vocabulary.plan import PlanStanding, ReportingTreatment

ON_THE_REPORT = {
    ReportingTreatment.KEEP_STATUS: to_translate(
        "Your lender goes on reporting how your account stands. Payments that fall due under the plan count, "
        "and months in which you are late are shown as late."
    ),
    ReportingTreatment.FREEZE_STATUS: to_translate(
        "While the plan runs, your account may not be reported as later than it was before the plan."
    ),
    ReportingTreatment.MARK_RESTRUCTURED: to_translate(
        "Your report shows that the debt was restructured. Lenders who may see your plans see it."
    ),
}
"""What changes on the report, in a sentence or two."""

STANDINGS = {
    PlanStanding.ON_TRACK: to_translate("You are on track."),
    PlanStanding.NOT_REPORTED: to_translate("The lender has not reported yet whether the last payment came in."),
    PlanStanding.BEHIND: to_translate("A payment is late."),
    PlanStanding.BROKEN: to_translate("The plan was not kept."),
    PlanStanding.COMPLETED: to_translate("Everything was paid."),
}

AUTHORS = {
    Author.BORROWER: to_translate("You"),
    Author.EXCHANGE: to_translate("The exchange, because the time was over"),
    Author.FURNISHER: to_translate("Whoever made the offer"),
}

DONE = {
    "countered": to_translate("Your offer was sent. You see here when they answer."),
    "refused": to_translate("You refused the offer. Nothing was agreed."),
    "PLAN_OFFER_CHANGED": to_translate("The offer was changed while you read it. Please read it again."),
    "PLAN_NOT_OPEN": to_translate("This offer is not open any more. Nothing was changed."),
    "PLAN_ANSWER_LATE": to_translate("The time to answer this offer is over. Nothing was changed."),
}
"""What a plan's page says after an act, by the word in its address."""
