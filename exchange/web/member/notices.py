"""What the institution was told, what it answers to withdrawals, and messages that its webhooks did not take."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.notices import ANSWERED_KINDS, answer_notice, fetch_notices
from exchange.journeys.services import Services
from exchange.journeys.webhooks import fetch_deliveries, send_again
from exchange.web.desks.current import officer_page
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.member.asking import request_of_staff
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.notice import NoticeAnswer, NoticeKind

NOTICES_PER_PAGE = 25
DEAD_SHOWN = 25

KINDS = {
    NoticeKind.CONSENT_WITHDRAWN: to_translate("A borrower withdrew a consent"),
    NoticeKind.CONSENT_GIVEN: to_translate("A borrower gave you a consent"),
    NoticeKind.DISPUTE_FILED: to_translate("A record of yours is contested"),
    NoticeKind.DISPUTE_CLOSED: to_translate("A dispute about a record of yours is closed"),
    NoticeKind.RECORD_CORRECTED: to_translate("A record that you had read was corrected"),
    NoticeKind.COMPLAINT_FILED: to_translate("A borrower complains about you"),
    NoticeKind.COMPLAINT_ANSWERED: to_translate("A complaint about your agency was answered"),
    NoticeKind.COMPLAINT_FOUND: to_translate("A complaint was decided"),
    NoticeKind.CLOCK_MISSED: to_translate("An answer of yours is overdue"),
    NoticeKind.PLAN_OFFERED: to_translate("A repayment plan was offered"),
    NoticeKind.PLAN_REPLIED: to_translate("A borrower answered your offer of a plan"),
    NoticeKind.PLAN_ENDED: to_translate("A repayment plan ended"),
    NoticeKind.CONTACT_STOPPED: to_translate("A borrower wants no more contact"),
    NoticeKind.REVIEW_ASKED: to_translate("A borrower wants a person to look at your judgement"),
    NoticeKind.FILE_ERASED: to_translate("A borrower's file was erased"),
    NoticeKind.DELINQUENT_ELSEWHERE: to_translate("A borrower of yours fell behind elsewhere"),
}
"""What each notice tells, as the staff of a member read it."""


def notice_pages(services: Services) -> Blueprint:
    """The notices, the answers to withdrawals, and what could not be delivered."""
    pages = page_blueprint("member_notices", __name__)

    def show(wrong_in: UUID | None = None, faults: list[str] | None = None) -> Response:
        asked, after = request_of_staff(), request.args.get("after", type=UUID)
        return page(
            "member/notices.html",
            400 if faults else 200,
            found=fetch_notices(services, asked, NOTICES_PER_PAGE, after, unanswered=False),
            dead=fetch_deliveries(services, asked, DEAD_SHOWN, None, dead=True),
            kinds=KINDS,
            answers=tuple(NoticeAnswer),
            answered_kinds=ANSWERED_KINDS,
            wrong_in=wrong_in,
            faults=faults or [],
            typed=request.form,
        )

    @pages.get("/member/notices")
    @officer_page()
    def notices() -> Response:
        return show()

    @pages.post("/member/notices/<uuid:notice_id>/answer")
    @officer_page()
    def answer(notice_id: UUID) -> AnyResponse:
        chosen = request.form.get("answer", "")
        if chosen not in set(NoticeAnswer):
            return show(notice_id, [_("Choose an answer.")])
        given, article = NoticeAnswer(chosen), request.form.get("article", "").strip() or None
        answered = answer_notice(services, request_of_staff(), notice_id, given, article)
        if answered.wrong:
            return show(notice_id, [_(sentence) for _argument, _code, sentence in answered.wrong])
        return redirect("/member/notices", 303)

    @pages.post("/member/notices/<uuid:notice_id>/send-again/<uuid:webhook_id>")
    @officer_page()
    def again(notice_id: UUID, webhook_id: UUID) -> AnyResponse:
        send_again(services, request_of_staff(), notice_id, webhook_id)
        return redirect("/member/notices", 303)

    return pages
